"""What becomes of an update: done, tried again, given up, replayed."""

from datetime import timedelta
from threading import Barrier

import orjson
import pytest
from django.db import OperationalError, connection
from django.db.transaction import set_rollback

from customers.models import Customer as CustomerRow
from shopbot.kernel.models import Event
from telegram_bot import inbox
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.errors import NotDead
from telegram_bot.models import TelegramUpdate
from telegram_bot.sweeps import retry_inbox
from tests.telegram_bot.chat import next_update_id, take_in

pytestmark = pytest.mark.django_db


def only_update():
    return TelegramUpdate.objects.get()


@pytest.fixture
def break_catalog():
    """Let reading the products fail until told otherwise."""
    state = {"is_broken": True}

    def run(execute, sql, params, many, context):
        if state["is_broken"] and 'FROM "catalog_product"' in sql:
            raise RuntimeError("the catalog cannot be read")
        return execute(sql, params, many, context)

    def switch(is_broken):
        state["is_broken"] = is_broken

    with connection.execute_wrapper(run):
        yield switch


def test_a_failed_update_is_answered_200_kept_with_its_error_and_apologized_for(
    ann, break_catalog
):
    apology = ann.types("/shop")

    assert apology.startswith("Something went wrong on our side.")
    assert ann.answers[-1].status == 200
    row = only_update()
    assert (row.status, row.attempts) == ("failed", 1)
    assert "the catalog cannot be read" in row.error
    assert row.next_attempt_at > ann.now


def test_a_failed_update_is_handled_by_the_sweep_once_its_time_has_come(
    ann, telegram, break_catalog
):
    ann.types("/shop")
    break_catalog(False)

    assert retry_inbox(now=ann.now, limit=10) == 0
    assert retry_inbox(now=ann.now + timedelta(minutes=1), limit=10) == 1

    assert telegram.methods() == ["sendMessage"]
    assert only_update().status == "done"
    assert retry_inbox(now=ann.now + timedelta(hours=1), limit=10) == 0


def test_a_database_that_goes_away_once_an_update_is_stored_leaves_it_to_the_sweep(
    ann, telegram
):
    def away(execute, sql, params, many, context):
        if 'FROM "catalog_product"' in sql or "UPDATE" in sql:
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(away):
        ann.types("/shop")
    set_rollback(False)  # the database itself refused nothing

    assert ann.answers[-1].status == 200
    assert (only_update().status, only_update().attempts) == ("new", 0)
    assert retry_inbox(now=ann.now + timedelta(minutes=2), limit=10) == 1
    assert only_update().status == "done"


def test_a_customer_is_apologized_to_once_however_often_it_fails(ann, telegram, break_catalog):
    ann.types("/shop")

    for hours in range(1, 4):
        assert retry_inbox(now=ann.now + timedelta(hours=hours), limit=10) == 1

    assert telegram.calls == []


def test_an_update_whose_process_died_is_left_alone_for_its_lease_then_handled(ann, telegram):
    ann.types("/start")
    TelegramUpdate.objects.update(status="new", done_at=None)

    assert retry_inbox(now=ann.now + timedelta(seconds=30), limit=10) == 0
    assert retry_inbox(now=ann.now + timedelta(seconds=61), limit=10) == 1
    assert only_update().status == "done"


def test_what_keeps_failing_is_given_up_after_its_attempts_with_longer_pauses(
    ann, break_catalog
):
    ann.types("/shop")
    at, pauses = ann.now, []

    for _ in range(inbox.MAX_ATTEMPTS - 1):
        pauses.append((only_update().next_attempt_at - at).total_seconds())
        at = only_update().next_attempt_at
        assert retry_inbox(now=at, limit=10) == 1

    assert only_update().status == "dead"
    assert pauses == sorted(pauses)
    assert retry_inbox(now=at + timedelta(days=9), limit=10) == 0


def test_an_update_that_kills_its_process_each_time_is_given_up_as_well(ann):
    ann.types("/start")
    TelegramUpdate.objects.update(status="new", done_at=None)
    at = ann.now

    for _ in range(inbox.MAX_ATTEMPTS):
        at += timedelta(hours=1)
        assert len(inbox.claim_due(now=at, limit=10)) == 1  # and nobody comes back

    assert inbox.claim_due(now=at + timedelta(hours=1), limit=10) == []
    assert only_update().status == "dead"


def test_staff_replay_what_was_given_up_and_nothing_else(ann, telegram, break_catalog):
    ann.types("/shop")
    inbox.bury(pk=only_update().pk, error="given up")
    break_catalog(False)

    inbox.replay(pk=only_update().pk, actor="staff:7", now=ann.now)
    assert retry_inbox(now=ann.now, limit=10) == 1

    assert only_update().status == "done"
    assert Event.objects.get(kind="update.replayed").actor == "staff:7"
    with pytest.raises(NotDead):
        inbox.replay(pk=only_update().pk, actor="staff:7", now=ann.now)


