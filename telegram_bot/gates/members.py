"""Who asks to come in, who came in, who left? What Telegram tells of a gated chat's members."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from catalog.levels import RANK
from customers.models import Customer
from entitlements.models import FOREVER, TierGrant
from shopbot.kernel.events import record
from telegram_bot.gates import events
from telegram_bot.gates.access import access_of, may_be_in
from telegram_bot.gates.models import ChatMembership, GatedChat, Removal


@dataclass(frozen=True, slots=True)
class Change:
    """What Telegram says of one person in one chat; ``at`` is its own time, to the second."""

    telegram_id: int
    name: str
    is_inside: bool
    is_admin: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do about a request to join.

    ``tier_ids`` are the offers that would open the chat. ``is_told``: this very request was
    explained before, by an attempt that did not get to its end.
    """

    is_approved: bool
    title: str
    tier_ids: tuple[int, ...] = ()
    is_told: bool = False


def bound_chat(chat_id: int) -> GatedChat | None:
    """Return a chat that the bot guards."""
    chats = GatedChat.objects.bound().select_related("type")
    return chats.filter(bot_id=settings.TELEGRAM_BOT_ID, chat_id=chat_id).first()


def judge_request(
    *, chat_id: int, telegram_id: int, asked_at: datetime, now: datetime
) -> Verdict | None:
    """Decide about a request to join: yes if and only if there is access at this moment.

    None for a chat that the bot does not guard: its administrators decide. Changes nothing.
    """
    chat = bound_chat(chat_id)
    if chat is None:
        return None
    if may_be_in(chat, telegram_id, now):
        return Verdict(is_approved=True, title=str(chat))
    told = ChatMembership.objects.filter(
        chat=chat, telegram_id=telegram_id, told_at__gte=asked_at
    )
    return Verdict(
        is_approved=False, title=str(chat), tier_ids=offers(chat), is_told=told.exists()
    )


def offers(chat: GatedChat) -> tuple[int, ...]:
    """Return the tiers whose buyers may come in, cheapest level first."""
    links = TierGrant.objects.filter(type_id=chat.type_id).values_list("tier_id", "level")
    fit = [(RANK[level], tier) for tier, level in links if RANK[level] >= RANK[chat.level]]
    return tuple(tier for _, tier in sorted(fit))


@transaction.atomic
def note_told(
    *, chat_id: int, telegram_id: int, name: str, asked_at: datetime, now: datetime
) -> None:
    """Remember that a declined request was explained: a repeat does not say it twice."""
    chat = bound_chat(chat_id)
    if chat is None:
        return
    row, _ = ChatMembership.objects.get_or_create(
        chat=chat,
        telegram_id=telegram_id,
        defaults={
            "name": name[:130],
            "customer": _customer(telegram_id),
            "changed_at": asked_at,
        },
    )
    row.told_at = asked_at
    row.save(update_fields=["told_at"])
    _record_answer(events.DECLINED, chat, row, now)


@transaction.atomic
def note_change(*, chat_id: int, change: Change, now: datetime) -> None:
    """Write down where somebody is now; who came in without access will be removed.

    What Telegram told earlier than what is known changes nothing: updates may repeat.
    """
    chat = bound_chat(chat_id)
    if chat is None:
        return
    row, is_new = ChatMembership.objects.get_or_create(
        chat=chat,
        telegram_id=change.telegram_id,
        defaults={"changed_at": change.at, "customer": _customer(change.telegram_id)},
    )
    if not is_new and change.at < row.changed_at:
        return
    came_in = change.is_inside and not row.is_inside
    refused = seen(chat, [row], {row.telegram_id: change}, now, reason=Removal.Reason.UNASKED)
    if came_in and not row.is_admin and not refused:
        _record_answer(events.APPROVED, chat, row, now)


def seen(
    chat: GatedChat,
    rows: Sequence[ChatMembership],
    changes: dict[int, Change],
    now: datetime,
    *,
    reason: Removal.Reason,
) -> int:
    """Bring rows up to what Telegram says, and queue removals; return how many are queued.

    Who may stay is looked at once more by the next sweep: what ended while this was being
    written found nobody inside to look at.
    """
    access = access_of(chat, [row.telegram_id for row in rows], now)
    unwelcome = []
    for row in rows:
        change = changes[row.telegram_id]
        row.name = change.name[:130] or row.name
        row.is_inside, row.is_admin = change.is_inside, change.is_admin
        row.changed_at = change.at
        guarded = row.is_inside and not row.is_admin
        row.check_at = now if guarded and row.telegram_id in access else None
        if guarded and row.telegram_id not in access:
            unwelcome.append(row)
    ChatMembership.objects.bulk_update(
        rows, ["name", "is_inside", "is_admin", "changed_at", "check_at"]
    )
    return queue_removals(unwelcome, now, reason=reason)


def next_check(until: datetime | None) -> datetime | None:
    """Return when to look again at somebody who may stay until then."""
    return None if until is None or until >= FOREVER else until


def queue_removals(
    rows: Sequence[ChatMembership], now: datetime, *, reason: Removal.Reason
) -> int:
    """Make it a duty to remove these; who is to be removed already stays so once."""
    if not rows:
        return 0
    people = Customer.objects.filter(telegram_id__in=[row.telegram_id for row in rows])
    customers = dict(people.values_list("telegram_id", "pk"))
    wanted = [
        Removal(
            chat_id=row.chat_id,
            telegram_id=row.telegram_id,
            customer_id=customers.get(row.telegram_id),
            reason=reason,
            next_attempt_at=now,
            created_at=now,
        )
        for row in rows
    ]
    Removal.objects.bulk_create(wanted, ignore_conflicts=True)
    return len(wanted)


def look_again(*, customer_id: int, now: datetime) -> int:
    """Look at once at a customer in every chat they are in: something of theirs has changed."""
    telegram_ids = Customer.objects.filter(pk=customer_id).values("telegram_id")
    rows = ChatMembership.objects.filter(telegram_id__in=telegram_ids, is_inside=True)
    return rows.filter(is_admin=False).update(check_at=now)


def look_again_at_all(*, type_id: int, now: datetime) -> int:
    """Look at once at everybody in the chats of an entitlement."""
    rows = ChatMembership.objects.filter(chat__type_id=type_id, is_inside=True)
    return rows.filter(is_admin=False).update(check_at=now)


def _record_answer(kind: str, chat: GatedChat, row: ChatMembership, now: datetime) -> None:
    if row.customer_id is not None:
        record(
            kind,
            subject=f"chat:{chat.pk}",
            actor="bot",
            at=now,
            customer_id=row.customer_id,
            title=str(chat),
        )


def _customer(telegram_id: int) -> Customer | None:
    return Customer.objects.filter(telegram_id=telegram_id).first()
