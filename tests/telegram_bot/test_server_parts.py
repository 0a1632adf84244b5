"""What a server keeps alive: connections, marks, one Bot per loop, threads for the database."""

import asyncio
import threading

import orjson
import pytest
from aiohttp import web
from asgiref.sync import async_to_sync
from django.db import OperationalError, connection, connections
from django.db.transaction import set_rollback
from django.utils import translation

from entitlements.models import EntitlementType
from telegram_bot import done_marks
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.asgi import lifespan
from telegram_bot.bots import bot_for_a_while, bot_of_loop, call_telegram
from telegram_bot.bridge import _pool, in_db
from telegram_bot.done_marks import marks_of_loop, note_done
from telegram_bot.models import TelegramUpdate
from tests.telegram_bot.chat import BOT_ID


def forget_connections():
    """Close what the pool's threads hold, so that the test's database can be dropped."""
    meeting = threading.Barrier(4)

    def close():
        meeting.wait(timeout=5)
        connections.close_all()

    for future in [_pool().submit(close) for _ in range(4)]:
        future.result(timeout=5)


@pytest.fixture
def _pool_ends():
    yield
    forget_connections()


class BotApi:
    """Answers as told, and remembers the requests."""

    def __init__(self):
        self.requests = []
        self.answers = []

    async def handle(self, request):
        self.requests.append((request.path, request.content_type, await request.read()))
        answer = self.answers.pop(0) if self.answers else {"ok": True, "result": True}
        if isinstance(answer, bytes):
            return web.Response(body=answer)
        status = 200 if answer["ok"] else answer["error_code"]
        return web.json_response(answer, status=status)


@pytest.fixture
def real_session(settings):
    settings.TELEGRAM_SESSION = "telegram_bot.session.JsonSession"


def with_server(settings, work):
    api = BotApi()

    async def run():
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", api.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        settings.TELEGRAM_API_URL = f"http://127.0.0.1:{port}"
        try:
            async with bot_for_a_while():
                await work(api)
        finally:
            await runner.cleanup()

    asyncio.run(run())
    return api


def test_a_call_is_one_json_post(settings, real_session):
    async def work(api):
        assert await call_telegram("sendMessage", {"chat_id": 1, "text": "Ä 🙂"}) is True

    (request,) = with_server(settings, work).requests

    path, content_type, body = request
    assert path == f"/bot{settings.TELEGRAM_BOT_TOKEN}/sendMessage"
    assert content_type == "application/json"
    assert orjson.loads(body) == {"chat_id": 1, "text": "Ä 🙂"}


def test_a_refusal_says_code_words_and_pause(settings, real_session):
    async def work(api):
        api.answers.append(
            {
                "ok": False,
                "error_code": 429,
                "description": "Too Many Requests: retry after 3",
                "parameters": {"retry_after": 3},
            }
        )
        with pytest.raises(TelegramRefused) as caught:
            await call_telegram("sendMessage", {})
        assert (caught.value.code, caught.value.retry_after) == (429, 3)
        assert caught.value.is_temporary

    with_server(settings, work)


@pytest.mark.parametrize("garbage", [b"<html>Bad Gateway</html>", b"", b"[]"])
def test_an_answer_that_is_none_counts_as_silence(settings, real_session, garbage):
    async def work(api):
        api.answers.append(garbage)
        with pytest.raises(TelegramSilent):
            await call_telegram("sendMessage", {})

    with_server(settings, work)


def test_a_server_that_is_not_there_counts_as_silence_and_the_token_stays_secret(
    settings, real_session
):
    settings.TELEGRAM_API_URL = "http://127.0.0.1:1"

    async def work():
        async with bot_for_a_while():
            with pytest.raises(TelegramSilent) as caught:
                await call_telegram("sendMessage", {})
            assert settings.TELEGRAM_BOT_TOKEN not in str(caught.value)

    asyncio.run(work())


def test_aiograms_own_methods_use_the_same_post(settings, real_session):
    me = {"id": BOT_ID, "is_bot": True, "first_name": "Shop", "username": "shop_bot"}

    async def work(api):
        api.answers.append({"ok": True, "result": me})
        bot = bot_of_loop()
        assert (await bot.me()).username == "shop_bot"
        assert (await bot.me()).username == "shop_bot"

    assert len(with_server(settings, work).requests) == 1


