"""Change the end of what was granted."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from entitlements.chain import Stretch
from entitlements.errors import (
    BadEnd,
    GrantIsClosed,
    GrantIsForLife,
    SeatIsNotOwn,
    UnknownGrant,
)
from entitlements.ledger import (
    close_rows,
    record_grant,
    replace_row,
    settle_line,
    stretch_of,
)
from entitlements.locking import lock_customer, lock_customers
from entitlements.models import LATEST_END, EntitlementType, Grant


@transaction.atomic
def extend(
    *,
    grant_id: int,
    actor: str,
    now: datetime,
    ends_at: datetime | None = None,
    days: int | None = None,
    reason: str = "",
) -> Grant:
    """Let a grant end later, and return the row that now stands for it.

    Give either the new end or the days to add to the old one. What waits behind it moves back.
    A repeated call is refused: it names a row that the first one closed. Locks the holder.

    Raises:
        UnknownGrant: no such grant.
        GrantIsClosed: the row was revoked or replaced meanwhile.
        GrantIsForLife: it has no end to move.
        SeatIsNotOwn: it is a seat, which ends with its owner's grant.
        BadEnd: the new end is not after the old one and after ``now``.
    """
    if (ends_at is None) == (days is None):
        raise ValueError("give either the new end or the days to add")
    old = _locked_open(grant_id)
    if old.ends_at is None:
        raise GrantIsForLife(f"grant {grant_id} never ends", grant_id=grant_id)
    end = ends_at if ends_at is not None else old.ends_at + timedelta(days=days or 0)
    if not max(now, old.ends_at) < end <= LATEST_END:
        raise BadEnd("the new end must lie after the old one and after now")
    new = replace_row(
        old,
        _until(stretch_of(old), end, now=now),
        closing=Grant.Closing.EXTENDED,
        reason=reason,
        now=now,
    )
    type = old.type
    record_grant("grant.extended", new, type=type, actor=actor, at=now, reason=reason)
    moved = settle_line(customer_id=old.customer_id, type=type, actor=actor, now=now)
    return moved.get(new.pk, new)


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
