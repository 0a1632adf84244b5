"""May this request be taken in? The questions both webhook routes ask, in one order.

The secret comes first, before a byte of the body is looked at: who does not know it learns
nothing, not even which bots there are.
"""

from typing import Final

from django.conf import settings

from shopbot.kernel import clock
from telegram_bot.intake import Answer, accept
from telegram_bot.webhook_secret import is_genuine

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  (its name)

#: Telegram's updates are a few kilobytes; this leaves room for the longest message with reply.
MAX_BODY_BYTES: Final = 1024 * 1024

UNAUTHORIZED: Final = Answer(401)
UNKNOWN_BOT: Final = Answer(404)
NOT_A_POST: Final = Answer(405)
TOO_LARGE: Final = Answer(413)


def refusal(*, method: str, bot_id: int, secret: bytes, declared_bytes: int) -> Answer | None:
    """Return why a request is turned away unread, or None to read its body."""
    if not is_genuine(bot_id=bot_id, secret=secret):
        return UNAUTHORIZED
    if bot_id != settings.TELEGRAM_BOT_ID:
        return UNKNOWN_BOT
    if method != "POST":
        return NOT_A_POST
    return TOO_LARGE if declared_bytes > MAX_BODY_BYTES else None


async def receive(*, bot_id: int, body: bytes) -> Answer:
    """Take in the body of a request that was not turned away."""
    if len(body) > MAX_BODY_BYTES:
        return TOO_LARGE
    return await accept(bot_id=bot_id, body=body, now=clock.now())


def headers(answer: Answer) -> dict[str, str]:
    """Return the response's headers beside its length."""
    found = {"Content-Type": "application/json"} if answer.body else {}
    if answer.retry_after is not None:
        found["Retry-After"] = str(answer.retry_after)
    return found
