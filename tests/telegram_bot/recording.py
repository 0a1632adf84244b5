"""A Telegram that answers every call, and remembers it."""

from dataclasses import dataclass, field
from typing import Any

from aiogram import Bot

from telegram_bot.session import JsonSession

ME = {"id": 1000001, "is_bot": True, "first_name": "Shop", "username": "demo_shop_bot"}


@dataclass
class Telegram:
    """What was called, and what the next calls will meet."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    troubles: dict[str, list[Exception]] = field(default_factory=dict)
    message_id: int = 1000

    def fail(self, method: str, *troubles: Exception) -> None:
        """Let the next calls of a method raise."""
        self.troubles.setdefault(method, []).extend(troubles)

    def answer(self, method: str, params: dict[str, Any]) -> Any:
        """Carry a call out."""
        if self.troubles.get(method):
            raise self.troubles[method].pop(0)
        if method == "getMe":
            return ME
        self.calls.append((method, params))
        self.message_id += 1
        return {"message_id": self.message_id}

    def methods(self) -> list[str]:
        """Return the names of the calls, in order."""
        return [method for method, _ in self.calls]


TELEGRAM = Telegram()


class RecordingSession(JsonSession):
    """The bot's session, connected to ``TELEGRAM``."""

    async def call(
        self, bot: Bot, method: str, params: dict[str, Any], *, patience: float = 0
    ) -> Any:
        return TELEGRAM.answer(method, params)

    async def send_photo(self, bot: Bot, params: dict[str, Any], content: bytes) -> Any:
        return TELEGRAM.answer("sendPhoto", {**params, "photo": content})

    async def close(self) -> None:
        pass
