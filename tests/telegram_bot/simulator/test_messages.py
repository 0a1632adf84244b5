"""Messages are sent, shown, edited and deleted as in Telegram."""

import io
from typing import Any

import pytest
import requests
from PIL import Image

from telegram_bot.simulator.client import Person, Simulator, SimulatorRefused
from tests.telegram_bot.simulator.toy_bot import ToyBot

KEYBOARD = {"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]}


@pytest.fixture
def started(sim: Simulator, bot: ToyBot, anna: Person) -> Person:
    anna.start()
    assert sim.settle()
    return anna


def description(answer: dict[str, Any]) -> str:
    assert answer["ok"] is False
    return f"{answer['error_code']} {answer['description']}"


def upload(
    sim: Simulator, method: str, field: str, file: tuple[str, bytes], **values: str
) -> dict[str, Any]:
    answer = requests.post(
        f"{sim.url}/bot{sim.token}/{method}", data=values, files={field: file}, timeout=5
    )
    result: dict[str, Any] = answer.json()["result"]
    return result


def picture(width: int = 40, height: int = 30) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(stream, "PNG")
    return stream.getvalue()


def test_a_message_comes_back_with_what_is_shown(sim: Simulator, started: Person):
    answer = sim.call(
        "sendMessage",
        chat_id=started.id,
        text="<b>Hi</b>",
        parse_mode="HTML",
        reply_markup=KEYBOARD,
    )

    sent = answer["result"]
    assert sent["text"] == "Hi"
    assert sent["reply_markup"] == KEYBOARD
    assert sent["from"]["is_bot"] is True
    assert started.last().body == sent
    assert started.last().buttons == ["A"]


def test_the_bot_cannot_write_first(sim: Simulator, bot: ToyBot, anna: Person):
    answer = sim.call("sendMessage", chat_id=anna.id, text="Hi")

    assert description(answer) == "400 Bad Request: chat not found"
    assert anna.messages() == []


def test_a_blocked_bot_is_refused_until_it_is_unblocked(sim: Simulator, started: Person):
    started.block_bot()
    answer = sim.call("sendMessage", chat_id=started.id, text="Hi")
    assert description(answer) == "403 Forbidden: bot was blocked by the user"

    started.unblock_bot()

    assert sim.call("sendMessage", chat_id=started.id, text="Hi")["ok"]
    assert sim.settle()
    changes = [entry["request"]["my_chat_member"] for entry in sim.updates("my_chat_member")]
    assert [change["new_chat_member"]["status"] for change in changes] == ["kicked", "member"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "message text is empty"),
        ("   ", "message text is empty"),
        ("x" * 4097, "message is too long"),
        ("😀" * 2049, "message is too long"),
    ],
)
def test_text_has_1_to_4096_units(sim: Simulator, started: Person, text: str, error: str):
    answer = sim.call("sendMessage", chat_id=started.id, text=text)

    assert description(answer) == f"400 Bad Request: {error}"
    assert [message.text for message in started.messages()] == ["/start"]


def test_markup_does_not_count_for_the_length(sim: Simulator, started: Person):
    text = f"<b>{'x' * 4096}</b>"

    assert sim.call("sendMessage", chat_id=started.id, text=text, parse_mode="HTML")["ok"]


@pytest.mark.parametrize(
    ("button", "error"),
    [
        (
            {"text": "A"},
            "can't parse inline keyboard button: "
            "Text buttons are unallowed in the inline keyboard",
        ),
        ({"text": "A", "callback_data": "a", "url": "https://x.org"}, "BUTTON_TYPE_INVALID"),
        ({"text": "Pay", "pay": True}, "BUTTON_TYPE_INVALID"),
        (
            {"text": "A", "url": "javascript:alert(1)"},
            "inline keyboard button URL 'javascript:alert(1)' is invalid: "
            "Unsupported URL protocol",
        ),
    ],
)
def test_each_button_does_one_thing(
    sim: Simulator, started: Person, button: dict[str, Any], error: str
):
    answer = sim.call(
        "sendMessage",
        chat_id=started.id,
        text="x",
        reply_markup={"inline_keyboard": [[button]]},
    )

    assert description(answer) == f"400 Bad Request: {error}"


def test_an_edit_replaces_text_and_keyboard(sim: Simulator, started: Person):
    sent = sim.call("sendMessage", chat_id=started.id, text="one", reply_markup=KEYBOARD)
    place = {"chat_id": started.id, "message_id": sent["result"]["message_id"]}

    edited = sim.call("editMessageText", text="two", **place)["result"]

    assert edited["text"] == "two"
    assert "reply_markup" not in edited
    assert [message.text for message in started.messages()] == ["/start", "two"]


