"""May somebody be in a gated chat, and until when?"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Max

from catalog.levels import RANK
from entitlements.models import Grant
from telegram_bot.gates.models import GatedChat


def access_of(
    chat: GatedChat, telegram_ids: Iterable[int], at: datetime
) -> dict[int, datetime]:
    """Return until when each of some people may stay, grace included; one query.

    Whoever may not is missing. Looked up by Telegram's number: one person, one number.
    """
    wanted = [level for level, rank in RANK.items() if rank >= RANK[chat.level]]
    held = Grant.objects.filter(
        customer__telegram_id__in=list(telegram_ids),
        type_id=chat.type_id,
        type__is_active=True,
        level__in=wanted,
    )
    rows = held.counting(at).unblocked(at).order_by().values("customer__telegram_id")
    return {
        row["customer__telegram_id"]: row["until"]
        for row in rows.annotate(until=Max("access_until"))
    }


def may_be_in(chat: GatedChat, telegram_id: int, at: datetime) -> bool:
    """Tell whether one person may be in a chat now; one query."""
    return telegram_id in access_of(chat, [telegram_id], at)
