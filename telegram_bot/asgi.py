"""The webhook as a raw ASGI endpoint: Django's request cycle costs more than the update.

``shopbot.asgi`` hands over every request below ``/telegram/``.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, Final

from shopbot.kernel import clock
from telegram_bot import webhook
from telegram_bot.bots import close_bot
from telegram_bot.dispatcher import dispatcher
from telegram_bot.done_marks import marks_of_loop
from telegram_bot.intake import Answer, answered

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_PATH: Final = re.compile(r"/telegram/([0-9]{1,18})/webhook/\Z")
_SECRET_HEADER: Final = webhook.SECRET_HEADER.lower().encode()


def bot_id_of(path: str) -> int | None:
    """Return the bot that a path is the webhook of, None for any other path."""
    found = _PATH.match(path)
    return int(found[1]) if found else None


async def webhook_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one webhook request."""
    bot_id = bot_id_of(scope["path"])
    secret, declared_bytes = _read_headers(scope["headers"])
    answer: Answer | None = webhook.UNKNOWN_BOT
    if bot_id is not None:
        answer = webhook.refusal(
            method=scope["method"], bot_id=bot_id, secret=secret, declared_bytes=declared_bytes
        )
    if answer is None and bot_id is not None:
        body = await _read_body(receive)
        if body is None:
            return  # the sender hung up; it will try again
        answer = await webhook.receive(bot_id=bot_id, body=body)
    if answer is not None:
        await _send(send, answer)
        await answered(answer, now=clock.now())


@asynccontextmanager
async def lifespan() -> AsyncIterator[None]:
    """Build what the first update would wait for; at the end write what waits, hang up."""
    dispatcher()
    yield
    await marks_of_loop().flush()
    await close_bot()


def _read_headers(headers: list[tuple[bytes, bytes]]) -> tuple[bytes, int]:
    secret, declared = b"", b""
    for name, value in headers:
        if name == _SECRET_HEADER:
            secret = value
        elif name == b"content-length":
            declared = value
    return secret, int(declared) if declared.isdigit() else 0


async def _read_body(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece: bytes = message.get("body", b"")
        body += piece
        if not message.get("more_body") or len(body) > webhook.MAX_BODY_BYTES:
            return body


async def _send(send: Send, answer: Answer) -> None:
    headers = [
        (name.lower().encode(), value.encode())
        for name, value in webhook.headers(answer).items()
    ]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
