"""A bot of a hundred lines: it records every update and answers as the test tells it."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from telegram_bot.simulator.client import Simulator
from telegram_bot.simulator.testing import served

Json = dict[str, Any]
SECRET = "toy-secret"
EVERYTHING = [
    "message", "edited_message", "callback_query", "pre_checkout_query", "shipping_query",
    "my_chat_member", "chat_member", "chat_join_request", "subscription", "channel_post",
]  # fmt: skip


class ToyBot:
    """What came in, and what is answered: a status, or a call in the answer."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.url = ""
        self.updates: list[Json] = []
        self.headers: list[dict[str, str]] = []
        # Statuses to answer next; when they run out it is 200.
        self.statuses: list[int] = []
        self.response_headers: dict[str, str] = {}
        # Methods to answer with, by kind of update: update -> call or None.
        self.replies: dict[str, Callable[[Json], Json | None]] = {}
        self.pause: Callable[[Json], None] | None = None
        self._lock = threading.Lock()

    def kinds(self) -> list[str]:
        """The kinds of the updates taken, in order."""
        return [self.kind(update) for update in self.updates]

    @staticmethod
    def kind(update: Json) -> str:
        """The one key of an update beside its id."""
        return next(key for key in update if key != "update_id")

    def texts(self) -> list[str]:
        """The texts of the messages taken, in order."""
        return [update["message"]["text"] for update in self.updates if "message" in update]

    def take(self, update: Json, headers: dict[str, str]) -> web.Response:
        """Handle one update, in a thread."""
        if self.pause is not None:
            self.pause(update)
        with self._lock:
            self.headers.append(headers)
            status = self.statuses.pop(0) if self.statuses else 200
            if status == 200:
                self.updates.append(update)
        if status != 200:
            return web.Response(status=status, headers=self.response_headers)
        reply = self.replies.get(self.kind(update), lambda _: None)(update)
        if reply is None:
            return web.Response()
        return web.Response(body=json.dumps(reply), content_type="application/json")

    def sell(self, payload: str = "order-1", **details: object) -> None:
        """Accept every checkout and answer every press, in the webhook's own response."""
        self.replies["pre_checkout_query"] = accept_checkout
        self.replies["callback_query"] = lambda update: {
            "method": "answerCallbackQuery",
            "callback_query_id": update["callback_query"]["id"],
            "text": "Done",
        }


def accept_checkout(update: Json) -> Json:
    return {
        "method": "answerPreCheckoutQuery",
        "pre_checkout_query_id": update["pre_checkout_query"]["id"],
        "ok": True,
    }


@contextlib.contextmanager
def toy_bot(simulator: Simulator, **webhook: object) -> Iterator[ToyBot]:
    """A toy bot that listens, with its webhook set."""
    bot = ToyBot(simulator)

    async def handle(request: web.Request) -> web.Response:
        update = await request.json()
        return await asyncio.to_thread(bot.take, update, dict(request.headers))

    app = web.Application()
    app.router.add_post("/hook", handle)
    with served(app) as url:
        bot.url = f"{url}/hook"
        options = {"secret_token": SECRET, "allowed_updates": EVERYTHING, **webhook}
        answer = simulator.call("setWebhook", url=bot.url, **options)
        assert answer == {"ok": True, "result": True}
        yield bot


def invoice(chat_id: int, stars: int = 100, **details: object) -> Json:
    """The parameters of an invoice in Stars."""
    return {
        "chat_id": chat_id,
        "title": "Signals",
        "description": "One month of signals",
        "payload": "o1.17.tag",
        "currency": "XTR",
        "prices": [{"label": "Signals", "amount": stars}],
        **details,
    }
