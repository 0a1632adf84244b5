"""getUpdates: the other way to get updates."""

import threading
from typing import Any

from telegram_bot.simulator.client import Person, Simulator
from tests.telegram_bot.simulator.toy_bot import ToyBot


def poll(sim: Simulator, **values: object) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = sim.call("getUpdates", **values)["result"]
    return result


def test_updates_wait_until_they_are_confirmed(sim: Simulator, anna: Person):
    anna.send("one")
    anna.send("two")

    first = poll(sim)

    assert [update["message"]["text"] for update in first] == ["one", "two"]
    assert poll(sim) == first
    assert poll(sim, offset=first[0]["update_id"] + 1) == first[1:]
    assert poll(sim, offset=first[1]["update_id"] + 1) == []
    assert sim.pending() == []


def test_a_negative_offset_counts_from_the_end(sim: Simulator, anna: Person):
    for text in ("one", "two", "three"):
        anna.send(text)

    assert [update["message"]["text"] for update in poll(sim, offset=-1)] == ["three"]
    assert len(sim.pending()) == 1


def test_a_long_poll_returns_with_the_first_update(sim: Simulator, anna: Person):
    found: list[list[dict[str, Any]]] = []
    waiting = threading.Thread(target=lambda: found.append(poll(sim, timeout=5)))
    waiting.start()

    anna.send("here")
    waiting.join(5)

    assert [update["message"]["text"] for update in found[0]] == ["here"]


def test_polling_is_refused_while_a_webhook_is_set(sim: Simulator, bot: ToyBot, anna: Person):
    answer = sim.call("getUpdates")
    assert answer["error_code"] == 409
    assert "webhook is active" in answer["description"]

    sim.call("deleteWebhook")

    anna.send("hello")
    assert len(poll(sim)) == 1


def test_the_webhook_gets_what_nobody_polled(sim: Simulator, anna: Person, bot: ToyBot):
    sim.call("deleteWebhook")
    anna.send("waiting")
    assert sim.webhook()["pending_update_count"] == 1

    sim.call("setWebhook", url=bot.url)

    assert sim.settle()
    assert bot.texts() == ["waiting"]


def test_pending_updates_may_be_dropped(sim: Simulator, anna: Person):
    anna.send("old")

    sim.call("deleteWebhook", drop_pending_updates=True)

    assert poll(sim) == []


def test_a_second_poll_ends_the_first(sim: Simulator):
    ended: list[dict[str, Any]] = []
    first = threading.Thread(target=lambda: ended.append(sim.call("getUpdates", timeout=5)))
    first.start()
    while first.is_alive():
        sim.call("getUpdates")

    assert ended[0]["error_code"] == 409
    assert "terminated by other" in ended[0]["description"]
