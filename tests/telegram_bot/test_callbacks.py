"""Buttons: what they may carry, and that each of them leads somewhere."""

import pytest
from aiogram.filters.callback_data import CallbackData

from telegram_bot.answers import Button, keyboard_json
from telegram_bot.browsing import Browsing
from telegram_bot.callbacks import BUTTONS, RenewAnew, nonce_of
from telegram_bot.dispatcher import _BROWSING, dispatcher

LARGEST_ID = 2**63 - 1
LARGEST = {
    "int": LARGEST_ID,
    "bool": True,
    "str": "",
    "months": 120,
    "quantity": 2**31 - 1,
    "page": 9999,
    "fingerprint": "f" * 8,
    # Ten digits of seconds last until the year 2286.
    "moment": 9_999_999_999,
    "nonce": nonce_of(2**63 - 1),
    "gateway": "g" * 16,
    "region": "R" * 8,
    "language": "es",
}


def largest(button):
    fields = {
        name: LARGEST.get(name, LARGEST[field.annotation.__name__])
        for name, field in button.model_fields.items()
    }
    return button(**fields)


@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: button.__name__)
def test_a_button_with_its_largest_values_fits_into_64_bytes_and_comes_back(button):
    packed = largest(button).pack()

    assert len(packed.encode()) <= 64
    assert button.unpack(packed) == largest(button)
    assert packed == CallbackData.pack(largest(button))


@pytest.mark.parametrize("word", ["a:b", "ß", "w" * 64])
def test_a_word_that_does_not_fit_a_button_is_refused(word):
    with pytest.raises(ValueError, match="does not fit a button"):
        RenewAnew(order_id=1, gateway=word, fingerprint="f", nonce="n").pack()


def test_prefixes_are_two_letters_and_a_version_and_differ():
    prefixes = [button.__prefix__ for button in BUTTONS]

    assert len(set(prefixes)) == len(BUTTONS)
    assert all(p[:2].isalpha() and p[2:].isdigit() and len(p) == 3 for p in prefixes)


def test_no_button_carries_a_price():
    fields = {name for button in BUTTONS for name in button.model_fields}

    assert not {
        name for name in fields if "price" in name or "minor" in name or "total" in name
    }


def test_each_button_has_a_handler():
    served = {prefix for browsing in _BROWSING for prefix in browsing.buttons}
    for router in dispatcher().sub_routers:
        for handler in router.callback_query.handlers:
            for check in handler.filters:
                data = getattr(check.callback, "callback_data", None)
                if data is not None:
                    served.add(data.__prefix__)

    assert {button.__prefix__ for button in BUTTONS} <= served


@pytest.mark.parametrize("browsing", _BROWSING, ids=lambda browsing: browsing.router.name)
def test_whatever_has_a_short_way_has_an_aiogram_handler_too(browsing: Browsing):
    in_routers = set()
    for router in dispatcher().sub_routers:
        for handler in router.callback_query.handlers:
            for check in handler.filters:
                data = getattr(check.callback, "callback_data", None)
                in_routers.add(getattr(data, "__prefix__", None))

    assert set(browsing.buttons) <= in_routers


@pytest.mark.parametrize(
    ("number", "written"), [(0, "0"), (35, "z"), (36, "10"), (2**63 - 1, "1y2p0ij32e8e7")]
)
def test_a_nonce_is_the_update_in_base_36(number, written):
    assert nonce_of(number) == written
    assert int(written, 36) == number


def test_a_key_presses_opens_or_pays():
    keyboard = (
        (Button("a", data="x:1"), Button("b", url="https://example.org")),
        (Button("c"),),
    )

    assert keyboard_json(keyboard) == {
        "inline_keyboard": [
            [
                {"text": "a", "callback_data": "x:1"},
                {"text": "b", "url": "https://example.org"},
            ],
            [{"text": "c", "pay": True}],
        ]
    }
