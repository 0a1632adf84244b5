"""Both routes of the webhook, the Django view and the raw one, give the same answers."""

import asyncio
from dataclasses import dataclass

import orjson
import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_finished, request_started
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from telegram_bot import webhook
from telegram_bot.asgi import webhook_app
from telegram_bot.bridge import in_db
from telegram_bot.models import TelegramUpdate
from telegram_bot.views import take_in
from telegram_bot.webhook_secret import webhook_secret
from tests.telegram_bot.chat import BOT_ID

pytestmark = pytest.mark.django_db

PATH = f"/telegram/{BOT_ID}/webhook/"


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


def secret(version=1, bot_id=BOT_ID):
    return webhook_secret(bot_id=bot_id, version=version).encode()


def an_update(update_id=7, text="/start", **fields):
    message = {
        "message_id": 1,
        "date": 1_773_576_000,
        "chat": {"id": 42, "type": "private", "first_name": "Ann"},
        "from": {"id": 42, "is_bot": False, "first_name": "Ann", "language_code": "en"},
        "text": text,
    }
    return orjson.dumps({"update_id": update_id, **(fields or {"message": message})})


@pytest.fixture
def _open_connections():
    """Close none after a request, as Django's own test client: it would end the transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(params=["django view", "raw route"])
def post(request, _open_connections):
    """Post one request to a route and return what it answered."""
    app = ASGIHandler() if request.param == "django view" else webhook_app

    def call(
        body=b"",
        *,
        token=None,
        method="POST",
        path=PATH,
        chunks=None,
        length=None,
        hangs_up=False,
    ):
        token = secret() if token is None else token
        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        if token is not False:
            headers.append((b"x-telegram-bot-api-secret-token", token))
        headers.append((b"content-length", str(length or len(body)).encode()))
        parts = list(chunks or [body])

        async def receive():
            if parts:
                part, more = parts.pop(0), bool(parts) or hangs_up
                return {"type": "http.request", "body": part, "more_body": more}
            if not hangs_up:
                await asyncio.Event().wait()  # the sender waits for its answer
            return {"type": "http.disconnect"}

        return exchange(app, headers, receive, method=method, path=path)

    return call


def exchange(app, headers, receive, *, method="POST", path=PATH, seen=None):
    """Hand one request to an application; return its answer, None if there was none.

    ``seen`` collects what stood in the inbox each time something was sent.
    """
    sent = []

    async def send(message):
        sent.append(message)
        if seen is not None:
            rows = TelegramUpdate.objects.values_list("status", flat=True)
            seen.extend(await in_db(list)(rows))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("localhost", 80),
    }
    async_to_sync(app)(scope, receive, send)
    if not sent:
        return None
    head = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    body_parts = (message.get("body", b"") for message in sent[1:])
    return Response(sent[0]["status"], head, b"".join(body_parts))


def test_takes_an_update_in_and_answers_with_the_first_screen(post):
    response = post(an_update())

    assert response.status == 200
    assert response.headers["content-type"] == "application/json"
    reply = orjson.loads(response.body)
    assert (reply["method"], reply["chat_id"]) == ("sendMessage", 42)
    row = TelegramUpdate.objects.get()
    assert (row.update_id, row.kind, row.user_id, row.status) == (7, "message", 42, "done")


@pytest.mark.parametrize(
    "token",
    [
        False,
        b"",
        b"wrong",
        b"\xd1\x84\xd1\x83",
        b"\xff\xfe\x00",
        b"0" * 64,
    ],
)
def test_a_missing_forged_or_garbled_secret_is_401_and_stores_nothing(post, token):
    response = post(an_update(), token=token)

    assert (response.status, response.body) == (401, b"")
    assert not TelegramUpdate.objects.exists()


def test_the_secret_of_another_bot_opens_nothing(post):
    assert post(an_update(), token=secret(bot_id=2)).status == 401
    assert post(an_update(), path="/telegram/2/webhook/").status == 401
    response = post(an_update(), token=secret(bot_id=2), path="/telegram/2/webhook/")
    assert response.status == 404
    assert not TelegramUpdate.objects.exists()


def test_two_versions_hold_while_the_secret_rotates_and_one_afterwards(post, settings):
    settings.TELEGRAM_WEBHOOK_VERSIONS = (2, 1)
    assert post(an_update(1), token=secret(2)).status == 200
    assert post(an_update(2), token=secret(1)).status == 200

    settings.TELEGRAM_WEBHOOK_VERSIONS = (2,)

    assert post(an_update(3), token=secret(1)).status == 401


def test_without_a_key_nothing_is_let_in(settings):
    settings.TELEGRAM_WEBHOOK_KEY = ""

    with pytest.raises(ImproperlyConfigured):
        secret()


def test_a_body_that_declares_to_be_too_large_is_413_unread(post):
    response = post(an_update(), length=webhook.MAX_BODY_BYTES + 1)

    assert response.status == 413
    assert not TelegramUpdate.objects.exists()


def test_a_body_that_turns_out_too_large_is_413(post):
    chunk = b" " * (webhook.MAX_BODY_BYTES // 2 + 1)

    response = post(chunks=[chunk, chunk, an_update()], length=100)

    assert response.status == 413
    assert not TelegramUpdate.objects.exists()


def test_an_update_is_marked_done_only_once_its_answer_has_left():
    parts, seen = [{"type": "http.request", "body": an_update()}], []

    async def receive():
        return parts.pop()

    exchange(webhook_app, [(b"x-telegram-bot-api-secret-token", secret())], receive, seen=seen)

    assert seen == ["new", "new"]  # as the head and then the body were sent
    assert TelegramUpdate.objects.get().status == "done"


def test_a_body_without_end_is_413_before_more_of_it_is_read():
    asked = []

    async def receive():
        asked.append(webhook.MAX_BODY_BYTES // 2)
        return {"type": "http.request", "body": b" " * asked[-1], "more_body": len(asked) < 9}

    headers = [(b"x-telegram-bot-api-secret-token", secret())]

    assert exchange(webhook_app, headers, receive).status == 413
    assert len(asked) == 3
    assert not TelegramUpdate.objects.exists()


@pytest.mark.parametrize("length", ["many", "-1", "²", "0x10"])
def test_a_length_that_is_no_number_is_not_believed(length):
    token = (b"x-telegram-bot-api-secret-token", secret())
    parts = [{"type": "http.request", "body": an_update()}]

    async def receive():
        return parts.pop()

    answer = exchange(webhook_app, [token, (b"content-length", length.encode())], receive)

    assert answer.status == 200
    assert TelegramUpdate.objects.get().status == "done"


@pytest.fixture
def django_request(rf):
    """A request as a WSGI server hands it over."""
    request = rf.post(PATH, an_update(), content_type="application/json")
    request.META["HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN"] = secret().decode()
    return request


def test_whoever_hangs_up_in_the_middle_is_not_answered_and_may_come_again(post):
    whole = an_update()

    assert post(chunks=[whole[:10]], length=len(whole), hangs_up=True) is None
    assert not TelegramUpdate.objects.exists()

    assert post(whole).status == 200


def test_a_body_that_a_wsgi_server_cannot_read_is_400(django_request):
    def broken(*_size):
        raise OSError("the sender hung up")

    django_request._stream.read = broken

    assert async_to_sync(take_in)(django_request, BOT_ID).status_code == 400
    assert not TelegramUpdate.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xff",
        b"[]",
        b'"update_id"',
        b"{}",
        b'{"update_id": "7"}',
        b'{"update_id": true}',
        b'{"update_id": -1}',
        b'{"update_id": 9223372036854775808}',
    ],
)
def test_what_is_no_update_is_400_and_stores_nothing(post, body):
    assert post(body).status == 400
    assert not TelegramUpdate.objects.exists()


def test_only_posts_are_taken(post):
    assert post(method="GET").status == 405
    assert post(method="GET", token=b"wrong").status == 401


def test_an_update_of_a_kind_nobody_knows_is_stored_and_done(post):
    response = post(an_update(update_id=8, telepathy={"from": {"id": 42}}))

    assert (response.status, response.body) == (200, b"")
    row = TelegramUpdate.objects.get()
    assert (row.kind, row.status) == ("telepathy", "done")


def test_an_update_in_many_pieces_is_one_update(post):
    whole = an_update()

    assert post(chunks=[whole[:10], whole[10:50], whole[50:]], length=len(whole)).status == 200
    assert TelegramUpdate.objects.get().status == "done"


def test_a_repeat_is_200_with_no_second_answer(post):
    assert post(an_update()).body

    assert (post(an_update()).status, post(an_update()).body) == (200, b"")
    assert TelegramUpdate.objects.count() == 1


@pytest.mark.parametrize("loss", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_503_with_retry_after_and_the_update_may_come_again(
    post, loss
):
    def away(execute, sql, params, many, context):
        raise loss("server closed the connection unexpectedly")

    with connection.execute_wrapper(away):
        response = post(an_update())

    assert (response.status, response.headers["retry-after"]) == (503, "5")
    assert not TelegramUpdate.objects.exists()
    assert post(an_update()).body
    assert TelegramUpdate.objects.get().status == "done"
