"""Where is an update kept until its effects are written?

One statement stores those that came at once, refuses repeats, and reads what nearly every
screen needs: the versions of catalog, prices and commands, the customer's row, what the chat
was asked to type.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from customers.models import Customer
from orders.models import Order
from orders.quoting import with_purchases
from shopbot.kernel.events import record
from shopbot.kernel.models import DataVersion
from shopbot.kernel.queues import skipping_locked
from shopbot.kernel.statements import fetch_all
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

_COLUMNS: Final = """
    (bot_id, update_id, body, kind, chat_id, user_id,
     status, attempts, error, received_at, next_attempt_at)
"""

_INSERT_ONE: Final = f"""
    INSERT INTO telegram_bot_telegramupdate {_COLUMNS}
    VALUES (%s, %s, %s, %s, %s, %s, 'new', 0, '', %s, %s)
    ON CONFLICT (bot_id, update_id) DO NOTHING
    RETURNING id
"""  # noqa: S608  (constants of this module only)

_PAID_STATES: Final = ", ".join(f"'{status.value}'" for status in Order.PAID_STATES)

#: In the order of their numbers, so that two processes that were sent the same updates wait for
#: each other in one order. One JSON value is cheaper to send than seven arrays.
_STORE_AND_READ: Final = f"""
    WITH letter AS (
        SELECT * FROM json_to_recordset(%s::json) AS letter(
            place int, bot_id bigint, update_id bigint, body text, kind text, chat_id bigint,
            user_id bigint, received_at timestamptz, leased_until timestamptz)
    ), stored AS (
        INSERT INTO telegram_bot_telegramupdate {_COLUMNS}
        SELECT bot_id, update_id, body, kind, chat_id, user_id,
               'new', 0, '', received_at, leased_until
        FROM letter ORDER BY bot_id, update_id
        ON CONFLICT (bot_id, update_id) DO NOTHING
        RETURNING id, bot_id, update_id
    )
    SELECT stored.id,
           (SELECT number FROM kernel_dataversion WHERE name = 'catalog'),
           (SELECT number FROM kernel_dataversion WHERE name = 'pricing'),
           (SELECT number FROM kernel_dataversion WHERE name = 'telegram'),
           customer.id, customer.username, customer.first_name, customer.last_name,
           customer.telegram_language, customer.language, customer.region,
           customer.referrer_id, customer.referral_code, customer.blocked_bot_at,
           customer.last_seen_at,
           EXISTS (SELECT 1 FROM orders_order AS bought WHERE bought.customer_id = customer.id
                   AND bought.status IN ({_PAID_STATES})),
           (SELECT waiting.id FROM orders_order AS waiting
            WHERE waiting.customer_id = customer.id
              AND waiting.status = 'pending' AND waiting.holds_first_purchase),
           talk.step, talk.promo_code, talk.updated_at
    FROM letter
    LEFT JOIN stored USING (bot_id, update_id)
    LEFT JOIN customers_customer AS customer ON customer.telegram_id = letter.user_id
    LEFT JOIN telegram_bot_conversation AS talk
        ON talk.bot_id = letter.bot_id AND talk.chat_id = letter.chat_id
    ORDER BY letter.place
"""  # noqa: S608  (constants of this module only)


class Letter(NamedTuple):
    """An update as it came in, to be kept."""

    bot_id: int
    envelope: Envelope
    body: bytes
    received_at: datetime


#: The setting holds until this statement's own commit.
_MARK_DONE: Final = """
    WITH hurried AS (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE telegram_bot_telegramupdate SET status = 'done', done_at = %s, error = ''
    FROM hurried
    WHERE id = ANY(%s) AND status <> 'done'
    RETURNING id
"""


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
    first_purchase_held_by: int | None


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


def store(letters: Sequence[Letter]) -> list[Stored]:
    """Keep updates for good, all or none, and read what the handling of each will need.

    Idempotent by ``(bot_id, update_id)``; of two equal ones the first is stored. One statement
    on PostgreSQL however many they are, three for each on SQLite; one commit on both.

    Raises:
        DatabaseError: they could not be kept; nothing else may be answered than "try again".
    """
    if connection.vendor != "postgresql":
        return _store_in_steps(letters)
    records = [_record_of(place, letter) for place, letter in enumerate(letters)]
    rows = fetch_all(_STORE_AND_READ, (orjson.dumps(records).decode(),))
    taken: set[int | None] = set()
    found = []
    for row in rows:
        found.append(_stored(row, pk=None if row[0] in taken else row[0]))
        taken.add(row[0])
    return found


def _record_of(place: int, letter: Letter) -> dict[str, object]:
    envelope = letter.envelope
    return {
        "place": place,
        "bot_id": letter.bot_id,
        "update_id": envelope.update_id,
        "body": letter.body.decode(),
        "kind": envelope.kind,
        "chat_id": envelope.chat_id,
        "user_id": envelope.user_id,
        "received_at": letter.received_at,
        "leased_until": letter.received_at + LEASE,
    }


def _stored(row: tuple[Any, ...], *, pk: int | None) -> Stored:
    return Stored(
        pk,
        row[1] or 0,
        row[2] or 0,
        row[3] or 0,
        customer=CustomerRow(*row[4:-3]) if row[4] is not None else None,
        talk=TalkRow(*row[-3:]) if row[-3] is not None else None,
    )


@transaction.atomic
def _store_in_steps(letters: Sequence[Letter]) -> list[Stored]:
    found = []
    for letter in letters:
        _place, *values = _record_of(0, letter).values()
        stored = fetch_all(_INSERT_ONE, values)
        pk = stored[0][0] if stored else None
        found.append(_read(pk, letter.bot_id, letter.envelope))
    return found


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
    known = with_purchases(Customer.objects.filter(telegram_id=telegram_id))
    row = known.values_list(*CustomerRow._fields).first()
    return CustomerRow(*row) if row else None


def mark_done(*, pks: list[int], now: datetime) -> int:
    """Note that updates were handled; return how many were not so marked before.

    Not flushed to disk before returning: a lost mark only repeats idempotent work.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        return len(fetch_all(_MARK_DONE, (now, pks)))
    waiting = TelegramUpdate.objects.filter(pk__in=pks).exclude(status="done")
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
    rows = list(skipping_locked(due).order_by("next_attempt_at", "pk")[:limit])
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
    handled = TelegramUpdate.objects.filter(status="done")
    oldest = handled.filter(received_at__lt=before)
    # Numbers rise with time. Without a last one, who looks for the old ones reads every row.
    for last in handled.order_by("pk").values_list("pk", flat=True)[limit - 1 : limit]:
        oldest = oldest.filter(pk__lte=last)
    return oldest.delete()[0]


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