def test_an_edit_that_changes_nothing_is_refused(sim: Simulator, started: Person):
    sent = sim.call("sendMessage", chat_id=started.id, text="one", reply_markup=KEYBOARD)
    place = {"chat_id": started.id, "message_id": sent["result"]["message_id"]}

    same = sim.call("editMessageText", text=" one ", reply_markup=KEYBOARD, **place)
    other = sim.call("editMessageText", text="one", **place)

    assert description(same).startswith("400 Bad Request: message is not modified")
    assert other["ok"]


def test_what_is_gone_or_not_the_bots_cannot_be_edited(sim: Simulator, started: Person):
    own = started.messages()[0].message_id

    gone = sim.call("editMessageText", chat_id=started.id, message_id=999, text="x")
    foreign = sim.call("editMessageText", chat_id=started.id, message_id=own, text="x")

    assert description(gone) == "400 Bad Request: message to edit not found"
    assert description(foreign) == "400 Bad Request: message can't be edited"


def test_a_deleted_message_is_gone(sim: Simulator, started: Person):
    sent = sim.call("sendMessage", chat_id=started.id, text="one")["result"]
    place = {"chat_id": started.id, "message_id": sent["message_id"]}

    assert sim.call("deleteMessage", **place) == {"ok": True, "result": True}

    again = sim.call("deleteMessage", **place)
    assert description(again) == "400 Bad Request: message to delete not found"
    assert [message.text for message in started.messages()] == ["/start"]


def test_old_messages_stay(sim: Simulator, started: Person):
    sent = sim.call("sendMessage", chat_id=started.id, text="one")["result"]
    sim.advance(days=2.1)

    answer = sim.call("deleteMessage", chat_id=started.id, message_id=sent["message_id"])

    assert answer["error_code"] == 400
    assert started.last().text == "one"


def test_a_photo_is_stored_sent_again_by_id_and_downloaded(sim: Simulator, started: Person):
    sent = upload(sim, "sendPhoto", "photo", ("a.png", picture()), chat_id=str(started.id))
    [size] = sent["photo"]
    assert (size["width"], size["height"]) == (40, 30)

    again = sim.call("sendPhoto", chat_id=started.id, photo=size["file_id"], caption="again")
    file = sim.call("getFile", file_id=size["file_id"])["result"]

    assert again["result"]["photo"] == sent["photo"]
    address = f"{sim.url}/file/bot{sim.token}/{file['file_path']}"
    assert requests.get(address, timeout=5).content == picture()


def test_what_is_no_picture_cannot_be_a_photo(sim: Simulator, started: Person):
    sent = upload(sim, "sendDocument", "document", ("a.txt", b"hello"), chat_id=str(started.id))
    assert sent["document"]["file_name"] == "a.txt"

    answer = sim.call("sendPhoto", chat_id=started.id, photo=sent["document"]["file_id"])

    assert description(answer) == "400 Bad Request: can't use file of type Document as Photo"


def test_text_may_become_a_picture_in_place(sim: Simulator, started: Person):
    sent = sim.call("sendMessage", chat_id=started.id, text="one")["result"]

    edited = upload(
        sim,
        "editMessageMedia",
        "pic",
        ("a.png", picture()),
        chat_id=str(started.id),
        message_id=str(sent["message_id"]),
        media='{"type":"photo","media":"attach://pic","caption":"<i>now</i>","parse_mode":"HTML"}',
    )

    assert edited["message_id"] == sent["message_id"]
    assert edited["caption"] == "now"
    assert "text" not in edited


def test_a_pressed_button_is_answered_once(sim: Simulator, bot: ToyBot, started: Person):
    sim.call("sendMessage", chat_id=started.id, text="Choose", reply_markup=KEYBOARD)

    pressed = started.press("A", seconds=0)
    first = sim.call(
        "answerCallbackQuery", callback_query_id=pressed.callback_id, text="!", show_alert=True
    )
    second = sim.call("answerCallbackQuery", callback_query_id=pressed.callback_id)

    assert first["ok"]
    assert description(second) == (
        "400 Bad Request: query is too old and response timeout expired or query ID is invalid"
    )


