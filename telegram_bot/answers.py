"""What may a handler answer? Values only; ``delivery`` turns them into Bot API calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Params: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Button:
    """One key under a message: it presses ``data``, opens ``url`` or, with neither, pays."""

    text: str
    data: str = ""
    url: str = ""
    #: Bot API 9.4: "primary", "success" or "danger".
    style: str = ""

    def as_json(self) -> Params:
        """Return Telegram's form of the button."""
        key: Params = {"text": self.text}
        if self.data:
            key["callback_data"] = self.data
        elif self.url:
            key["url"] = self.url
        else:
            key["pay"] = True
        if self.style:
            key["style"] = self.style
        return key


Row: TypeAlias = tuple[Button, ...]
Keyboard: TypeAlias = tuple[Row, ...]


def keyboard_json(keyboard: Keyboard) -> Params:
    """Return Telegram's form of an inline keyboard."""
    return {"inline_keyboard": [[button.as_json() for button in row] for row in keyboard]}


@dataclass(frozen=True, slots=True)
class Screen:
    """A text with its keys; pressed from a button it replaces the screen pressed on.

    ``image_url`` is shown large above the text. ``toast`` is said over the screen, ``stays``
    keeps the pressed message and sends this one after it.
    """

    text: str
    keyboard: Keyboard = ()
    image_url: str = ""
    toast: str = ""
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Toast:
    """A few words over the screen, which stays as it is; at most 200 characters."""

    text: str = ""
    is_alert: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One Bot API call as it is."""

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invoice:
    """A bill with a pay button of Telegram's own; ``params`` are those of sendInvoice.

    ``screen`` takes the place of the one that was pressed on.
    """

    params: Mapping[str, Any]
    screen: Screen | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture drawn here (PNG), with a screen's text and keys under it."""

    content: bytes
    screen: Screen


Result: TypeAlias = Screen | Toast | Call | Invoice | Photo | None
