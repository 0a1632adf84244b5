"""Messages that must arrive: once, paced, judged by how they failed."""

from datetime import timedelta

import pytest
from django.conf import settings

from customers.models import Customer as CustomerRow
from shopbot.kernel.models import Event
from telegram_bot import outbox
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.errors import NotDead
from telegram_bot.models import OutgoingMessage, SendingLane
from tests.customers.factories import make_customer as make_row

pytestmark = pytest.mark.django_db


class Sender:
    """Takes what is sent; fails as told."""

    def __init__(self):
        self.sent = []
        self.troubles = []

    def __call__(self, method, params):
        if self.troubles:
            raise self.troubles.pop(0)
        self.sent.append((method, params))
        return {"message_id": 100 + len(self.sent)}


class Clock:
    """Sleeping moves it, nothing else does."""

    def __init__(self):
        self.time = 0.0
        self.sleeps = []

    def __call__(self):
        return self.time

    def sleep(self, seconds):
        self.sleeps.append(round(seconds, 6))
        self.time += seconds


@pytest.fixture
def sender():
    return Sender()


@pytest.fixture
def put(now):
    def enqueue(key="event:1", *, chat_id=42, at=None, **fields):
        return outbox.enqueue(
            dedupe_key=key,
            chat_id=chat_id,
            method="sendMessage",
            params={"text": f"about {key}"},
            now=at or now,
            **fields,
        )

    return enqueue


@pytest.fixture
def send(sender, now):
    def run(at=None, *, clock=None, limit=100):
        clock = clock or Clock()
        return outbox.send_due(
            bot_id=settings.TELEGRAM_BOT_ID,
            send=sender,
            now=at or now,
            limit=limit,
            pace=outbox.Pace(clock=clock, sleep=clock.sleep),
        )

    return run


def refused(code, description="no", retry_after=None):
    return TelegramRefused("sendMessage", code, description, retry_after)


def only():
    return OutgoingMessage.objects.get()


def test_a_message_is_sent_once_with_its_chat(put, send, sender, now):
    put()

    assert send() == 1
    assert send(now + timedelta(hours=1)) == 0

    assert sender.sent == [("sendMessage", {"text": "about event:1", "chat_id": 42})]
    assert (only().status, only().sent_at, only().message_id) == ("sent", now, 101)


def test_a_key_is_queued_once(put):
    assert put() is True
    assert put() is False

    assert OutgoingMessage.objects.count() == 1


def test_one_bots_calls_stay_apart(put, send):
    for number in range(5):
        put(f"event:{number}", chat_id=number + 1)
    clock = Clock()

    assert send(clock=clock) == 5

    assert clock.sleeps == [0.04] * 4


def test_one_chat_gets_one_message_a_second_in_order(put, send, sender, now):
    for number in range(3):
        put(f"event:{number}")

    counts = [send(now + timedelta(seconds=second)) for second in (0, 0.5, 1, 2)]

    assert counts == [1, 0, 1, 1]
    texts = [params["text"] for _, params in sender.sent]
    assert texts == ["about event:0", "about event:1", "about event:2"]


def test_a_chat_that_waits_holds_up_no_other(put, send, sender, now):
    put("event:1", chat_id=1)
    put("event:2", chat_id=2)
    sender.troubles = [refused(429, retry_after=30)]

    assert send() == 2

    assert [params["chat_id"] for _, params in sender.sent] == [2]


def test_a_telegram_that_wants_silence_gets_it(put, send, sender, now):
    put()
    sender.troubles = [refused(429, "Too Many Requests", 17)]

    send()

    assert (only().status, only().next_attempt_at) == ("waiting", now + timedelta(seconds=17))
    assert send(now + timedelta(seconds=16)) == 0
    assert send(now + timedelta(seconds=17)) == 1
    assert only().status == "sent"


def test_a_telegram_that_is_broken_is_tried_again_with_longer_pauses_then_given_up(
    put, send, sender, now
):
    put()
    at, pauses = now, []

    for _ in range(outbox.MAX_ATTEMPTS):
        sender.troubles = [refused(502, "Bad Gateway")]
        assert send(at) == 1
        pauses.append(only().next_attempt_at - at)
        at = only().next_attempt_at

    assert pauses[:-1] == sorted(pauses[:-1])
    assert only().status == "failed"
    assert "502" in only().error
    assert send(at + timedelta(days=1)) == 0


def test_what_telegram_will_never_take_is_given_up_at_once(put, send, sender):
    put()
    sender.troubles = [refused(400, "Bad Request: can't parse entities")]

    send()

    assert only().status == "failed"


@pytest.mark.parametrize(("may_repeat", "status"), [(True, "waiting"), (False, "unknown")])
def test_a_silent_telegram_is_asked_again_only_where_a_repeat_does_no_harm(
    put, send, sender, may_repeat, status
):
    put(may_repeat=may_repeat)
    sender.troubles = [TelegramSilent("sendMessage")]

    send()

    assert only().status == status


@pytest.mark.parametrize(("may_repeat", "status"), [(True, "sent"), (False, "unknown")])
def test_what_a_dead_sender_held_is_sent_again_only_where_a_repeat_does_no_harm(
    put, send, now, may_repeat, status
):
    put(may_repeat=may_repeat)
    assert len(outbox._claim(bot_id=settings.TELEGRAM_BOT_ID, now=now, limit=10)) == 1

    assert send(now + timedelta(seconds=59)) == 0
    send(now + timedelta(seconds=60))

    assert only().status == status


def test_a_customer_who_blocked_the_bot_ends_all_that_waits_for_them(put, send, sender, now):
    make_row(telegram_id=42)
    for number in range(3):
        put(f"event:{number}")
    put("event:9", chat_id=43)
    sender.troubles = [refused(403, "Forbidden: bot was blocked by the user")]

    send()

    assert OutgoingMessage.objects.filter(chat_id=42, status="blocked").count() == 3
    assert OutgoingMessage.objects.get(chat_id=43).status == "sent"
    assert CustomerRow.objects.get().blocked_bot_at == now


def test_one_sender_at_a_time_holds_a_bots_lane_and_a_dead_one_loses_it(put, send, now):
    put()
    SendingLane.objects.create(
        bot_id=settings.TELEGRAM_BOT_ID, held_until=now + timedelta(seconds=20)
    )

    assert send(now + timedelta(seconds=19)) == 0
    assert send(now + timedelta(seconds=20)) == 1


def test_staff_send_again_what_failed_and_nothing_that_was_sent(put, send, sender, now):
    put()
    sender.troubles = [refused(400)]
    send()

    outbox.send_again(pk=only().pk, actor="staff:7", now=now)
    assert send() == 1

    assert only().status == "sent"
    assert Event.objects.get(kind="message.retried").actor == "staff:7"
    with pytest.raises(NotDead):
        outbox.send_again(pk=only().pk, actor="staff:7", now=now)


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_send_each_message_once(put, send, sender, race):
    for number in range(20):
        put(f"event:{number}", chat_id=number + 1)

    race([send] * 8)
    while send():
        pass

    chats = [params["chat_id"] for _, params in sender.sent]
    assert sorted(chats) == list(range(1, 21))


@pytest.mark.django_db(transaction=True)
def test_control_workers_that_read_then_send_send_twice(put, sender, race):
    put()
    waiting = []

    def read():
        waiting.append(list(OutgoingMessage.objects.filter(status="waiting")))

    race([read] * 2)
    for rows in waiting:
        for row in rows:
            sender(row.method, {**row.params, "chat_id": row.chat_id})

    assert len(sender.sent) == 2
