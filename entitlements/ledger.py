"""How is a change of access written? Rows are closed and appended here, and nowhere else.

Every function expects the holder's customer row to be locked by the caller.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from entitlements.chain import Stretch, lay_out
from entitlements.models import FOREVER, EntitlementType, Grant, SeatInvite, SeatPool
from entitlements.notices import DueGrant, next_notice_at
from shopbot.kernel.events import Draft, record_all

#: The longest grace that a tier can have; older rows cannot be continued any more.
LONGEST_GRACE = timedelta(days=365)


def own_line(*, customer_id: int, type_id: int, now: datetime) -> list[Grant]:
    """Return the live grants that decide where the next one goes; seats do not."""
    live = Grant.objects.live().filter(customer_id=customer_id, type_id=type_id)
    recent = live.filter(follows__isnull=True, access_until__gt=now - LONGEST_GRACE)
    return list(recent.order_by("starts_at", "pk"))


def stretch_of(grant: Grant) -> Stretch:
    """Return a grant as the planner sees it."""
    return Stretch(
        key=grant.pk or 0,
        rank=grant.rank,
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
        grace_days=grant.grace_days,
        anchor_at=grant.anchor_at,
        months=grant.months,
        months_from_anchor=grant.months_from_anchor,
    )


def set_stretch(grant: Grant, stretch: Stretch) -> None:
    """Give an unwritten grant the dates that were planned for it."""
    grant.starts_at, grant.ends_at = stretch.starts_at, stretch.ends_at
    grant.anchor_at, grant.months = stretch.anchor_at, stretch.months
    grant.months_from_anchor = stretch.months_from_anchor


def append_row(grant: Grant, *, now: datetime) -> Grant:
    """Write a new row, and a mirror of it for each member of its seats."""
    grace = timedelta(days=grant.grace_days)
    grant.access_until = FOREVER if grant.ends_at is None else grant.ends_at + grace
    grant.next_notice_at = next_notice_at(grant, after=now)
    grant.save(force_insert=True)
    if grant.seats and grant.follows_id is None:
        _seat_members(grant, now=now)
    return grant


def close_rows(
    grants: Iterable[Grant], *, closing: Grant.Closing, reason: str, now: datetime
) -> list[Grant]:
    """Close live rows, and the seats that mirror them, at this moment; return them all."""
    rows = list(grants)
    owned = [grant.pk for grant in rows if grant.seats]
    if owned:
        rows.extend(Grant.objects.live().filter(follows_id__in=owned).order_by("pk"))
    for row in rows:
        row.revoked_at, row.closing = now, closing
        row.revoked_reason, row.next_notice_at = reason[:200], None
        row.access_until = min(row.access_until, now)
    fields = ["revoked_at", "closing", "revoked_reason", "next_notice_at", "access_until"]
    Grant.objects.bulk_update(rows, fields)
    return rows


def replace_row(
    old: Grant, stretch: Stretch, *, closing: Grant.Closing, reason: str, now: datetime
) -> Grant:
    """Close a row and write the next one of its source with other dates."""
    close_rows([old], closing=closing, reason=reason, now=now)
    return _follow_up(old, stretch, now=now)


def _follow_up(old: Grant, stretch: Stretch, *, now: datetime) -> Grant:
    new = Grant(
        customer_id=old.customer_id,
        type_id=old.type_id,
        level=old.level,
        source=old.source,
        sequence=old.sequence + 1,
        tier_id=old.tier_id,
        grace_days=old.grace_days,
        seats=old.seats,
        granted_at=old.granted_at,
        note=old.note,
    )
    set_stretch(new, stretch)
    return append_row(new, now=now)


def settle_line(
    *, customer_id: int, type: EntitlementType, actor: str, now: datetime
) -> dict[int, Grant]:
    """Move what waits to where it now belongs; return the new rows by the old rows' ids.

    Safe to repeat: a line that is in order is left alone.
    """
    standing = own_line(customer_id=customer_id, type_id=type.pk, now=now)
    rows = {grant.pk: grant for grant in standing}
    line = [stretch_of(grant) for grant in rows.values()]
    moves = [
        planned
        for planned in lay_out(line, now=now, defers=type.defers)
        if not _stays(rows[planned.key], planned)
    ]
    # All are closed before any is written, so that no two live rows ever overlap.
    for closing in (Grant.Closing.DEFERRED, Grant.Closing.MOVED):
        concerned = [rows[each.key] for each in moves]
        due = [grant for grant in concerned if _closing(grant, now) == closing]
        close_rows(due, closing=closing, reason="", now=now)
    replaced: dict[int, Grant] = {}
    for planned in moves:
        old = rows[planned.key]
        new = replaced[old.pk] = _follow_up(old, planned, now=now)
        record_grant("grant.moved", new, type=type, actor=actor, at=now, why=old.closing)
    return replaced


def _stays(grant: Grant, planned: Stretch) -> bool:
    return (grant.starts_at, grant.ends_at) == (planned.starts_at, planned.ends_at)


def _closing(old: Grant, now: datetime) -> Grant.Closing:
    return Grant.Closing.DEFERRED if old.starts_at <= now else Grant.Closing.MOVED


def record_grant(
    kind: str, grant: Grant, *, type: EntitlementType, actor: str, at: datetime, **more: object
) -> None:
    """Record an event about a grant with what a reader of it needs to know."""
    record_all([draft_grant(kind, grant, code=type.code, actor=actor, at=at, **more)])


def draft_grant(
    kind: str, grant: Grant | DueGrant, *, code: str, actor: str, at: datetime, **more: object
) -> Draft:
    """Return that event unwritten, for many to be recorded at once."""
    return Draft(
        kind=kind,
        subject=f"grant:{grant.pk}",
        actor=actor,
        customer_id=grant.customer_id,
        happened_at=at,
        data={
            "code": code,
            "level": grant.level,
            "source": grant.source,
            "starts_at": grant.starts_at.isoformat(),
            "ends_at": None if grant.ends_at is None else grant.ends_at.isoformat(),
            "grace_days": grant.grace_days,
            "is_seat": grant.follows_id is not None,
            **more,
        },
    )


def _seat_members(grant: Grant, *, now: datetime) -> None:
    pool, _ = SeatPool.objects.get_or_create(
        owner_id=grant.customer_id,
        type_id=grant.type_id,
        level=grant.level,
        defaults={"created_at": now},
    )
    for mirror in mirror_seats(pool=pool, grants=[grant], now=now):
        # Who holds a seat hears of what changes it, as do programs and chats.
        record_grant("grant.mirrored", mirror, type=grant.type, actor=grant.source, at=now)


def mirror_seats(*, pool: SeatPool, grants: Sequence[Grant], now: datetime) -> list[Grant]:
    """Write the missing mirrors of an owner's grants for the members of a pool.

    Members who came first come first where a grant has fewer seats than there are members. What
    is in grace takes nobody in.
    Expects the owner's row to be locked: mirrors are the owner's to change.
    """
    taken = SeatInvite.objects.filter(
        pool=pool, accepted_at__isnull=False, removed_at__isnull=True
    )
    members = list(taken.order_by("accepted_at", "pk"))
    written = []
    for grant in grants:
        if grant.ends_at is not None and grant.ends_at <= now:
            continue
        mirrored = set(
            Grant.objects.live().filter(follows=grant).values_list("customer_id", flat=True)
        )
        for seat in members[: grant.seats]:
            if seat.member_id is not None and seat.member_id not in mirrored:
                written.append(_mirror(grant, seat.pk, seat.member_id, now=now))
    return written


def _mirror(grant: Grant, seat_id: int, member_id: int, *, now: datetime) -> Grant:
    source = f"seat:{seat_id}:{grant.pk}"
    earlier = Grant.objects.filter(source=source, type_id=grant.type_id)
    last = earlier.aggregate(last=Max("sequence"))["last"]
    return append_row(
        Grant(
            customer_id=member_id,
            type_id=grant.type_id,
            level=grant.level,
            source=source,
            sequence=0 if last is None else last + 1,
            tier_id=grant.tier_id,
            starts_at=max(grant.starts_at, now),
            ends_at=grant.ends_at,
            # The owner's cycle: a seat taken anew must not open a new amount.
            anchor_at=grant.anchor_at,
            grace_days=grant.grace_days,
            follows=grant,
            granted_at=now,
        ),
        now=now,
    )
