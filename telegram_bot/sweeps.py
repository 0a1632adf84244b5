"""Which of the bot's work comes due by itself?"""

from datetime import datetime, timedelta
from typing import Final

from asgiref.sync import async_to_sync
from django.conf import settings

from shopbot.kernel.sweeps import sweep
from telegram_bot import delivery_messages, inbox, outbox
from telegram_bot.bots import bot_for_a_while
from telegram_bot.gates.sweeps import audit_members, remove_members, set_up_chats
from telegram_bot.intake import retry
from telegram_bot.models import OutgoingMessage, TelegramUpdate
from telegram_bot.sync_api import SyncApi

__all__ = [
    "audit_members",
    "prune_telegram",
    "remove_members",
    "retry_inbox",
    "send_outbox",
    "set_up_chats",
]

#: Telegram delivers again for a day; the rest is for questions of customers.
KEPT: Final = timedelta(days=30)


@sweep("retry-inbox")
def retry_inbox(*, now: datetime, limit: int) -> int:
    """Handle again the updates that failed, or whose process died."""
    rows = inbox.claim_due(now=now, limit=min(limit, 100))
    if rows:
        async_to_sync(_retry_all)(rows, now)
    return len(rows)


async def _retry_all(rows: list[TelegramUpdate], now: datetime) -> None:
    async with bot_for_a_while():
        for row in rows:
            await retry(row, now=now)


@sweep("prune-telegram")
def prune_telegram(*, now: datetime, limit: int) -> int:
    """Forget updates handled and messages sent longer ago than anybody asks about them."""
    pruned = inbox.prune(before=now - KEPT, limit=limit)
    return pruned + outbox.prune(before=now - KEPT, limit=limit)


@sweep("send-outbox")
def send_outbox(*, now: datetime, limit: int) -> int:
    """Send the messages that must arrive, no faster than Telegram allows."""
    due = OutgoingMessage.objects.filter(status="waiting", next_attempt_at__lte=now)
    if not due.filter(bot_id=settings.TELEGRAM_BOT_ID).exists():
        return 0
    with SyncApi() as api:
        return outbox.send_due(
            bot_id=settings.TELEGRAM_BOT_ID,
            send=delivery_messages.sender(api),
            now=now,
            limit=limit,
            pace=outbox.Pace(),
        )
