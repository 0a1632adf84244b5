"""Who has to leave a gated chat, and how is that carried out until it is true?

Two steps: a ban of ninety seconds, then its end. If the second is lost, the ban ends by itself,
and the customer can come back after paying again. Nothing here runs inside a transaction while
Telegram is asked.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from shopbot.kernel.errors import Conflict
from shopbot.kernel.events import record
from shopbot.kernel.queues import skipping_locked
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.gates import chats, events
from telegram_bot.gates.access import access_of, may_be_in
from telegram_bot.gates.members import next_check, queue_removals
from telegram_bot.gates.models import (
    WORRYING_ATTEMPTS,
    ChatMembership,
    GatedChat,
    Removal,
)

logger = logging.getLogger(__name__)

Status = Removal.Status

#: Shorter than 30 seconds, Telegram would make the ban one for ever.
BAN: Final = timedelta(seconds=90)
LEASE: Final = timedelta(seconds=120)
#: Seconds until the next try; the last one repeats until it is true.
_BACKOFF: Final = (5, 30, 120, 600, 1800, 3600)

_ADMINS: Final = frozenset({"creator", "administrator"})
_OUT_OF_REACH: Final = ("administrator of the chat", "chat owner", "user_admin_invalid")
_NOBODY: Final = ("participant_id_invalid", "user_not_participant", "user not found",
                  "member not found", "user_id_invalid")  # fmt: skip


class NotWaiting(Conflict):
    """It has ended, so there is nothing to try again."""

    code = "removal_not_waiting"


@dataclass(frozen=True, slots=True)
class Place:
    """What Telegram says that somebody is in a chat."""

    is_inside: bool
    is_admin: bool
    is_banned: bool
    name: str = ""


def read_place(member: dict[str, Any]) -> Place:
    """Read a ChatMember of the Bot API."""
    status = member.get("status")
    is_inside = status in _ADMINS or status == "member" or bool(member.get("is_member"))
    user = member.get("user") or {}
    names = (user.get("first_name", ""), user.get("last_name", ""))
    return Place(
        is_inside=is_inside,
        is_admin=status in _ADMINS,
        is_banned=status == "kicked",
        name=" ".join(name for name in names if name),
    )


def ask_place(call: chats.Call, chat_id: int, telegram_id: int) -> Place:
    """Ask what somebody is in a chat; whom Telegram does not know there is outside.

    Raises:
        TelegramRefused, TelegramSilent: it cannot be said.
    """
    try:
        return read_place(call("getChatMember", {"chat_id": chat_id, "user_id": telegram_id}))
    except TelegramRefused as refusal:
        if _says(refusal, _NOBODY):
            return Place(is_inside=False, is_admin=False, is_banned=False)
        raise


@transaction.atomic
def check_due(*, bot_id: int, now: datetime, limit: int) -> int:
    """Look at members whose access may have ended; return how many were looked at.

    Two workers skip each other's rows. One query for each chat among them.
    """
    due = ChatMembership.objects.filter(chat__bot_id=bot_id, check_at__lte=now)
    rows = list(skipping_locked(due).select_related("chat").order_by("check_at", "pk")[:limit])
    rows_by_chat = sorted(rows, key=lambda row: row.chat_id)
    for _, each in groupby(rows_by_chat, key=lambda row: row.chat_id):
        _check(list(each), now)
    ChatMembership.objects.bulk_update(rows, ["check_at"])
    return len(rows)


def _check(rows: list[ChatMembership], now: datetime) -> None:
    chat = rows[0].chat
    access = access_of(chat, [row.telegram_id for row in rows], now) if chat.is_bound else {}
    for row in rows:
        row.check_at = next_check(access.get(row.telegram_id))
    if chat.is_bound:
        leave = [row for row in rows if _must_leave(row, access)]
        queue_removals(leave, now, reason=Removal.Reason.ENDED)


def _must_leave(row: ChatMembership, access: dict[int, datetime]) -> bool:
    return row.is_inside and not row.is_admin and row.telegram_id not in access


def remove_due(
    *, bot_id: int, call: chats.Call, now: datetime, limit: int, wait: Callable[[], None]
) -> int:
    """Carry out the removals that are due; return how many were tried.

    ``wait`` keeps the pace before each call. A process that dies leaves its rows to the lease.
    """
    started = time.monotonic()
    rows = _claim(bot_id, now, limit)

    def paced(method: str, params: dict[str, Any]) -> Any:
        wait()
        return call(method, params)

    def clock() -> datetime:
        # The ban must not shrink to one for ever while the batch takes its time, nor may what
        # was bought meanwhile count as yet to begin.
        return now + timedelta(seconds=time.monotonic() - started)

    for row in rows:
        _try(row, paced, clock)
    return len(rows)


@transaction.atomic
def _claim(bot_id: int, now: datetime, limit: int) -> list[Removal]:
    due = Removal.objects.filter(
        chat__bot_id=bot_id, status=Status.WAITING, next_attempt_at__lte=now
    )
    rows = list(
        skipping_locked(due).select_related("chat").order_by("next_attempt_at", "pk")[:limit]
    )
    Removal.objects.filter(pk__in=[row.pk for row in rows]).update(
        attempts=F("attempts") + 1, next_attempt_at=now + LEASE
    )
    for row in rows:
        row.attempts += 1
    return rows


def _try(row: Removal, call: chats.Call, clock: Callable[[], datetime]) -> None:
    try:
        status = _remove(row, call, clock)
    except TelegramRefused as refusal:
        _refused(row, refusal, clock())
    except TelegramSilent as silence:
        _again(row, str(silence), clock())
    else:
        _end(row, status, clock())


def _remove(row: Removal, call: chats.Call, clock: Callable[[], datetime]) -> Removal.Status:
    """Take somebody out, if that is still due, and say what came of it."""
    chat, person = row.chat, {"chat_id": row.chat.chat_id, "user_id": row.telegram_id}
    if row.banned_at is None:
        place = ask_place(call, chat.chat_id, row.telegram_id)
        now = clock()
        # Asked last: whoever pays while Telegram answers must not be put out for it.
        if not chat.is_bound or may_be_in(chat, row.telegram_id, now):
            return Status.DROPPED
        if place.is_admin:
            return Status.KEPT
        if not place.is_inside:
            # A ban by a person stands: it is not the shop's to lift.
            return Status.GONE
        call("banChatMember", {**person, "until_date": int((now + BAN).timestamp())})
        Removal.objects.filter(pk=row.pk).update(banned_at=now)
    call("unbanChatMember", {**person, "only_if_banned": True})
    return Status.REMOVED


def _refused(row: Removal, refusal: TelegramRefused, now: datetime) -> None:
    if refusal.migrated_to is not None:
        chats.migrate(old_id=row.chat.chat_id, new_id=refusal.migrated_to, now=now)
        Removal.objects.filter(pk=row.pk).update(next_attempt_at=now)
    elif _says(refusal, _OUT_OF_REACH):
        _end(row, Status.KEPT, now)
    elif _says(refusal, _NOBODY):
        _end(row, Status.GONE, now)
    else:
        chats.note_refusal(row.chat, refusal, now)
        _again(row, str(refusal), now, asked=refusal.retry_after)


def _says(refusal: TelegramRefused, words: tuple[str, ...]) -> bool:
    text = refusal.description.lower()
    return refusal.code == 400 and any(word in text for word in words)


@transaction.atomic
def _again(row: Removal, error: str, now: datetime, *, asked: int | None = None) -> None:
    seconds = asked or _BACKOFF[min(row.attempts, len(_BACKOFF)) - 1]
    Removal.objects.filter(pk=row.pk, status=Status.WAITING).update(
        error=error[:2000], next_attempt_at=now + timedelta(seconds=seconds)
    )
    logger.warning("removal %s: %s", row.pk, error)
    if row.attempts == WORRYING_ATTEMPTS:
        _record(events.FAILING, row, now, error=error[:500])


@transaction.atomic
def _end(row: Removal, status: Removal.Status, now: datetime) -> None:
    waiting = Removal.objects.filter(pk=row.pk, status=Status.WAITING)
    if not waiting.update(status=status, done_at=now, error=""):
        return
    member = ChatMembership.objects.filter(chat=row.chat, telegram_id=row.telegram_id)
    if row.banned_at is not None:
        # Its end was late: whoever paid may have come back meanwhile.
        member = member.filter(changed_at__lte=row.banned_at)
    if status in (Status.REMOVED, Status.GONE):
        # In whole seconds, like Telegram's: who comes back within this one comes later.
        member.update(is_inside=False, check_at=None, changed_at=now.replace(microsecond=0))
    elif status == Status.KEPT:
        member.update(is_admin=True, check_at=None)
    else:
        member.filter(is_inside=True).update(check_at=now)
    if status == Status.REMOVED:
        _record(events.REMOVED, row, now, reason=row.reason)


def _record(kind: str, row: Removal, now: datetime, **data: Any) -> None:
    chat: GatedChat = row.chat
    record(
        kind,
        subject=f"chat:{chat.pk}",
        actor="bot",
        at=now,
        customer_id=row.customer_id,
        title=str(chat),
        removal_id=row.pk,
        telegram_id=row.telegram_id,
        **data,
    )


@transaction.atomic
def try_again(*, pk: int, actor: str, now: datetime) -> None:
    """Make a waiting removal due at once.

    Raises:
        NotWaiting: it has ended.
    """
    waiting = Removal.objects.filter(pk=pk, status=Status.WAITING)
    if not waiting.update(next_attempt_at=now):
        raise NotWaiting(f"removal {pk} has ended")
    record("gate.removal_retried", subject=f"removal:{pk}", actor=actor, at=now)