def test_a_late_answer_to_a_button_is_refused(sim: Simulator, bot: ToyBot, started: Person):
    sim.call("sendMessage", chat_id=started.id, text="Choose", reply_markup=KEYBOARD)
    pressed = started.press("A", seconds=0)

    sim.advance(seconds=31)

    late = sim.call("answerCallbackQuery", callback_query_id=pressed.callback_id)
    assert late["error_code"] == 400


def test_a_press_on_a_message_that_is_gone_is_inaccessible(
    sim: Simulator, bot: ToyBot, started: Person
):
    started.press_data("forged", message_id=999, seconds=0)

    assert sim.settle()
    query = bot.updates[-1]["callback_query"]
    assert query["message"] == {"chat": query["message"]["chat"], "message_id": 999, "date": 0}
    assert query["data"] == "forged"


def test_commands_are_seen_by_scope_and_language(sim: Simulator, bot: ToyBot):
    def set_commands(description: str, **where: object) -> None:
        commands = [{"command": "/shop", "description": description}]
        assert sim.call("setMyCommands", commands=commands, **where)["ok"]

    def seen(person: Person) -> list[str]:
        return [command["description"] for command in person.view()["commands"]]

    anna, ivan = sim.user("Anna"), sim.user("Ivan", language="ru")
    set_commands("Shop")
    set_commands("Магазин", language_code="ru")
    assert (seen(anna), seen(ivan)) == (["Shop"], ["Магазин"])

    set_commands("Private", scope={"type": "all_private_chats"})
    set_commands("Anna's", scope={"type": "chat", "chat_id": anna.id})

    assert (seen(anna), seen(ivan)) == (["Anna's"], ["Private"])
    assert (
        sim.call("getMyCommands", language_code="ru")["result"][0]["description"] == "Магазин"
    )


def test_bad_commands_are_refused(sim: Simulator, bot: ToyBot):
    answer = sim.call("setMyCommands", commands=[{"command": "Shop!", "description": "x"}])

    assert description(answer) == "400 Bad Request: BOT_COMMAND_INVALID"


def test_a_reply_keyboard_is_kept_until_it_is_removed(sim: Simulator, started: Person):
    keyboard = {"keyboard": [[{"text": "Share", "request_contact": True}]]}
    sim.call("sendMessage", chat_id=started.id, text="Phone?", reply_markup=keyboard)
    kept = sim.get("/control/snapshot")["reply_keyboards"]
    assert list(kept) == [str(started.id)]

    sim.call(
        "sendMessage", chat_id=started.id, text="x", reply_markup={"remove_keyboard": True}
    )

    assert sim.get("/control/snapshot")["reply_keyboards"] == {}


def test_waiting_looks_only_at_what_is_new_since_the_last_action(
    sim: Simulator, bot: ToyBot, started: Person
):
    sim.call("sendMessage", chat_id=started.id, text="Hello")
    assert started.wait_for("hello").text == "Hello"

    started.send("next")

    with pytest.raises(SimulatorRefused, match="waited for 'Hello'"):
        started.wait_for("Hello", seconds=0)
    assert started.wait_for("Hello", fresh=False).text == "Hello"


@pytest.mark.parametrize(
    ("kind", "code"), [("429", 429), ("403", 403), ("500", 500), ("error", 400)]
)
def test_a_fault_refuses_the_wanted_call_only(
    sim: Simulator, started: Person, kind: str, code: int
):
    sim.fault("api", kind, target="sendMessage", after=1, seconds=7)

    codes = [
        sim.call("sendMessage", chat_id=started.id, text=str(number)).get("error_code", 200)
        for number in range(3)
    ]

    assert codes == [200, code, 200]
    assert [message.text for message in started.messages()] == ["/start", "0", "2"]


def test_429_says_how_long_to_wait(sim: Simulator, started: Person):
    sim.fault("api", "429", seconds=7)

    answer = sim.call("sendMessage", chat_id=started.id, text="x")

    assert answer["parameters"] == {"retry_after": 7}
    assert answer["description"] == "Too Many Requests: retry after 7"


def test_a_lost_answer_hides_an_effect_that_happened(sim: Simulator, started: Person):
    sim.fault("api", "lost_response", target="sendMessage")

    with pytest.raises((OSError, EOFError)):
        sim.call("sendMessage", chat_id=started.id, text="sent")

    assert started.last().text == "sent"


def test_an_unknown_fault_is_refused(sim: Simulator):
    with pytest.raises(SimulatorRefused, match="there are 429"):
        sim.fault("api", "meteor")