def test_each_loop_has_a_bot_of_its_own():
    async def one():
        async with bot_for_a_while() as bot:
            assert bot_of_loop() is bot
            return bot

    first, second = asyncio.run(one()), asyncio.run(one())

    assert first is not second


def test_a_loop_takes_over_the_session_of_one_that_ended_and_not_its_connections(
    settings, real_session
):
    sessions = []

    async def work(api):
        sessions.append(bot_of_loop().session)
        assert await call_telegram("getMe", {}) is True

    for _ in range(2):
        assert len(with_server(settings, work).requests) == 1

    assert sessions[0] is sessions[1]


def a_row(now, number):
    return TelegramUpdate.objects.create(
        bot_id=BOT_ID,
        update_id=number,
        body="{}",
        kind="message",
        next_attempt_at=now,
        received_at=now,
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_pool_ends")
def test_many_marks_are_one_statement_a_moment_later(now):
    rows = [a_row(now, number) for number in range(20)]

    async def work():
        for row in rows:
            await note_done(row.pk, now=now)
        await asyncio.sleep(done_marks.PAUSE_SECONDS * 2)
        await marks_of_loop().flush()

    asyncio.run(work())

    assert set(TelegramUpdate.objects.values_list("status", flat=True)) == {"done"}
    # Rows of one statement bear one moment.
    assert len(set(TelegramUpdate.objects.values_list("done_at", flat=True))) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_pool_ends")
def test_a_mark_stays_behind_its_answer_so_a_death_between_them_repeats_the_update(
    now, monkeypatch
):
    monkeypatch.setattr(done_marks, "PAUSE_SECONDS", 60.0)
    row = a_row(now, 1)

    async def work():
        await note_done(row.pk, now=now)
        await in_db(row.refresh_from_db)()
        waiting = row.status
        await marks_of_loop().flush()
        return waiting

    assert asyncio.run(work()) == "new"
    row.refresh_from_db()
    assert row.status == "done"


@pytest.mark.django_db
def test_a_database_that_is_away_when_marks_are_written_leaves_them_to_the_sweep(now):
    row = a_row(now, 1)

    def away(execute, sql, params, many, context):
        raise OperationalError("server closed the connection unexpectedly")

    async def work():
        marks = done_marks.DoneMarks()
        marks.add(row.pk)
        await marks.flush()

    with connection.execute_wrapper(away):
        async_to_sync(work)()
    set_rollback(False)  # the database itself refused nothing

    row.refresh_from_db()
    assert row.status == "new"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_pool_ends")
def test_a_server_that_ends_writes_the_marks_that_wait(now):
    row = a_row(now, 1)

    async def work():
        async with lifespan():
            await note_done(row.pk, now=now)

    asyncio.run(work())

    row.refresh_from_db()
    assert row.status == "done"


@pytest.mark.usefixtures("_pool_ends")
def test_what_is_read_beside_the_loop_is_in_the_language_of_its_customer():
    signals = EntitlementType(name_en="Trading signals", name_de="Handelssignale")

    async def named(language):
        with translation.override(language):
            return await in_db(lambda: signals.name)()

    async def all_at_once():
        return await asyncio.gather(*map(named, ("de", "en", "de", "es")))

    names = asyncio.run(all_at_once())

    assert names == ["Handelssignale", "Trading signals", "Handelssignale", "Trading signals"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_pool_ends")
def test_the_database_is_used_off_the_loops_thread_and_a_dead_connection_is_replaced():
    def look():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return threading.current_thread().name

    def break_off():
        connection.ensure_connection()
        connection.connection.close()
        connection.errors_occurred = True

    async def work():
        name = await in_db(look)()
        assert name.startswith("bot-db")
        await asyncio.gather(*(in_db(break_off)() for _ in range(8)))
        names = await asyncio.gather(*(in_db(look)() for _ in range(8)))
        assert all(name.startswith("bot-db") for name in names)

    asyncio.run(work())
