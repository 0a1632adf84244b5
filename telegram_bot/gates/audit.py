"""Who is in a gated chat that should not be? Asked each night, person by person.

A bot cannot list a chat's members, so those are asked about whom the shop knows: whoever was
ever given the entitlement, and whoever is believed to be inside. The first time, and after the
bot was without its rights and heard nothing, every customer is asked about.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django.db import transaction

from customers.models import Customer
from shopbot.kernel.events import record
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.gates import chats, events
from telegram_bot.gates.members import Change, seen
from telegram_bot.gates.models import ChatMembership, GatedChat, Removal
from telegram_bot.gates.removals import ask_place

logger = logging.getLogger(__name__)

#: When most people sleep where most of them live (UTC).
HOUR: Final = time(2, 30, tzinfo=UTC)
PAUSE: Final = timedelta(minutes=15)
LEASE: Final = timedelta(minutes=5)


def audit_due(
    *, bot_id: int, call: chats.Call, now: datetime, limit: int, wait: Callable[[], None]
) -> int:
    """Compare the next people of one chat that is due; return how many were asked about."""
    chat = _claim(bot_id, now)
    if chat is None:
        return 0
    people = _next_people(chat, limit)
    asked = 0
    try:
        for telegram_id in people:
            wait()
            _compare_or_pass(chat, telegram_id, call, now)
            asked += 1
    except (TelegramRefused, TelegramSilent) as problem:
        _interrupted(chat, problem, now)
        return asked
    if len(people) < limit:
        _finish(chat, now)
    else:
        _go_on(chat, now)
    return asked


def _claim(bot_id: int, now: datetime) -> GatedChat | None:
    due = GatedChat.objects.bound().filter(bot_id=bot_id, problem="", audit_due_at__lte=now)
    for chat in due.select_related("type").order_by("audit_due_at", "pk"):
        mine = GatedChat.objects.filter(pk=chat.pk, audit_due_at=chat.audit_due_at)
        if mine.update(audit_due_at=now + LEASE):
            return chat
    return None


def _next_people(chat: GatedChat, limit: int) -> list[int]:
    after = {"telegram_id__gt": chat.audit_cursor}
    entitled = Customer.objects.filter(**after)
    if chat.audited_at is not None:
        # Whoever else came in since was told of as it happened.
        entitled = entitled.filter(grants__type_id=chat.type_id)
    inside = ChatMembership.objects.filter(chat=chat, is_inside=True, **after)
    known = set(_first(entitled, limit)) | set(_first(inside, limit))
    return sorted(known)[:limit]


def _first(people: Any, limit: int) -> list[int]:
    numbers = people.order_by("telegram_id").values_list("telegram_id", flat=True)
    return list(numbers.distinct()[:limit])


def _compare_or_pass(
    chat: GatedChat, telegram_id: int, call: chats.Call, now: datetime
) -> None:
    """Compare one person; one about whom nothing can be said holds up nobody behind."""
    try:
        _compare(chat, telegram_id, call, now)
    except TelegramRefused as refusal:
        is_about_person = refusal.code == 400 and refusal.migrated_to is None
        if not is_about_person or chats.note_refusal(chat, refusal, now):
            raise
        logger.warning("chat %s, person %s: %s", chat.chat_id, telegram_id, refusal)
        _pass(chat, telegram_id)


def _compare(chat: GatedChat, telegram_id: int, call: chats.Call, now: datetime) -> None:
    place = ask_place(call, chat.chat_id, telegram_id)
    change = Change(
        telegram_id=telegram_id,
        name=place.name,
        is_inside=place.is_inside,
        is_admin=place.is_admin,
        # In whole seconds, like Telegram's: who moves within this one moves later.
        at=now.replace(microsecond=0),
    )
    _note(chat, change, now)


@transaction.atomic
def _note(chat: GatedChat, change: Change, now: datetime) -> None:
    number = change.telegram_id
    row = ChatMembership.objects.filter(chat=chat, telegram_id=number).first()
    if row is None and change.is_inside:
        row = ChatMembership.objects.create(
            chat=chat,
            telegram_id=number,
            customer=Customer.objects.filter(telegram_id=number).first(),
            changed_at=now,
        )
    # What Telegram told while this ran is newer than its answer may be.
    if row is not None and row.changed_at <= now:
        seen(chat, [row], {number: change}, now, reason=Removal.Reason.FOUND)
    _pass(chat, number)


def _pass(chat: GatedChat, telegram_id: int) -> None:
    behind = GatedChat.objects.filter(pk=chat.pk, audit_cursor__lt=telegram_id)
    behind.update(audit_cursor=telegram_id)


def _interrupted(
    chat: GatedChat, problem: TelegramRefused | TelegramSilent, now: datetime
) -> None:
    """Go on later from where it stopped; the cursor holds the place."""
    pause = PAUSE
    if isinstance(problem, TelegramRefused):
        if problem.migrated_to is not None:
            chats.migrate(old_id=chat.chat_id, new_id=problem.migrated_to, now=now)
            return
        chats.note_refusal(chat, problem, now)
        pause = timedelta(seconds=problem.retry_after) if problem.retry_after else PAUSE
    GatedChat.objects.filter(pk=chat.pk).update(audit_due_at=now + pause)


def _go_on(chat: GatedChat, now: datetime) -> None:
    GatedChat.objects.filter(pk=chat.pk).update(audit_due_at=now)


@transaction.atomic
def _finish(chat: GatedChat, now: datetime) -> None:
    rows = GatedChat.objects.filter(pk=chat.pk)
    rows.update(audit_due_at=next_night(now), audit_cursor=0, audited_at=now)
    found = Removal.objects.filter(chat=chat, reason=Removal.Reason.FOUND)
    if chat.audited_at is not None:
        found = found.filter(created_at__gt=chat.audited_at)
    inside = ChatMembership.objects.filter(chat=chat, is_inside=True)
    record(
        events.AUDITED,
        subject=f"chat:{chat.pk}",
        actor="beat",
        at=now,
        title=str(chat),
        inside=inside.count(),
        found=found.count(),
    )


def next_night(now: datetime) -> datetime:
    """Return when the night after a moment's comparison begins."""
    tonight = datetime.combine(now.astimezone(UTC).date(), HOUR)
    return tonight if tonight > now else tonight + timedelta(days=1)
