"""What was this chat asked to type? One row per chat, and only where something was asked."""

from datetime import datetime, timedelta
from typing import Any, Final

from telegram_bot.models import Conversation

Step = Conversation.Step

#: After this, what is typed is taken for small talk again.
PATIENCE: Final = timedelta(minutes=30)


def ask(*, bot_id: int, chat_id: int, step: str, data: dict[str, Any], now: datetime) -> None:
    """Note that the next plain message answers ``step``; what was asked before is forgotten."""
    Conversation.objects.update_or_create(
        bot_id=bot_id,
        chat_id=chat_id,
        defaults={"step": step, "data": data, "updated_at": now},
    )


def forget(*, bot_id: int, chat_id: int) -> bool:
    """Expect nothing any more; True if something was expected."""
    asked = Conversation.objects.filter(bot_id=bot_id, chat_id=chat_id).exclude(step="")
    return bool(asked.update(step="", data={}))


def asked_for(*, bot_id: int, chat_id: int) -> dict[str, Any]:
    """Return the ids that the question was about."""
    rows = Conversation.objects.filter(bot_id=bot_id, chat_id=chat_id)
    return dict(rows.values_list("data", flat=True).first() or {})


def remember(*, bot_id: int, chat_id: int, data: dict[str, Any], now: datetime) -> None:
    """Keep what a chat was about to do while it is asked something by buttons."""
    ask(bot_id=bot_id, chat_id=chat_id, step=Step.NOTHING, data=data, now=now)


def remembered(*, bot_id: int, chat_id: int, now: datetime) -> dict[str, Any]:
    """Return what a chat was about to do, nothing once the patience is over."""
    rows = Conversation.objects.filter(
        bot_id=bot_id, chat_id=chat_id, step="", updated_at__gt=now - PATIENCE
    )
    return dict(rows.values_list("data", flat=True).first() or {})


def keep_code(*, bot_id: int, chat_id: int, code: str, now: datetime) -> None:
    """Remember the promotion code for the screens that follow, and expect nothing any more."""
    Conversation.objects.update_or_create(
        bot_id=bot_id,
        chat_id=chat_id,
        defaults={"promo_code": code, "step": "", "data": {}, "updated_at": now},
    )