def test_a_question_before_a_payment_that_fails_is_declined_at_once_and_not_tried_again(ann):
    asked = {"id": "9", "from": ann.user(), "currency": "XTR", "total_amount": "a lot"}

    ann.deliver("pre_checkout_query", {**asked, "invoice_payload": "x"})

    answer = orjson.loads(ann.answers[-1].body)
    assert (answer["method"], answer["ok"]) == ("answerPreCheckoutQuery", False)
    assert answer["error_message"].startswith("Something went wrong on our side.")
    row = only_update()
    assert (row.status, "a lot" in row.error) == ("dead", True)


def test_an_update_that_aiogram_does_not_understand_is_given_up_at_once(ann):
    chat_member = {
        "chat": ann.chat(),
        "from": ann.user(),
        "date": 1,
        "old_chat_member": {"status": "ascended", "user": ann.user()},
        "new_chat_member": {"status": "ascended", "user": ann.user()},
    }

    ann.deliver("my_chat_member", chat_member)

    assert ann.answers[-1].status == 200
    assert only_update().status == "dead"
    assert "not understood" in only_update().error


def test_a_telegram_that_wants_silence_is_tried_again_after_what_it_asked(ann, shop, telegram):
    ann.types("/shop")
    telegram.fail("editMessageText", TelegramRefused("editMessageText", 429, "Too Many", 33))

    ann.presses("Trading")

    row = TelegramUpdate.objects.order_by("-pk")[0]
    assert row.status == "failed"
    assert (row.next_attempt_at - ann.now).total_seconds() == 33
    assert retry_inbox(now=ann.now + timedelta(seconds=33), limit=10) == 1
    assert telegram.methods() == ["editMessageText", "answerCallbackQuery"]


def test_a_telegram_that_does_not_answer_is_tried_again(ann, shop, telegram):
    ann.types("/shop")
    telegram.fail("editMessageText", TelegramSilent("editMessageText"))

    ann.presses("Trading")

    assert TelegramUpdate.objects.order_by("-pk")[0].status == "failed"


def test_a_customer_who_blocked_the_bot_ends_the_update_and_is_marked(ann, shop, telegram):
    ann.types("/shop")
    blocked = TelegramRefused("editMessageText", 403, "Forbidden: bot was blocked", None)
    telegram.fail("editMessageText", blocked)

    ann.presses("Trading")

    assert set(TelegramUpdate.objects.values_list("status", flat=True)) == {"done"}
    assert CustomerRow.objects.get().blocked_bot_at == ann.now


def test_a_screen_that_cannot_be_edited_is_sent_anew_and_one_that_is_equal_is_left(
    ann, shop, telegram
):
    ann.types("/shop")
    gone = TelegramRefused(
        "editMessageText", 400, "Bad Request: message to edit not found", None
    )
    same = TelegramRefused("editMessageText", 400, "Bad Request: message is not modified", None)
    telegram.fail("editMessageText", gone, same)

    ann.presses("Trading")
    ann.presses("Back")

    assert telegram.methods() == ["sendMessage"]
    assert set(TelegramUpdate.objects.values_list("status", flat=True)) == {"done"}


def test_blocking_and_unblocking_the_bot_is_noted(ann):
    member = {"chat": ann.chat(), "from": ann.user(), "date": 1}
    kicked = {"status": "kicked", "user": ann.user(), "until_date": 0}
    back = {"status": "member", "user": ann.user()}
    ann.types("/start")

    ann.deliver(
        "my_chat_member", {**member, "old_chat_member": back, "new_chat_member": kicked}
    )
    assert CustomerRow.objects.get().blocked_bot_at is not None
    ann.deliver(
        "my_chat_member", {**member, "old_chat_member": kicked, "new_chat_member": back}
    )

    assert CustomerRow.objects.get().blocked_bot_at is None


@pytest.mark.django_db(transaction=True)
def test_fifty_deliveries_at_once_are_one_update_and_one_answer(ann, shop, now, race):
    body = orjson.dumps(
        {
            "update_id": next_update_id(),
            "message": {
                "message_id": 1,
                "date": 1,
                "chat": ann.chat(),
                "from": ann.user(),
                "text": "/start",
            },
        }
    )

    answers = race([lambda: take_in(body, now)] * 50)

    assert {answer.status for answer in answers} == {200}
    assert len([answer for answer in answers if answer.body]) == 1
    assert TelegramUpdate.objects.get().status == "done"
    assert CustomerRow.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_looking_before_writing_handles_an_update_twice(race):
    handled = []
    meeting = Barrier(2)

    def naive():
        is_known = TelegramUpdate.objects.filter(bot_id=1, update_id=1).exists()
        meeting.wait(timeout=5)
        if not is_known:
            handled.append("handled")

    race([naive] * 2)

    assert handled == ["handled", "handled"]
