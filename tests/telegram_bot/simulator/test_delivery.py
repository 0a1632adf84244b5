"""Updates reach the webhook as Telegram delivers them."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from telegram_bot.simulator.client import Person, Simulator
from telegram_bot.simulator.delivery import pause_before
from tests.telegram_bot.simulator.toy_bot import SECRET, ToyBot, toy_bot


def until(look: Callable[[], Any], seconds: float = 5) -> Any:
    """What ``look`` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came to pass"
    return found


def attempts(sim: Simulator, kind: str = "message") -> list[list[int]]:
    return [[one["code"] for one in entry["attempts"]] for entry in sim.updates(kind)]


def test_every_request_carries_the_secret(sim: Simulator, bot: ToyBot, anna: Person):
    anna.send("/start")
    anna.send("hello")

    assert sim.settle()
    secrets = [headers["X-Telegram-Bot-Api-Secret-Token"] for headers in bot.headers]
    assert secrets == [SECRET, SECRET]


def test_a_message_arrives_as_telegram_writes_it(sim: Simulator, bot: ToyBot):
    greta = sim.user("Greta", language="de", last_name="Fischer", username="greta")

    greta.send("/start ref_1")

    assert sim.settle()
    [update] = bot.updates
    message = update["message"]
    assert message["from"] == {
        "id": greta.id,
        "is_bot": False,
        "first_name": "Greta",
        "last_name": "Fischer",
        "username": "greta",
        "language_code": "de",
    }
    assert message["chat"]["type"] == "private"
    assert message["text"] == "/start ref_1"
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


def test_update_ids_are_sequential(sim: Simulator, bot: ToyBot, anna: Person):
    for number in range(3):
        anna.send(str(number))

    assert sim.settle()
    ids = [update["update_id"] for update in bot.updates]
    assert ids == list(range(ids[0], ids[0] + 3))


def test_after_a_week_of_silence_the_next_id_is_random(
    sim: Simulator, bot: ToyBot, anna: Person
):
    anna.send("before")
    assert sim.settle()

    sim.advance(days=8)
    anna.send("after")

    assert sim.settle()
    first, second = (update["update_id"] for update in bot.updates)
    assert abs(second - first) > 1


def test_one_chat_is_delivered_in_order_one_at_a_time(
    sim: Simulator, bot: ToyBot, anna: Person
):
    running, most = 0, 0
    lock = threading.Lock()

    def pause(_: object) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.02)
        with lock:
            running -= 1

    bot.pause = pause
    for number in range(6):
        anna.send(str(number))

    assert sim.settle()
    assert bot.texts() == ["0", "1", "2", "3", "4", "5"]
    assert most == 1


def test_chats_are_delivered_side_by_side(sim: Simulator, bot: ToyBot):
    together = threading.Barrier(3, timeout=5)
    bot.pause = lambda _: together.wait()

    for name in ("Anna", "Ivan", "Greta"):
        sim.user(name).send("hello")

    assert sim.settle()
    assert len(bot.updates) == 3


def test_no_more_requests_at_once_than_max_connections(sim: Simulator):
    running, most = 0, 0
    lock = threading.Lock()

    def pause(_: object) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.02)
        with lock:
            running -= 1

    with toy_bot(sim, max_connections=2) as bot:
        bot.pause = pause
        for number in range(8):
            sim.user(f"Person {number}").send("hello")
        assert sim.settle()

    assert most == 2


def test_a_failing_message_blocks_its_chat_but_no_other(
    sim: Simulator, bot: ToyBot, anna: Person
):
    sim.timing(retry_scale=100)
    bot.statuses = [500, 500]
    anna.send("first")
    anna.send("second")
    assert sim.settle()
    assert bot.updates == []

    sim.user("Ivan").send("unhurt")

    assert sim.settle()
    assert bot.texts() == ["unhurt"]


