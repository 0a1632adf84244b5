"""Where is an update kept until its effects are written?

One statement stores it, refuses a repeat, and reads what nearly every screen needs: the
versions of catalog, prices and commands, the customer's row, what the chat was asked to type.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Greatest

from customers.models import Customer
from orders.models import Order
from shopbot.kernel.events import record
from shopbot.kernel.models import DataVersion
from telegram_bot.envelope import Envelope
from telegram_bot.errors import NotDead
from telegram_bot.models import Conversation, TelegramUpdate

#: How long the request that took an update may work on it before the sweep steps in.
LEASE: Final = timedelta(seconds=60)

#: After this many failures a person has to look.
MAX_ATTEMPTS: Final = 8

#: Seconds until the second, third … attempt; the last one repeats.
_BACKOFF: Final = (5, 15, 60, 300, 900, 3600, 10800)

_VERSIONS: Final = ("catalog", "pricing", "telegram")

_INSERT: Final = """
    INSERT INTO telegram_bot_telegramupdate
        (bot_id, update_id, body, kind, chat_id, user_id,
         status, attempts, error, received_at, next_attempt_at)
    VALUES (%s, %s, %s, %s, %s, %s, 'new', 0, '', %s, %s)
    ON CONFLICT (bot_id, update_id) DO NOTHING
    RETURNING id
"""

_PAID_STATES: Final = ", ".join(f"'{status.value}'" for status in Order.PAID_STATES)

_STORE_AND_READ: Final = f"""
    WITH stored AS ({_INSERT})
    SELECT (SELECT id FROM stored),
           (SELECT number FROM kernel_dataversion WHERE name = 'catalog'),
           (SELECT number FROM kernel_dataversion WHERE name = 'pricing'),
           (SELECT number FROM kernel_dataversion WHERE name = 'telegram'),
           customer.id, customer.username, customer.first_name, customer.last_name,
           customer.telegram_language, customer.language, customer.region,
           customer.referrer_id, customer.referral_code, customer.blocked_bot_at,
           customer.last_seen_at,
           EXISTS (SELECT 1 FROM orders_order AS bought WHERE bought.customer_id = customer.id
                   AND bought.status IN ({_PAID_STATES})),
           talk.step, talk.promo_code, talk.updated_at
    FROM (SELECT 1) AS one
    LEFT JOIN customers_customer AS customer ON customer.telegram_id = %s
    LEFT JOIN telegram_bot_conversation AS talk ON talk.bot_id = %s AND talk.chat_id = %s
"""  # noqa: S608  (constants of this module only)


class CustomerRow(NamedTuple):
    """What the intake reads of a customer; the order is that of the statement."""

    id: int
    username: str
    first_name: str
    last_name: str
    telegram_language: str
    language: str
    region: str
    referrer_id: int | None
    referral_code: str
    blocked_bot_at: datetime | None
    last_seen_at: datetime
    has_bought: bool


class TalkRow(NamedTuple):
    """What the chat was asked to type, and the promotion code it gave last."""

    step: str
    promo_code: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store statement found; ``pk`` is None for an update that was there already."""

    pk: int | None
    catalog_version: int
    pricing_version: int
    commands_version: int
    customer: CustomerRow | None
    talk: TalkRow | None


def store(*, bot_id: int, envelope: Envelope, body: bytes, now: datetime) -> Stored:
    """Keep an update for good and read what its handling will need.

    Idempotent by ``(bot_id, update_id)``. One statement on PostgreSQL, three on SQLite.

    Raises:
        DatabaseError: it could not be kept; nothing else may be answered than "try again".
    """
    values = (
        bot_id,
        envelope.update_id,
        body.decode(),
        envelope.kind,
        envelope.chat_id,
        envelope.user_id,
        now,
        now + LEASE,
    )
    if connection.vendor != "postgresql":
        return _store_in_steps(values, bot_id, envelope)
    with connection.cursor() as cursor:
        cursor.execute(_STORE_AND_READ, (*values, envelope.user_id, bot_id, envelope.chat_id))
        row = cursor.fetchone()
    return Stored(
        row[0],
        row[1] or 0,
        row[2] or 0,
        row[3] or 0,
        customer=CustomerRow(*row[4:-3]) if row[4] is not None else None,
        talk=TalkRow(*row[-3:]) if row[-3] is not None else None,
    )


def _store_in_steps(values: tuple[Any, ...], bot_id: int, envelope: Envelope) -> Stored:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        stored = cursor.fetchone()
    return _read(stored[0] if stored else None, bot_id, envelope)


