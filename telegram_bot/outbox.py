"""Which messages must arrive, and how are they sent?

A consumer of an event writes a row; the sweep sends it, paced per bot and per chat, and judges
each failure by its kind. Telegram has no idempotency key: a message whose fate is unknown is
repeated where a repeat does no harm (a receipt), and else left for a person (an invoice).
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from customers.services import mark_bot_blocked
from shopbot.kernel.events import record
from shopbot.kernel.queues import skipping_locked
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.delivery_reports import DELIVERY, report_end
from telegram_bot.errors import NotDead
from telegram_bot.models import OutgoingMessage, SendingLane

logger = logging.getLogger(__name__)

#: Telegram allows about 30 a second to all chats together, and replies count as well.
PER_BOT: Final = timedelta(milliseconds=40)
PER_CHAT: Final = timedelta(seconds=1)

#: A sender that dies leaves its bot silent for this long, and its claimed rows for the lease.
LANE_HOLD: Final = timedelta(seconds=20)
LEASE: Final = timedelta(seconds=60)

#: The last pause repeats until the attempts are used up: about a day in all.
_BACKOFF: Final = (2, 10, 60, 300, 1800, 7200)
MAX_ATTEMPTS: Final = 15

Sender = Callable[[str, dict[str, Any]], Any]


def enqueue(
    *,
    dedupe_key: str,
    chat_id: int,
    method: str,
    params: dict[str, Any],
    now: datetime,
    may_repeat: bool = True,
) -> bool:
    """Queue a message of the shop's bot in the current transaction; False if it was there.

    ``may_repeat`` False: sent again only when the first time surely failed.
    """
    row = OutgoingMessage(
        dedupe_key=dedupe_key,
        bot_id=settings.TELEGRAM_BOT_ID,
        chat_id=chat_id,
        method=method,
        params=params,
        may_repeat=may_repeat,
        next_attempt_at=now,
        created_at=now,
    )
    if OutgoingMessage.objects.filter(dedupe_key=dedupe_key).exists():
        return False
    OutgoingMessage.objects.bulk_create([row], ignore_conflicts=True)
    return True


@dataclass
class Pace:
    """Waits so that one bot's calls stay ``PER_BOT`` apart."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = field(default=0.0, init=False)

    def wait(self) -> None:
        """Return when the next call may be made."""
        present = self.clock()
        if present < self._next:
            self.sleep(self._next - present)
        self._next = max(present, self._next) + PER_BOT.total_seconds()


def send_due(*, bot_id: int, send: Sender, now: datetime, limit: int, pace: Pace) -> int:
    """Send what is due of one bot, at most one to each chat; return how many were tried.

    One sender at a time holds the bot's lane, so the pace holds for all workers together.
    """
    if not _hold_lane(bot_id, now):
        return 0
    rows = _claim(bot_id=bot_id, now=now, limit=min(limit, _per_hold()))
    try:
        for row in rows:
            pace.wait()
            _send_one(row, send, now)
    finally:
        _release_lane(bot_id, now)
    return len(rows)


def _per_hold() -> int:
    return int(LANE_HOLD / PER_BOT / 2)


def _hold_lane(bot_id: int, now: datetime) -> bool:
    lane = SendingLane.objects.filter(bot_id=bot_id)
    if lane.filter(held_until__lte=now).update(held_until=now + LANE_HOLD):
        return True
    fresh = SendingLane(bot_id=bot_id, held_until=now + LANE_HOLD)
    if lane.exists():
        return False
    SendingLane.objects.bulk_create([fresh], ignore_conflicts=True)
    return lane.filter(held_until=now + LANE_HOLD).exists()


def _release_lane(bot_id: int, now: datetime) -> None:
    SendingLane.objects.filter(bot_id=bot_id).update(held_until=now)


@transaction.atomic
def _claim(*, bot_id: int, now: datetime, limit: int) -> list[OutgoingMessage]:
    """Take due rows, the oldest of each chat, none whose chat got one within ``PER_CHAT``."""
    waiting = OutgoingMessage.objects.filter(bot_id=bot_id, status="waiting")
    oldest = waiting.filter(chat_id=OuterRef("chat_id")).order_by("pk").values("pk")[:1]
    recent = OutgoingMessage.objects.filter(bot_id=bot_id, sent_at__gt=now - PER_CHAT)
    due = waiting.filter(next_attempt_at__lte=now, pk=Subquery(oldest)).exclude(
        chat_id__in=recent.values("chat_id")
    )
    rows = list(skipping_locked(due).order_by("next_attempt_at", "pk")[:limit])
    rows = [row for row in rows if not _is_doubtful(row, now)]
    OutgoingMessage.objects.filter(pk__in=[row.pk for row in rows]).update(
        attempts=F("attempts") + 1, next_attempt_at=now + LEASE
    )
    for row in rows:
        row.attempts += 1
    return rows


