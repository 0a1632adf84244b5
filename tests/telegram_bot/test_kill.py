"""The process dies at a line between taking an update and answering it; nothing is lost.

Each death is a real one: a forked process takes the update in and ends, without cleaning up, at
one line of the bot's code. Telegram, which heard no answer, delivers again; the sweep does the
rest. Whatever the line, there is one order in the end.
"""

import os
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from django.db import connections

import telegram_bot
from customers.models import Customer as CustomerRow
from orders.models import Order
from telegram_bot.callbacks import Checkout
from telegram_bot.models import TelegramUpdate
from telegram_bot.sweeps import retry_inbox
from tests.telegram_bot.chat import next_update_id, take_in

pytestmark = pytest.mark.django_db(transaction=True)

OURS = str(Path(telegram_bot.__file__).parent)
POINTS = 12
KILLED = 9

#: Connections of the parent that a child inherited; to be forgotten, never closed.
_inherited = []


def in_child(work: Callable[[], None]) -> int:
    """Run work in a forked process and return how that ended."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        for connection in connections.all(initialized_only=True):
            _inherited.append(connection.connection)
            connection.connection = None
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001  the child must end here, whatever happened
        os._exit(1)


def die_at(line: int) -> None:
    """End this process at the ``line``-th line of the bot that any thread executes."""
    executed = 0

    def trace(frame, event, _argument):
        nonlocal executed
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line":
            executed += 1
            if executed == line:
                os._exit(KILLED)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)


def lines_of(work: Callable[[], None]) -> int:
    """Count the bot's lines that work executes, in a child of its own."""
    reading, writing = os.pipe()

    def count() -> None:
        executed = 0

        def trace(frame, event, _argument):
            nonlocal executed
            if not frame.f_code.co_filename.startswith(OURS):
                return None
            executed += event == "line"
            return trace

        threading.settrace(trace)
        sys.settrace(trace)
        work()
        sys.settrace(None)
        os.write(writing, str(executed).encode())

    assert in_child(count) == 0
    os.close(writing)
    with os.fdopen(reading) as result:
        return int(result.read())


@pytest.fixture
def checkout(ann, shop, now):
    """Return updates in which Ann presses "buy" on a screen of its own each time."""
    ann.types("/start")
    CustomerRow.objects.update(region="US", region_confirmed_at=now)
    ann.types("/shop")
    for label in ("Trading", "Signals", "Premium", "1 month"):
        ann.presses(label)
    shown = Checkout.unpack(
        next(b["callback_data"] for b in ann.buttons() if "Buy" in b["text"])
    )

    def make(number: int) -> bytes:
        pressed = shown.model_copy(update={"nonce": f"tap{number}"})
        query = {
            "id": "1",
            "from": ann.user(),
            "chat_instance": "1",
            "data": pressed.pack(),
            "message": {"message_id": 7, "date": 1, "chat": ann.chat(), "text": "price"},
        }
        return orjson.dumps({"update_id": next_update_id(), "callback_query": query})

    return make


def test_a_kill_at_any_line_loses_nothing_and_orders_once(checkout, now):
    undisturbed = checkout(0)
    total = lines_of(lambda: take_in(undisturbed, now))
    assert total > 100
    points = [1 + (total - 1) * point // (POINTS - 1) for point in range(POINTS)]

    for number, line in enumerate(points, start=1):
        body = checkout(number)

        def die(body=body, line=line) -> None:
            die_at(line)
            take_in(body, now)

        assert in_child(die) == KILLED
        take_in(body, now + timedelta(seconds=2))  # Telegram heard nothing: it delivers again
        retry_inbox(now=now + timedelta(minutes=5), limit=100)

        orders = Order.objects.filter(placement_key__startswith=f"tg:tap{number}:")
        assert orders.count() == 1, f"killed at line {line} of {total}"
    assert set(TelegramUpdate.objects.values_list("status", flat=True)) == {"done"}


def test_control_answering_before_storing_loses_the_order(checkout, now):
    body = checkout(1)

    def naive() -> None:
        answered = True  # the answer has left: Telegram will not deliver again
        assert answered
        os._exit(KILLED)

    assert in_child(naive) == KILLED
    retry_inbox(now=now + timedelta(minutes=5), limit=100)

    assert body
    assert not Order.objects.exists()
