"""Calls are held to the Bot API's description, and refused in its own words."""

from typing import Any

import pytest
import requests

from telegram_bot.simulator.client import Person, Simulator
from telegram_bot.simulator.errors import ApiError
from telegram_bot.simulator.parameters import Parameters
from telegram_bot.simulator.spec import load_spec, parse_kind
from telegram_bot.simulator.validation import (
    check_call,
    check_object,
    discriminator_of,
    utf16_length,
)
from tests.telegram_bot.simulator.toy_bot import invoice


def refusal(method: str, **values: Any) -> str:
    with pytest.raises(ApiError) as refused:
        check_call(method, Parameters(values))
    assert refused.value.code == 400
    return refused.value.description


def test_the_description_is_the_whole_bot_api():
    spec = load_spec()

    assert spec.version == "10.3"
    assert len(spec.methods) == 185
    assert len(spec.types) == 400


def test_every_type_that_the_description_names_is_described():
    spec = load_spec()
    simple = {"Integer", "String", "Boolean", "True", "Float", "InputFile"}

    def names(kind: Any) -> set[str]:
        inner = set().union(*(names(one) for one in kind.inner)) if kind.inner else set()
        return inner if kind.name in ("Array", "OneOf") else {kind.name} | inner

    mentioned: set[str] = set()
    for method in spec.methods.values():
        for field in method.parameters.values():
            mentioned |= names(field.kind)
    for one in spec.types.values():
        mentioned |= set(one.choices)
        for field in one.fields.values():
            mentioned |= names(field.kind)

    assert mentioned - simple - set(spec.types) == set()


def test_a_list_of_types_is_parsed_as_a_choice():
    kind = parse_kind("Array of InputMediaAudio, InputMediaDocument and InputMediaPhoto")

    assert kind.name == "Array"
    assert [choice.name for choice in kind.inner[0].inner] == [
        "InputMediaAudio",
        "InputMediaDocument",
        "InputMediaPhoto",
    ]


@pytest.mark.parametrize(
    ("union", "choice", "value"),
    [
        ("BotCommandScope", "BotCommandScopeAllPrivateChats", "all_private_chats"),
        ("MenuButton", "MenuButtonWebApp", "web_app"),
        ("InputMedia", "InputMediaPhoto", "photo"),
        ("ChatMember", "ChatMemberOwner", "creator"),
        ("ChatMember", "ChatMemberBanned", "kicked"),
        ("InlineQueryResult", "InlineQueryResultCachedPhoto", "photo"),
    ],
)
def test_a_choice_is_told_by_its_discriminator(union: str, choice: str, value: str):
    assert discriminator_of(union, choice) == value