def _is_doubtful(row: OutgoingMessage, now: datetime) -> bool:
    """A sender died over this row, and a repeat would do harm: a person decides."""
    is_doubtful = row.attempts > 0 and not row.error and not row.may_repeat
    if is_doubtful:
        _end(
            row, OutgoingMessage.Status.UNKNOWN, "the process died while it was being sent", now
        )
    return is_doubtful


def _send_one(row: OutgoingMessage, send: Sender, now: datetime) -> None:
    try:
        result = send(row.method, {**row.params, "chat_id": row.chat_id})
    except TelegramRefused as refusal:
        _judge(row, refusal, now)
    except TelegramSilent as silence:
        if row.may_repeat:
            _again(row, str(silence), now, pause=_backoff(row))
        else:
            _end(row, OutgoingMessage.Status.UNKNOWN, str(silence), now)
    else:
        message_id = result.get("message_id") if isinstance(result, dict) else None
        with transaction.atomic():
            OutgoingMessage.objects.filter(pk=row.pk).update(
                status="sent", sent_at=now, message_id=message_id, error=""
            )
            report_end(row, error="", now=now)


def _judge(row: OutgoingMessage, refusal: TelegramRefused, now: datetime) -> None:
    if refusal.is_unreachable:
        _end_chat(row, str(refusal), now)
    elif refusal.is_temporary:
        asked = refusal.retry_after
        pause = timedelta(seconds=asked) if asked else _backoff(row)
        _again(row, str(refusal), now, pause=pause)
    else:
        logger.error("message %s was refused: %s", row.dedupe_key, refusal)
        _end(row, OutgoingMessage.Status.FAILED, str(refusal), now)


def _again(row: OutgoingMessage, error: str, now: datetime, *, pause: timedelta) -> None:
    if row.attempts >= MAX_ATTEMPTS:
        _end(row, OutgoingMessage.Status.FAILED, error, now)
        return
    OutgoingMessage.objects.filter(pk=row.pk).update(error=error, next_attempt_at=now + pause)


def _backoff(row: OutgoingMessage) -> timedelta:
    return timedelta(seconds=_BACKOFF[min(row.attempts, len(_BACKOFF)) - 1])


@transaction.atomic
def _end(
    row: OutgoingMessage, status: OutgoingMessage.Status, error: str, now: datetime
) -> None:
    OutgoingMessage.objects.filter(pk=row.pk).update(status=status, error=error[:2000])
    report_end(row, error=error, now=now)


@transaction.atomic
def _end_chat(row: OutgoingMessage, error: str, now: datetime) -> None:
    """The customer blocked the bot: nothing that waits for the chat can arrive."""
    mark_bot_blocked(telegram_id=row.chat_id, now=now)
    waiting = OutgoingMessage.objects.filter(chat_id=row.chat_id, status="waiting")
    for each in waiting.filter(params__has_key=DELIVERY):
        report_end(each, error=error, now=now)
    waiting.update(status=OutgoingMessage.Status.BLOCKED, error=error[:2000])


def prune(*, before: datetime, limit: int) -> int:
    """Forget the oldest messages that were sent before a moment; return how many."""
    sent = OutgoingMessage.objects.filter(status="sent", created_at__lt=before)
    oldest = list(sent.order_by("pk").values_list("pk", flat=True)[:limit])
    OutgoingMessage.objects.filter(pk__in=oldest).delete()
    return len(oldest)


@transaction.atomic
def send_again(*, pk: int, actor: str, now: datetime) -> None:
    """Queue a message anew that failed, was blocked, or perhaps arrived.

    Raises:
        NotDead: it was sent or still waits.
    """
    ended = OutgoingMessage.objects.filter(pk=pk, status__in=["failed", "blocked", "unknown"])
    if not ended.update(status="waiting", attempts=0, error="", next_attempt_at=now):
        raise NotDead(f"message {pk} was sent or still waits")
    record("message.retried", subject=f"outgoing-message:{pk}", actor=actor, at=now)
