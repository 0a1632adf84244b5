"""Which work on gated chats comes due by itself?"""

from datetime import datetime
from typing import Final

from django.conf import settings

from shopbot.kernel.sweeps import sweep
from telegram_bot.gates import audit, chats, removals
from telegram_bot.gates.models import GatedChat, Removal
from telegram_bot.outbox import Pace
from telegram_bot.sync_api import SyncApi

#: Of three calls each, well within a row's lease.
_REMOVALS: Final = 100
_QUESTIONS: Final = 200


@sweep("gate-chats")
def set_up_chats(*, now: datetime, limit: int) -> int:
    """Look at the bot's rights in gated chats, and make their links."""
    bot_id = settings.TELEGRAM_BOT_ID
    if not GatedChat.objects.filter(bot_id=bot_id, set_up_at__lte=now).exists():
        return 0
    with SyncApi() as api:
        return chats.set_up_due(call=api.call, bot_id=bot_id, now=now, limit=min(limit, 50))


@sweep("gate-removals")
def remove_members(*, now: datetime, limit: int) -> int:
    """Remove from gated chats those whose access has ended, until it is true."""
    bot_id = settings.TELEGRAM_BOT_ID
    looked = removals.check_due(bot_id=bot_id, now=now, limit=limit)
    due = Removal.objects.filter(status="waiting", next_attempt_at__lte=now)
    if not due.filter(chat__bot_id=bot_id).exists():
        return looked
    with SyncApi() as api:
        tried = removals.remove_due(
            bot_id=bot_id, call=api.call, now=now, limit=min(limit, _REMOVALS), wait=Pace().wait
        )
    return looked + tried


@sweep("gate-audit")
def audit_members(*, now: datetime, limit: int) -> int:
    """Compare the customers the shop knows with who is in the gated chats, each night."""
    bot_id = settings.TELEGRAM_BOT_ID
    due = GatedChat.objects.bound().filter(bot_id=bot_id, problem="", audit_due_at__lte=now)
    if not due.exists():
        return 0
    with SyncApi() as api:
        return audit.audit_due(
            bot_id=bot_id,
            call=api.call,
            now=now,
            limit=min(limit, _QUESTIONS),
            wait=Pace().wait,
        )
