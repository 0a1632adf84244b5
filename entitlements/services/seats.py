"""Let the owner of seats share an entitlement with others.

What members hold mirrors the owner's grants, so all of it changes under the owner's lock alone.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from entitlements.errors import (
    InviteIsOver,
    InviteIsOwn,
    InviteIsUsed,
    NoSeats,
    SeatsAreTaken,
    UnknownInvite,
)
from entitlements.ledger import close_rows, mirror_seats, record_grant
from entitlements.locking import lock_customer
from entitlements.models import Grant, SeatInvite, SeatPool
from shopbot.kernel.events import record

#: How long an invitation's link can be accepted.
INVITE_DAYS = 14
#: Why a member's grant was revoked, for those who tell members of it in other words.
SEAT_REMOVED = "seat removed"


@transaction.atomic
def invite_to_seat(*, owner_id: int, pool_id: int, now: datetime) -> SeatInvite:
    """Make a link by which one person takes one seat. Locks the owner.

    Links may outnumber the seats that are left: a seat is taken when a link is accepted.

    Raises:
        NoSeats: the pool is not the customer's, or has no seats now.
    """
    lock_customer(owner_id)
    pool = SeatPool.objects.filter(pk=pool_id, owner_id=owner_id).first()
    if pool is None or not _running(pool, now):
        raise NoSeats(f"customer {owner_id} has no seats in pool {pool_id}", pool_id=pool_id)
    invite = SeatInvite.objects.create(
        pool=pool, invited_at=now, expires_at=now + timedelta(days=INVITE_DAYS)
    )
    _record("seat.invited", invite, pool, actor=f"customer:{owner_id}", now=now)
    return invite


@transaction.atomic
def accept_seat(*, code: str, customer_id: int, now: datetime) -> list[Grant]:
    """Take the seat of an invitation and return what it gives. Locks the owner.

    Safe to repeat by who took it.

    Raises:
        UnknownInvite: no invitation has this code, or it was withdrawn.
        InviteIsUsed: somebody else took the seat.
        InviteIsOver: it was not accepted in time.
        InviteIsOwn: the customer is the owner of the seats.
        NoSeats: the owner's access is over.
        SeatsAreTaken: every seat has its member.
    """
    found = SeatInvite.objects.select_related("pool").filter(code=code).first()
    if found is None:
        raise UnknownInvite("no invitation has this code")
    pool = found.pool
    lock_customer(pool.owner_id)
    invite = SeatInvite.objects.get(pk=found.pk)
    if invite.member_id == customer_id and invite.removed_at is None:
        return _mirrors(pool, customer_id)
    already = _taken(pool).filter(member_id=customer_id)
    if already.exists() and invite.member_id is None:
        return _mirrors(pool, customer_id)
    _check_acceptable(invite, pool, customer_id, now)
    running = _running(pool, now)
    if not running:
        raise NoSeats(f"pool {pool.pk} has no seats now", pool_id=pool.pk)
    if _taken(pool).count() >= max(grant.seats for grant in running):
        raise SeatsAreTaken(f"pool {pool.pk} is full", pool_id=pool.pk)
    invite.member_id, invite.accepted_at = customer_id, now
    invite.save(update_fields=["member_id", "accepted_at"])
    actor = f"customer:{customer_id}"
    _record("seat.accepted", invite, pool, actor=actor, now=now)
    _fill(pool, actor=actor, now=now)
    return _mirrors(pool, customer_id)


def _check_acceptable(
    invite: SeatInvite, pool: SeatPool, customer_id: int, now: datetime
) -> None:
    if invite.member_id is not None and invite.member_id != customer_id:
        raise InviteIsUsed(f"seat {invite.pk} is taken", seat_id=invite.pk)
    if invite.removed_at is not None:
        raise UnknownInvite(f"seat {invite.pk} was withdrawn", seat_id=invite.pk)
    if customer_id == pool.owner_id:
        raise InviteIsOwn("the owner needs no seat", seat_id=invite.pk)
    if invite.expires_at <= now:
        raise InviteIsOver(f"seat {invite.pk} was not taken in time", seat_id=invite.pk)


@transaction.atomic
def remove_seat(*, owner_id: int, seat_id: int, actor: str, now: datetime) -> bool:
    """Withdraw a link, or end a member's access; False when that was done before.

    Whoever was waiting for a seat, because the owner renewed fewer, moves up. Locks the owner.

    Raises:
        UnknownInvite: the owner has no such seat.
    """
    lock_customer(owner_id)
    invite = (
        SeatInvite.objects.select_related("pool")
        .filter(pk=seat_id, pool__owner_id=owner_id)
        .first()
    )
    if invite is None:
        raise UnknownInvite(f"customer {owner_id} has no seat {seat_id}", seat_id=seat_id)
    if invite.removed_at is not None:
        return False
    invite.removed_at = now
    invite.save(update_fields=["removed_at"])
    pool = invite.pool
    _record("seat.removed", invite, pool, actor=actor, now=now)
    if invite.member_id is not None:
        _end(pool, invite.member_id, actor=actor, now=now)
        _fill(pool, actor=actor, now=now)
    return True


def _end(pool: SeatPool, member_id: int, *, actor: str, now: datetime) -> None:
    mirrors = list(_live_mirrors(pool).filter(customer_id=member_id))
    close_rows(mirrors, closing=Grant.Closing.REVOKED, reason=SEAT_REMOVED, now=now)
    for grant in mirrors:
        record_grant(
            "grant.revoked", grant, type=pool.type, actor=actor, at=now, reason=SEAT_REMOVED
        )


def _fill(pool: SeatPool, *, actor: str, now: datetime) -> None:
    for grant in mirror_seats(pool=pool, grants=_owned(pool, now), now=now):
        record_grant("grant.granted", grant, type=pool.type, actor=actor, at=now, months=None)


def _owned(pool: SeatPool, now: datetime) -> list[Grant]:
    """Return the owner's live grants with seats that are not over, waiting ones included."""
    own = Grant.objects.live().filter(
        customer_id=pool.owner_id, type_id=pool.type_id, level=pool.level, seats__gt=0
    )
    not_over = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    return list(own.filter(not_over).order_by("starts_at", "pk"))


def _running(pool: SeatPool, now: datetime) -> list[Grant]:
    return [grant for grant in _owned(pool, now) if grant.starts_at <= now]


def _taken(pool: SeatPool) -> QuerySet[SeatInvite]:
    return SeatInvite.objects.filter(
        pool=pool, accepted_at__isnull=False, removed_at__isnull=True
    )


def _live_mirrors(pool: SeatPool) -> QuerySet[Grant]:
    return Grant.objects.live().filter(
        follows__customer_id=pool.owner_id, type_id=pool.type_id, level=pool.level
    )


def _mirrors(pool: SeatPool, member_id: int) -> list[Grant]:
    mirrors = _live_mirrors(pool).filter(customer_id=member_id)
    return list(mirrors.order_by("starts_at", "pk"))


def _record(
    kind: str, invite: SeatInvite, pool: SeatPool, *, actor: str, now: datetime
) -> None:
    record(
        kind,
        subject=f"seat:{invite.pk}",
        actor=actor,
        at=now,
        customer_id=pool.owner_id,
        member_id=invite.member_id,
        pool_id=pool.pk,
    )
