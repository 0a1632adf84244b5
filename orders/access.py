"""What an order's lines give: ended, shortened, given back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from entitlements.models import Grant
from entitlements.services.extending import shorten_source
from entitlements.services.gifts import reopen_gifts
from entitlements.services.granting import NewGrant, grant_all
from entitlements.services.revoking import revoke_source
from orders.gifts import redeemed_sources
from orders.handing_over import give_delivery_again, take_delivery_back
from orders.models import Order, OrderLine
from shopbot.kernel.money import WHOLE_BPS, half_up


@dataclass(frozen=True, slots=True)
class Access:
    """One entitlement that an order gave and that still runs or waits."""

    source: str
    type_id: int
    level: str
    starts_at: datetime
    ends_at: datetime | None
    # When it ends if this share of the money, in basis points, goes back; see ``shortened``.
    first_starts_at: datetime
    granted_seconds: int | None
    used_seconds: int


def access_of(lines: Iterable[OrderLine], *, at: datetime) -> tuple[Access, ...]:
    """Return what these lines still give at a moment or later, to whomever; three queries."""
    sources = [line.source for line in lines]
    sources += redeemed_sources(sources)
    rows: defaultdict[tuple[str, int], list[Grant]] = defaultdict(list)
    found = Grant.objects.filter(source__in=sources + _restored(sources))
    for grant in found.order_by("source", "type_id", "sequence"):
        rows[grant.source, grant.type_id].append(grant)
    return tuple(
        _access(grants)
        for grants in rows.values()
        if grants[-1].revoked_at is None and grants[-1].access_until > at
    )


def shortened_end(access: Access, *, share_bps: int, now: datetime) -> datetime | None:
    """Return when access ends once this share of its money is back; None: it has no end.

    Always counted from what was granted first, so that two refunds of 10 % are one of 20 %.
    """
    if access.granted_seconds is None or access.ends_at is None:
        return access.ends_at
    left_seconds = half_up(access.granted_seconds * (WHOLE_BPS - share_bps), WHOLE_BPS)
    remaining = timedelta(seconds=max(0, left_seconds - access.used_seconds))
    return min(access.ends_at, max(access.starts_at + remaining, now))


def end_access(*, order: Order, reason: str, actor: str, now: datetime) -> int:
    """End what this order gave, and nothing else; safe to repeat."""
    lines = list(order.lines.all())
    take_delivery_back(lines=lines, actor=actor, now=now)
    sources = [line.source for line in lines]
    return sum(
        revoke_source(source=source, reason=reason, actor=actor, now=now)
        for source in sources + _restored(sources + redeemed_sources(sources))
    )


def shorten_access(
    *, order: Order, share_bps: int, reason: str, actor: str, now: datetime
) -> int:
    """Shorten what this order gave by a share of its time, counted from the first grant."""
    changed = 0
    ends: dict[str, datetime] = {}
    for access in access_of(order.lines.all(), at=now):
        end = shortened_end(access, share_bps=share_bps, now=now)
        if end is not None:
            ends[access.source] = min(end, ends.get(access.source, end))
    for source, end in sorted(ends.items()):
        changed += shorten_source(
            source=source, ends_at=end, actor=actor, now=now, reason=reason
        )
    return changed


def held_by_others(*, order: Order, at: datetime) -> list[tuple[int, str]]:
    """Return who holds something of this order that is not the payer, and by which source."""
    sources = [each.source for each in access_of(order.lines.all(), at=at)]
    held = Grant.objects.live().filter(source__in=sources).exclude(customer=order.customer_id)
    return sorted(set(held.values_list("customer_id", "source")))


def give_back(
    *,
    lines: Sequence[OrderLine],
    because: str,
    key: str,
    actor: str,
    now: datetime,
    kept_bps: int = WHOLE_BPS,
) -> list[Grant]:
    """Give again what one reason ended or shortened, up to where it ended before.

    Whoever held it gets it, and a gift that nobody had opened can be opened again; what staff
    took by hand stays taken. ``kept_bps`` is the share of the time that nothing else took, and
    ``key`` names why (``refund:3``) and makes repeating safe.
    """
    give_delivery_again(lines=lines, actor=actor, now=now)
    sources = [line.source for line in lines]
    reopen_gifts(sources=sources, actor=actor, now=now)
    again: defaultdict[int, list[NewGrant]] = defaultdict(list)
    for source in sources + redeemed_sources(sources):
        for rows in _taken(source, because):
            ends_at = _end_before(rows, kept_bps)
            if ends_at is None or ends_at > max(now, _still_until(rows[-1], now)):
                again[rows[-1].customer_id].append(_again(rows[-1], key=key, ends_at=ends_at))
    given: list[Grant] = []
    for holder_id, grants in sorted(again.items()):
        given += grant_all(customer_id=holder_id, grants=grants, now=now, actor=actor)
    return given


def given_again(*, line: OrderLine, key: str) -> list[str]:
    """Return the sources under which ``give_back`` gave a line again, its key beginning so."""
    again = Grant.objects.filter(source__startswith=f"{line.source}:again:{key}:")
    return sorted(set(again.values_list("source", flat=True)))


def _taken(source: str, because: str) -> list[list[Grant]]:
    """Return the rows of each entitlement that a reason was the last to end, or shortened."""
    by_type: defaultdict[int, list[Grant]] = defaultdict(list)
    for grant in Grant.objects.filter(source=source).order_by("type_id", "sequence"):
        by_type[grant.type_id].append(grant)
    return [rows for rows in by_type.values() if _is_taken(rows, because)]


def _is_taken(rows: Sequence[Grant], because: str) -> bool:
    last = rows[-1]
    if last.revoked_at is not None:
        return last.revoked_reason == because
    shortened = Grant.Closing.SHORTENED
    return any(row.closing == shortened and row.revoked_reason == because for row in rows)


def _again(taken: Grant, *, key: str, ends_at: datetime | None) -> NewGrant:
    return NewGrant(
        type_id=taken.type_id,
        level=taken.level,
        source=f"{taken.source}:again:{key}",
        months=None,
        ends_at=ends_at,
        grace_days=taken.grace_days,
        seats=taken.seats,
        tier_id=taken.tier_id,
    )


def _end_before(rows: Sequence[Grant], kept_bps: int) -> datetime | None:
    """When it ended before anything shortened it, less the share that something else took."""
    ends = [row.ends_at for row in rows]
    if None in ends:
        return None
    whole = max(end for end in ends if end is not None)
    taken = half_up(_seconds(rows[0].starts_at, whole) * (WHOLE_BPS - kept_bps), WHOLE_BPS)
    return whole - timedelta(seconds=taken)


def _still_until(last: Grant, now: datetime) -> datetime:
    """Until when a shortened grant runs without being given again."""
    return now if last.revoked_at is not None or last.ends_at is None else last.ends_at


def _restored(sources: Iterable[str]) -> list[str]:
    found: set[str] = set()
    for source in sources:
        again = Grant.objects.filter(source__startswith=f"{source}:again:")
        found.update(again.values_list("source", flat=True))
    return sorted(found)


def _access(grants: Sequence[Grant]) -> Access:
    first, live = grants[0], grants[-1]
    granted = None if first.ends_at is None else _seconds(first.starts_at, first.ends_at)
    return Access(
        source=live.source,
        type_id=live.type_id,
        level=live.level,
        starts_at=live.starts_at,
        ends_at=live.ends_at,
        first_starts_at=first.starts_at,
        granted_seconds=granted,
        used_seconds=sum(_seconds(row.starts_at, row.access_until) for row in grants[:-1]),
    )


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, (end - start) // timedelta(seconds=1))
