"""A shop without a public address asks for its updates; they go the same way."""

import time
from io import StringIO

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from telegram_bot import polling
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.bots import bot_for_a_while
from telegram_bot.models import TelegramUpdate
from telegram_bot.polling import poll_once
from tests.telegram_bot import recording

pytestmark = pytest.mark.django_db


def an_update(who, number, text="/start"):
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": 1,
            "chat": who.chat(),
            "from": who.user(),
            "text": text,
        },
    }


@pytest.fixture
def waiting(telegram, monkeypatch):
    """Updates that Telegram has; fetching from an offset forgets those before it."""
    updates = []
    plain = telegram.answer

    def answer(method, params):
        if method == "getUpdates":
            updates[:] = [u for u in updates if u["update_id"] >= params["offset"]]
            return list(updates)
        return plain(method, params)

    monkeypatch.setattr(telegram, "answer", answer)
    return updates


def poll(offset):
    async def once():
        async with bot_for_a_while():
            return await poll_once(offset=offset, wait_seconds=0, pause_seconds=0.1)

    return async_to_sync(once)()


def test_updates_are_taken_in_answered_and_confirmed_by_the_next_question(
    ann, waiting, telegram
):
    waiting += [an_update(ann, 7), an_update(ann, 8, "/shop")]

    offset = poll(0)

    assert offset == 9
    assert telegram.methods() == ["sendMessage", "sendMessage"]
    assert list(TelegramUpdate.objects.values_list("status", flat=True)) == ["done", "done"]
    assert poll(offset) == 0
    assert waiting == []


def test_numbers_that_begin_anew_below_the_last_one_lose_no_update(ann, waiting):
    waiting += [an_update(ann, 800_000_000)]
    offset = poll(poll(0))
    waiting += [an_update(ann, 10_000_000, "/shop")]

    poll(offset)

    assert TelegramUpdate.objects.filter(update_id=10_000_000, status="done").exists()


def test_what_could_not_be_stored_is_asked_for_again_after_a_pause(ann, waiting, telegram):
    waiting += [an_update(ann, 7)]

    def away(execute, sql, params, many, context):
        raise OperationalError("server closed the connection unexpectedly")

    asked_at = time.monotonic()
    with connection.execute_wrapper(away):
        assert poll(0) == 0
    assert time.monotonic() - asked_at >= 0.1
    assert not TelegramUpdate.objects.exists()

    assert poll(0) == 8
    assert TelegramUpdate.objects.get().status == "done"
    assert recording.TELEGRAM is telegram


def test_polling_ends_at_once_for_a_token_that_telegram_does_not_know(telegram):
    telegram.fail("deleteWebhook", TelegramRefused("deleteWebhook", 401, "Unauthorized", None))

    with pytest.raises(CommandError, match="401 Unauthorized.*TELEGRAM_BOT_TOKEN") as ended:
        call_command("run_polling", stdout=StringIO())

    assert ended.value.returncode == 2
    assert telegram.calls == []


def test_a_telegram_that_is_away_at_the_start_is_asked_again(telegram, monkeypatch):
    monkeypatch.setattr(polling, "_PAUSE_SECONDS", 0)
    away = TelegramSilent("deleteWebhook: ClientConnectorError")
    telegram.fail("deleteWebhook", away, away)
    telegram.fail("getUpdates", KeyboardInterrupt())

    call_command("run_polling", stdout=StringIO())

    assert telegram.methods() == ["deleteWebhook"]


def test_a_token_that_is_revoked_meanwhile_is_waited_out(telegram, monkeypatch):
    monkeypatch.setattr(polling, "_PAUSE_SECONDS", 0)
    revoked = TelegramRefused("getUpdates", 401, "Unauthorized", None)
    telegram.fail("getUpdates", revoked, KeyboardInterrupt())

    call_command("run_polling", stdout=StringIO())

    assert telegram.methods() == ["deleteWebhook"]
