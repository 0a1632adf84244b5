"""Change the end of what was granted."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from entitlements.chain import Stretch
from entitlements.errors import GrantIsClosed, GrantIsForLife, SeatIsNotOwn, UnknownGrant
from entitlements.ledger import (
    close_rows,
    record_grant,
    replace_row,
    settle_line,
    stretch_of,
)
from entitlements.locking import lock_customer, lock_customers
from entitlements.models import EntitlementType, Grant
from entitlements.services.granting import NewGrant, grant_all


@transaction.atomic
def extend(
    *, grant_id: int, days: int, key: str, actor: str, now: datetime, reason: str = ""
) -> Grant:
    """Give days behind a grant as a grant of their own, and return its row.

    A refund of what is extended leaves them whole. They stand behind everything that the
    customer has at that level, with the same grace, seats and privileges. ``key`` makes
    repeating safe. Locks the holder.

    Raises:
        UnknownGrant: no such grant.
        GrantIsClosed: the row was revoked or replaced meanwhile.
        GrantIsForLife: it has no end to move.
        SeatIsNotOwn: it is a seat, which ends with its owner's grant.
        BadEnd: no date lies so far ahead.
    """
    old = _locked_open(grant_id)
    if old.ends_at is None:
        raise GrantIsForLife(f"grant {grant_id} never ends", grant_id=grant_id)
    given = NewGrant(
        type_id=old.type_id,
        level=old.level,
        source=extension_source(grant_id=grant_id, key=key),
        months=None,
        days=days,
        grace_days=old.grace_days,
        seats=old.seats,
        tier_id=old.tier_id,
        note=reason[:200],
    )
    [row] = grant_all(customer_id=old.customer_id, grants=[given], now=now, actor=actor)
    return row


def extension_source(*, grant_id: int, key: str) -> str:
    """Name what staff gave behind a grant; the key tells one extension from the next."""
    return f"staff:{key}:{grant_id}"


def _locked_open(grant_id: int) -> Grant:
    found = Grant.objects.filter(pk=grant_id).values_list("customer_id", flat=True).first()
    if found is None:
        raise UnknownGrant(f"no grant {grant_id}", grant_id=grant_id)
    lock_customer(found)
    grant: Grant = Grant.objects.select_related("type").get(pk=grant_id)
    if grant.follows_id is not None:
        raise SeatIsNotOwn(f"grant {grant_id} is a seat", grant_id=grant_id)
    if not grant.is_live:
        raise GrantIsClosed(f"grant {grant_id} was closed", grant_id=grant_id)
    return grant


@transaction.atomic
def shorten_source(
    *, source: str, ends_at: datetime, actor: str, now: datetime, reason: str = ""
) -> int:
    """Let what a source granted end at a moment; return how many grants that changed.

    What ends before stays; an end that lies behind ends it now. Extensions that stood behind it
    move forward. Safe to repeat. Locks the holders.
    """
    live = Grant.objects.live().filter(source=source)
    lock_customers(set(live.values_list("customer_id", flat=True)))
    rows = [
        row
        for row in live.select_related("type").order_by("pk")
        if row.ends_at is None or row.ends_at > max(ends_at, now)
    ]
    types: dict[tuple[int, int], EntitlementType] = {}
    for row in rows:
        types[row.customer_id, row.type_id] = row.type
        _shorten(row, ends_at, reason=reason, actor=actor, now=now)
    for (customer_id, _), type in sorted(types.items(), key=lambda each: each[0]):
        settle_line(customer_id=customer_id, type=type, actor=actor, now=now)
    return len(rows)


def _shorten(row: Grant, ends_at: datetime, *, reason: str, actor: str, now: datetime) -> None:
    if ends_at <= max(now, row.starts_at):
        closed = close_rows([row], closing=Grant.Closing.REVOKED, reason=reason, now=now)
        for each in closed:
            record_grant(
                "grant.revoked", each, type=row.type, actor=actor, at=now, reason=reason
            )
        return
    new = replace_row(
        row,
        _until(stretch_of(row), ends_at, now=now),
        closing=Grant.Closing.SHORTENED,
        reason=reason,
        now=now,
    )
    record_grant("grant.shortened", new, type=row.type, actor=actor, at=now, reason=reason)


def _until(stretch: Stretch, ends_at: datetime, *, now: datetime) -> Stretch:
    """Return the rest of a stretch with another end; what has run stays in the old row."""
    return replace(
        stretch,
        starts_at=max(stretch.starts_at, now),
        ends_at=ends_at,
        months=None,
        months_from_anchor=None,
    )
