"""A customer with a phone: types, presses the buttons on the screen, reads what is said."""

import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from asgiref.sync import async_to_sync

from telegram_bot import intake
from telegram_bot.bots import bot_for_a_while
from telegram_bot.intake import Answer
from tests.telegram_bot.recording import Telegram

BOT_ID = 1000001

_numbers = itertools.count(500_000)


def next_update_id() -> int:
    return next(_numbers)


def take_in(body: bytes, now: datetime) -> Answer:
    """Let one update in as the webhook would, up to the answer being sent."""

    async def deliver() -> Answer:
        async with bot_for_a_while():
            answer = await intake.accept(bot_id=BOT_ID, body=body, now=now)
            await intake.answered(answer, now=now)
        return answer

    return async_to_sync(deliver)()


@dataclass
class Customer:
    """One Telegram user in a private chat with the bot."""

    telegram: Telegram
    now: datetime
    id: int = 42
    first_name: str = "Ann"
    language_code: str = "en"
    username: str = "ann"
    screen: dict[str, Any] = field(default_factory=dict)
    toast: str = ""
    answers: list[Answer] = field(default_factory=list)
    last_update: bytes = b""

    def user(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "is_bot": False,
            "first_name": self.first_name,
            "username": self.username,
            "language_code": self.language_code,
        }

    def chat(self) -> dict[str, Any]:
        return {"id": self.id, "type": "private", "first_name": self.first_name}

    def types(self, text: str, **fields: Any) -> str:
        """Send a message; return the text of the screen that follows."""
        message = {
            "message_id": next_update_id(),
            "date": int(self.now.timestamp()),
            "chat": self.chat(),
            "from": self.user(),
            "text": text,
            **fields,
        }
        return self.deliver("message", message)

    def presses(self, label: str) -> str:
        """Press the button whose label contains these words."""
        found = [button for button in self.buttons() if label in button["text"]]
        assert found, f"no button {label!r} among {[b['text'] for b in self.buttons()]}"
        return self.presses_data(found[0]["callback_data"])

    def presses_data(self, data: str) -> str:
        """Press a button that carries this data, whether or not it is on the screen."""
        pressed = {
            "message_id": self.screen.get("message_id", 7),
            "date": int(self.now.timestamp()),
            "chat": self.chat(),
            "from": {"id": BOT_ID, "is_bot": True, "first_name": "Shop"},
            "text": "the screen pressed on",
        }
        query = {
            "id": str(next_update_id()),
            "from": self.user(),
            "chat_instance": "1",
            "data": data,
            "message": pressed,
        }
        return self.deliver("callback_query", query)

    def deliver(self, kind: str, event: dict[str, Any]) -> str:
        """Deliver an update of any kind."""
        self.now += timedelta(seconds=1)
        self.last_update = orjson.dumps({"update_id": next_update_id(), kind: event})
        return self.delivers_again()

    def delivers_again(self) -> str:
        """Deliver the last update once more, byte for byte."""
        seen = len(self.telegram.calls)
        self.toast = ""
        answer = take_in(self.last_update, self.now)
        self.answers.append(answer)
        for method, params in self.telegram.calls[seen:]:
            self._see(method, params)
        if answer.body:
            reply = orjson.loads(answer.body)
            self._see(reply.pop("method"), reply)
        return self.text

    def _see(self, method: str, params: dict[str, Any]) -> None:
        if method in ("sendMessage", "editMessageText"):
            self.screen = {"message_id": self.telegram.message_id, **params}
        if method == "sendPhoto":
            self.screen = {
                "message_id": self.telegram.message_id,
                "text": params["caption"],
                **params,
            }
        if method == "answerCallbackQuery":
            self.toast = params.get("text", "")

    @property
    def text(self) -> str:
        """What the screen says, without markup."""
        return re.sub(r"</?[a-z]+>", "", self.screen.get("text", ""))

    def buttons(self) -> list[dict[str, Any]]:
        """Return the keys under the screen."""
        rows = self.screen.get("reply_markup", {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    def labels(self) -> list[str]:
        """Return what stands on the keys."""
        return [button["text"] for button in self.buttons()]
