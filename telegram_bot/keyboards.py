"""Which keys stand under a screen? The parts that many screens share."""

from collections.abc import Iterable, Sequence

from aiogram.filters.callback_data import CallbackData
from django.utils.translation import gettext as _

from telegram_bot.answers import Button, Keyboard, Row
from telegram_bot.callbacks import ShowMenu, ShowShop

#: On a phone, two short labels fit side by side.
_SHORT = 15


def key(text: str, data: CallbackData, *, style: str = "") -> Button:
    """Return a button that presses ``data``."""
    return Button(text=text, data=data.pack(), style=style)


def link(text: str, url: str) -> Button:
    """Return a button that opens an address."""
    return Button(text=text, url=url)


def stacked(buttons: Iterable[Button]) -> Keyboard:
    """Return one button to a row."""
    return tuple((button,) for button in buttons)


def in_pairs(buttons: Sequence[Button]) -> Keyboard:
    """Return two to a row where all labels are short, else one."""
    if any(len(button.text) > _SHORT for button in buttons):
        return stacked(buttons)
    return tuple(tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))


def back(data: CallbackData) -> Row:
    """Return the row that leads one screen up."""
    return (key(_("⬅️ Back"), data),)


def to_shop() -> Row:
    """Return the row that leads to the shop."""
    return (key(_("🛍 Shop"), ShowShop()),)


def to_menu() -> Row:
    """Return the row that leads to the main menu."""
    return (key(_("⬅️ Menu"), ShowMenu()),)


def pages(*, page: int, has_next: bool, to: Sequence[CallbackData]) -> Keyboard:
    """Return the row that turns pages; ``to`` are the pages before and after this one."""
    turns = []
    if page > 0:
        turns.append(key("‹", to[0]))
    if has_next:
        turns.append(key("›", to[1]))
    return (tuple(turns),) if turns else ()