def read_again(*, pk: int, bot_id: int, envelope: Envelope) -> Stored:
    """Read what a stored update's handling needs, for a later attempt; three queries."""
    return _read(pk, bot_id, envelope)


def _read(pk: int | None, bot_id: int, envelope: Envelope) -> Stored:
    rows = DataVersion.objects.filter(name__in=_VERSIONS).values_list("name", "number")
    versions = dict(rows)
    return Stored(
        pk,
        versions.get("catalog", 0),
        versions.get("pricing", 0),
        versions.get("telegram", 0),
        customer=None if envelope.user_id is None else _customer(envelope.user_id),
        talk=None if envelope.chat_id is None else _talk(bot_id, envelope.chat_id),
    )


def _talk(bot_id: int, chat_id: int) -> TalkRow | None:
    talks = Conversation.objects.filter(bot_id=bot_id, chat_id=chat_id)
    row = talks.values_list(*TalkRow._fields).first()
    return TalkRow(*row) if row else None


def _customer(telegram_id: int) -> CustomerRow | None:
    bought = Exists(Order.objects.paid().filter(customer=OuterRef("pk")))
    known = Customer.objects.filter(telegram_id=telegram_id).annotate(has_bought=bought)
    row = known.values_list(*CustomerRow._fields).first()
    return CustomerRow(*row) if row else None


def mark_done(*, pks: list[int], now: datetime) -> int:
    """Note that updates were handled; return how many were not so marked before.

    Not flushed to disk before returning: a lost mark only repeats idempotent work.
    """
    waiting = TelegramUpdate.objects.filter(pk__in=pks).exclude(status="done")
    with transaction.atomic():
        if connection.vendor == "postgresql" and not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = off")
        return waiting.update(status="done", done_at=now, error="")


def mark_failed(*, pk: int, error: str, now: datetime, after: timedelta | None = None) -> bool:
    """Keep why handling failed and when to try again; True when this was the last attempt.

    ``after`` is a pause that the other side asked for; it replaces the backoff.
    """
    row = TelegramUpdate.objects.filter(pk=pk).exclude(status="done")
    counted = row.values_list("attempts", flat=True).first()
    if counted is None:
        return False
    attempts = max(counted, 1)
    is_last = attempts >= MAX_ATTEMPTS
    pause = after or timedelta(seconds=_BACKOFF[min(attempts, len(_BACKOFF)) - 1])
    row.update(
        status="dead" if is_last else "failed",
        attempts=attempts,
        error=error[:2000],
        next_attempt_at=now + pause,
    )
    return is_last


def bury(*, pk: int, error: str) -> None:
    """Give an update up at once: no repetition would change the outcome."""
    TelegramUpdate.objects.filter(pk=pk).exclude(status="done").update(
        status="dead", attempts=Greatest(F("attempts"), 1), error=error[:2000]
    )


@transaction.atomic
def claim_due(*, now: datetime, limit: int) -> list[TelegramUpdate]:
    """Take updates whose time has come, oldest first, each under a new lease.

    The attempt is counted here, before anything can go wrong with it: an update that kills its
    process is given up after as many tries as one that merely fails.
    """
    due = TelegramUpdate.objects.filter(status__in=["new", "failed"], next_attempt_at__lte=now)
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    rows = list(due.order_by("next_attempt_at", "pk")[:limit])
    spent = [row.pk for row in rows if row.attempts >= MAX_ATTEMPTS]
    taken = [row for row in rows if row.attempts < MAX_ATTEMPTS]
    TelegramUpdate.objects.filter(pk__in=spent).update(
        status="dead", error="the process died each time it was handled"
    )
    TelegramUpdate.objects.filter(pk__in=[row.pk for row in taken]).update(
        attempts=F("attempts") + 1, next_attempt_at=now + LEASE
    )
    return taken


def prune(*, before: datetime, limit: int) -> int:
    """Forget the oldest handled updates received before a moment; return how many."""
    handled = TelegramUpdate.objects.filter(status="done", received_at__lt=before)
    oldest = list(handled.order_by("pk").values_list("pk", flat=True)[:limit])
    TelegramUpdate.objects.filter(pk__in=oldest).delete()
    return len(oldest)


@transaction.atomic
def replay(*, pk: int, actor: str, now: datetime) -> None:
    """Queue an update that was given up for another round of attempts.

    Raises:
        NotDead: it is not given up, so it needs no replay.
    """
    dead = TelegramUpdate.objects.filter(pk=pk, status="dead")
    if not dead.update(status="failed", attempts=0, next_attempt_at=now):
        raise NotDead(f"update {pk} is not given up")
    record("update.replayed", subject=f"telegram-update:{pk}", actor=actor, at=now)