def test_strings_become_the_described_types():
    checked = check_call(
        "sendmessage",
        Parameters(
            {
                "chat_id": "42",
                "text": "Hi",
                "protect_content": "true",
                "reply_markup": '{"inline_keyboard":[[{"text":"A","callback_data":"a"}]]}',
            }
        ),
    )

    assert checked.method == "sendMessage"
    assert checked.values == {
        "chat_id": 42,
        "text": "Hi",
        "protect_content": True,
        "reply_markup": {"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]},
    }
    assert checked.warnings == []


def test_what_telegram_ignores_is_a_warning_and_no_refusal():
    markup = {"inline_keyboard": [[{"text": "A", "callback_data": "a", "shade": "red"}]]}

    checked = check_call(
        "sendMessage",
        Parameters({"chat_id": 1, "text": "x", "txet": "y", "reply_markup": markup}),
    )

    assert checked.warnings == [
        'Telegram ignores "shade": InlineKeyboardButton has no such field',
        'Telegram ignores "txet": sendMessage has no such parameter',
    ]


def test_missing_parameters_are_named_in_telegrams_words():
    assert refusal("sendMessage", text="Hi") == "Bad Request: chat_id is empty"
    assert refusal("sendMessage", chat_id=1) == "Bad Request: message text is empty"
    assert refusal("setMyCommands") == 'Bad Request: parameter "commands" is required'


def test_ill_typed_values_are_refused():
    assert (
        refusal("sendMessage", chat_id=1, text="x", message_thread_id="three")
        == 'Bad Request: parameter "message_thread_id" must be of type Integer'
    )
    assert (
        refusal("sendMessage", chat_id=1, text="x", protect_content="perhaps")
        == 'Bad Request: parameter "protect_content" must be of type Boolean'
    )
    assert (
        refusal("getChatAdministrators", chat_id={"id": 1})
        == 'Bad Request: parameter "chat_id" must be of type String'
    )
    assert (
        refusal("deleteMessages", chat_id=1, message_ids="[1, true]")
        == 'Bad Request: parameter "message_ids" must be of type Integer'
    )


def test_nested_objects_are_checked_wherever_they_lie():
    assert (
        refusal("sendMessage", chat_id=1, text="x", reply_markup='{"inline_keyboard": [[{}]]}')
        == "Bad Request: can't parse inline keyboard button: Can't find field \"text\""
    )
    assert refusal("sendMessage", chat_id=1, text="x", reply_markup="{broken").endswith(
        "JSON object"
    )
    assert (
        refusal("sendMessage", chat_id=1, text="x", reply_markup={"buttons": []})
        == 'Bad Request: can\'t parse parameter "reply_markup": '
        'object expected as parameter "reply_markup"'
    )
    assert (
        refusal("editMessageMedia", chat_id=1, message_id=1, media={"type": "photo"})
        == "Bad Request: can't parse input media photo: Can't find field \"media\""
    )


def test_lengths_count_bytes_or_utf16_units_as_described():
    assert utf16_length("a😀") == 3
    ok = {"inline_keyboard": [[{"text": "A", "callback_data": "я" * 32}]]}
    long = {"inline_keyboard": [[{"text": "A", "callback_data": "я" * 33}]]}

    check_call("sendMessage", Parameters({"chat_id": 1, "text": "x", "reply_markup": ok}))

    assert (
        refusal("sendMessage", chat_id=1, text="x", reply_markup=long)
        == "Bad Request: BUTTON_DATA_INVALID"
    )
    assert (
        refusal("sendInvoice", **invoice(1, payload="я" * 65))
        == "Bad Request: INVOICE_PAYLOAD_INVALID"
    )
    assert (
        refusal("sendInvoice", **invoice(1, title="😀" * 17))
        == "Bad Request: INVOICE_TITLE_INVALID"
    )


def test_ranges_are_kept():
    assert (
        refusal("getStarTransactions", limit=101)
        == 'Bad Request: parameter "limit" must be between 1 and 100'
    )


def test_an_object_of_ours_is_checked_strictly():
    with pytest.raises(ApiError, match="has no such field"):
        check_object("User", {"id": 1, "is_bot": False, "first_name": "A", "shoe_size": 44})


def test_unknown_methods_and_tokens_have_their_own_codes(sim: Simulator):
    assert sim.call("sendTelepathy") == {
        "ok": False,
        "error_code": 404,
        "description": "Not Found: method not found",
    }

    stranger = Simulator(sim.url, "1:wrong")

    assert stranger.call("getMe") == {
        "ok": False,
        "error_code": 401,
        "description": "Unauthorized",
    }


def test_a_valid_method_that_is_not_acted_out_says_so(sim: Simulator):
    answer = sim.call("getForumTopicIconStickers")

    assert answer["error_code"] == 501
    assert "getForumTopicIconStickers" in answer["description"]


def test_a_refusal_has_the_http_status_of_its_code(sim: Simulator):
    answer = requests.get(f"{sim.url}/bot{sim.token}/sendMessage?text=Hi", timeout=5)

    assert answer.status_code == answer.json()["error_code"] == 400


def test_forms_queries_json_and_any_case_mean_the_same(
    sim: Simulator, bot: object, anna: Person
):
    anna.send("/start")
    base = f"{sim.url}/bot{sim.token}"
    where = {"chat_id": str(anna.id)}

    requests.post(f"{base}/SENDMESSAGE", data={**where, "text": "form"}, timeout=5)
    requests.get(f"{base}/sendmessage", params={**where, "text": "query"}, timeout=5)
    requests.post(f"{base}/sendMessage", json={**where, "text": "json"}, timeout=5)
    requests.post(
        f"{base}/sendMessage",
        files={"text": (None, "multipart"), "chat_id": (None, str(anna.id))},
        timeout=5,
    )

    shown = [message.text for message in anna.messages() if message.is_from_bot]
    assert shown == ["form", "query", "json", "multipart"]


def test_a_broken_json_body_is_a_bad_request(sim: Simulator):
    answer = requests.post(
        f"{sim.url}/bot{sim.token}/getMe",
        data=b"{broken",
        headers={"Content-Type": "application/json"},
        timeout=5,
    )

    assert answer.json()["description"] == "Bad Request: can't parse JSON object"


def test_the_inspector_keeps_the_refusal_with_a_hint(sim: Simulator):
    sim.call("sendInvoice", **invoice(1, payload="x" * 129))

    [call] = sim.api_calls("sendInvoice")
    assert call["code"] == 400
    assert call["response"]["description"] == "Bad Request: INVOICE_PAYLOAD_INVALID"
    assert "129 bytes" in call["hint"]