def test_a_slow_message_does_not_delay_the_same_persons_button(
    sim: Simulator, bot: ToyBot, anna: Person
):
    anna.send("/start")
    assert sim.settle()
    bot.sell()
    sent = sim.call(
        "sendMessage",
        chat_id=anna.id,
        text="Choose",
        reply_markup={"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]},
    )
    release = threading.Event()
    bot.pause = lambda update: release.wait(5) if "message" in update else None

    anna.send("slow")
    pressed = anna.press("A", message_id=sent["result"]["message_id"])

    assert pressed.notice == "Done"
    release.set()
    assert sim.settle()
    assert bot.kinds() == ["message", "callback_query", "message"]


def test_the_first_retry_is_immediate_and_then_pauses_double_up_to_two_minutes():
    assert [pause_before(attempts) for attempts in range(1, 7)] == [0, 2, 4, 8, 16, 32]
    assert all(60 <= pause_before(attempts) <= 120 for attempts in range(8, 40))


def test_whatever_is_not_2xx_is_tried_again_after_its_pause(
    sim: Simulator, bot: ToyBot, anna: Person
):
    bot.statuses = [500, 502, 404, 301]
    anna.send("stubborn")

    made = until(lambda: sim.pending() == [] and sim.updates("message"))[0]["attempts"]
    assert [one["code"] for one in made] == [500, 502, 404, 301, 200]
    gaps = [later["at"] - sooner["at"] for sooner, later in zip(made, made[1:], strict=False)]
    assert all(gap >= pause for gap, pause in zip(gaps, (0, 0.02, 0.04, 0.08), strict=True))


def test_retry_after_replaces_the_pause(sim: Simulator, bot: ToyBot, anna: Person):
    bot.statuses = [503]
    bot.response_headers = {"Retry-After": "3600"}
    anna.send("later")
    assert sim.settle()
    assert bot.updates == []

    sim.advance(seconds=3600 * 0.01)

    anna.send("wake")
    assert sim.settle()
    assert bot.texts() == ["later", "wake"]


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_success(sim: Simulator, bot: ToyBot, anna: Person, status: int):
    bot.statuses = [status]

    anna.send("fine")

    assert sim.settle()
    assert attempts(sim) == [[status]]
    assert sim.pending() == []


def test_a_message_expires_after_a_day(sim: Simulator, bot: ToyBot, anna: Person):
    sim.timing(retry_scale=1000)
    bot.statuses = [500, 500]
    anna.send("too late")
    assert sim.settle()

    sim.advance(days=1.01)

    anna.send("in time")
    assert sim.settle()
    assert bot.texts() == ["in time"]
    assert [entry["status"] for entry in sim.updates("message")] == ["expired", "delivered"]


def test_a_pressed_button_expires_after_150_seconds(sim: Simulator, bot: ToyBot, anna: Person):
    anna.send("/start")
    assert sim.settle()
    sim.timing(retry_scale=1000)
    bot.statuses = [500, 500]
    anna.press_data("x", seconds=0)
    assert sim.settle()

    sim.advance(seconds=151)

    assert sim.settle()
    assert bot.kinds() == ["message"]
    assert [entry["status"] for entry in sim.updates("callback_query")] == ["expired"]


def test_no_answer_in_time_is_a_failure(sim: Simulator, bot: ToyBot, anna: Person):
    sim.timing(response_seconds=0.05)
    slow = threading.Event()
    bot.pause = lambda _: slow.wait(0.15) if not bot.headers else None

    anna.send("patience")

    [first, *_] = until(lambda: sim.updates("message")[0]["attempts"])
    assert first["error"] == "Read timeout expired"
    assert sim.webhook()["last_error_message"] == "Read timeout expired"
    slow.set()


def test_a_webhook_gone_for_23_hours_is_removed(sim: Simulator, bot: ToyBot, anna: Person):
    sim.timing(retry_scale=1000)
    bot.statuses = [410, 410, 410]
    anna.send("anyone?")
    assert sim.settle()

    sim.advance(days=23 / 24)

    until(lambda: not sim.webhook()["url"])
    assert sim.webhook()["pending_update_count"] == 1


def test_setting_the_webhook_again_delivers_what_waits_at_once(
    sim: Simulator, bot: ToyBot, anna: Person
):
    sim.timing(retry_scale=1000)
    bot.statuses = [500, 500]
    anna.send("waiting")
    assert sim.settle()
    assert bot.updates == []

    sim.call("setWebhook", url=bot.url, secret_token=SECRET)

    assert sim.settle()
    assert bot.texts() == ["waiting"]


def test_kinds_that_were_not_asked_for_are_not_queued(
    sim: Simulator, bot: ToyBot, anna: Person
):
    sim.call("setWebhook", url=bot.url, allowed_updates=["callback_query"])

    anna.send("unheard")

    assert sim.settle()
    assert bot.updates == []
    assert sim.pending() == []


def test_an_omitted_list_keeps_the_kinds_and_unknown_names_are_ignored(
    sim: Simulator, bot: ToyBot
):
    sim.call("setWebhook", url=bot.url, allowed_updates=["message", "telepathy"])
    sim.call("setWebhook", url=bot.url)
    assert sim.webhook()["allowed_updates"] == ["message"]

    sim.call("setWebhook", url=bot.url, allowed_updates=["telepathy"])

    assert "allowed_updates" not in sim.webhook()


def test_the_answer_to_an_update_may_be_one_call(sim: Simulator, bot: ToyBot, anna: Person):
    bot.replies["message"] = lambda update: {
        "method": "sendMessage",
        "chat_id": update["message"]["chat"]["id"],
        "text": "<b>Hello</b>",
        "parse_mode": "HTML",
    }

    anna.send("/start")

    assert anna.wait_for("Hello").body["entities"] == [
        {"type": "bold", "offset": 0, "length": 5}
    ]
    [call] = sim.api_calls("sendMessage")
    assert call["source"] == "webhook reply"


@pytest.mark.parametrize("method", ["getMe", "deleteWebhook", "setWebhook", "close", "logOut"])
def test_these_methods_are_ignored_in_an_answer(
    sim: Simulator, bot: ToyBot, anna: Person, method: str
):
    bot.replies["message"] = lambda _: {"method": method, "url": ""}

    anna.send("/start")

    assert sim.settle()
    assert sim.webhook()["url"] == bot.url
    assert [call["source"] for call in sim.api_calls()] == ["http"]


def test_a_fault_delivers_one_update_many_times_at_once(
    sim: Simulator, bot: ToyBot, anna: Person
):
    sim.fault("delivery", "duplicate", copies=5)

    anna.send("echo")

    assert sim.settle()
    assert bot.texts() == ["echo"] * 5
    assert len({update["update_id"] for update in bot.updates}) == 1


def test_a_fault_loses_the_answer_and_the_update_comes_again(
    sim: Simulator, bot: ToyBot, anna: Person
):
    sim.fault("delivery", "lost_response")

    anna.send("again")

    assert sim.settle()
    assert bot.texts() == ["again", "again"]


def test_a_fault_swaps_two_messages(sim: Simulator, bot: ToyBot, anna: Person):
    sim.fault("delivery", "out_of_order")

    anna.send("first")
    anna.send("second")

    assert sim.settle()
    assert bot.texts() == ["second", "first"]


def test_a_fault_drops_an_update_for_ever(sim: Simulator, bot: ToyBot, anna: Person):
    sim.fault("delivery", "drop", target="message")

    anna.send("lost")
    anna.send("kept")

    assert sim.settle()
    assert bot.texts() == ["kept"]


def test_an_update_that_no_telegram_would_send_can_be_injected(sim: Simulator):
    with toy_bot(sim) as bot:
        update_id = sim.inject("telepathy", {"from": {"id": 1}, "thought": "?"})

        assert sim.settle()
        assert bot.updates == [
            {"update_id": update_id, "telepathy": {"from": {"id": 1}, "thought": "?"}}
        ]


def test_settling_waits_for_the_call_in_the_answer(sim: Simulator, bot: ToyBot, anna: Person):
    sim.fault("api", "delay", target="sendMessage", seconds=0.1)
    bot.replies["message"] = lambda update: {
        "method": "sendMessage",
        "chat_id": update["message"]["chat"]["id"],
        "text": "Hello",
    }

    anna.send("/start")

    assert sim.settle()
    assert anna.last().text == "Hello"
