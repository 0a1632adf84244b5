"""What does a person see: a message, the answer to a button, the end of a payment?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message as the person sees it."""

    message_id: int
    chat_id: int
    is_from_bot: bool
    body: Json

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> "ChatMessage":
        """Read one from the control API's answer."""
        return cls(
            message_id=value["message_id"],
            chat_id=value["chat_id"],
            is_from_bot=value["from_bot"],
            body=value["body"],
        )

    @property
    def text(self) -> str:
        """The text or caption; an invoice's title."""
        shown = self.body.get("text") or self.body.get("caption")
        return str(shown or self.body.get("invoice", {}).get("title", ""))

    @property
    def rows(self) -> list[list[str]]:
        """The inline keyboard's texts, row by row."""
        rows = self.body.get("reply_markup", {}).get("inline_keyboard", [])
        return [[str(button["text"]) for button in row] for row in rows]

    @property
    def buttons(self) -> list[str]:
        """The inline keyboard's texts."""
        return [text for row in self.rows for text in row]

    def button(self, text: str) -> Json:
        """The button with this text, as the bot sent it.

        Raises:
            KeyError: there is none.
        """
        for row in self.body.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if button["text"] == text:
                    return dict(button)
        raise KeyError(text)


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came of pressing a button."""

    callback_id: str = ""
    # None when the bot has not answered within the time.
    answer: Json | None = None
    url: str = ""
    invoice_id: str = ""

    @property
    def notice(self) -> str:
        """The toast's or alert's text."""
        return str((self.answer or {}).get("text", ""))

    @property
    def is_alert(self) -> bool:
        """Whether the notice must be clicked away."""
        return bool((self.answer or {}).get("show_alert"))


@dataclass(frozen=True, slots=True)
class Payment:
    """What came of paying; nobody is charged unless ``ok``."""

    ok: bool
    error: str = ""
    charge_id: str = ""
    amount: int = 0
    currency: str = ""
