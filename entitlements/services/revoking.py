"""Take back what was granted."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from entitlements.errors import SeatIsNotOwn, UnknownGrant
from entitlements.ledger import close_rows, record_grant, settle_line
from entitlements.locking import lock_customers
from entitlements.models import EntitlementType, GiftCode, Grant


@transaction.atomic
def revoke_source(*, source: str, reason: str, actor: str, now: datetime) -> int:
    """End what a source granted, and nothing else; return how many grants that ended.

    Extensions that stood behind it move forward. A gift that the source paid for is withdrawn,
    or revoked where it was redeemed. Safe to repeat: what is revoked stays as it is. Locks the
    holders.
    """
    sources = [source, *_gift_sources(source, now=now)]
    return _revoke(
        lambda: Grant.objects.live().filter(source__in=sources),
        reason=reason,
        actor=actor,
        now=now,
    )


@transaction.atomic
def revoke_entitlement(
    *, customer_id: int, type_id: int, reason: str, actor: str, now: datetime
) -> int:
    """End every grant of one entitlement that a customer holds; return how many that were.

    A seat stays: it is its owner's, who removes the member. Safe to repeat. Locks the customer.
    """
    return _revoke(
        lambda: Grant.objects.live().filter(
            customer_id=customer_id,
            type_id=type_id,
            follows__isnull=True,
            access_until__gt=now,
        ),
        reason=reason,
        actor=actor,
        now=now,
    )


@transaction.atomic
def revoke_grant(*, grant_id: int, reason: str, actor: str, now: datetime) -> int:
    """End one grant; 0 when it was closed already. Locks its holder.

    Raises:
        UnknownGrant: no such grant.
        SeatIsNotOwn: it is a seat, which only its owner gives up.
    """
    grant = Grant.objects.filter(pk=grant_id).first()
    if grant is None:
        raise UnknownGrant(f"no grant {grant_id}", grant_id=grant_id)
    if grant.follows_id is not None:
        raise SeatIsNotOwn(f"grant {grant_id} is a seat", grant_id=grant_id)
    return _revoke(
        lambda: Grant.objects.live().filter(pk=grant_id), reason=reason, actor=actor, now=now
    )


def _gift_sources(source: str, *, now: datetime) -> list[str]:
    """Withdraw the gift a source paid for, if unredeemed; return what it granted otherwise."""
    gifts = GiftCode.objects.filter(source=source)
    # One UPDATE decides between this and a redemption at the same moment.
    gifts.filter(redeemed_at__isnull=True, cancelled_at__isnull=True).update(
        cancelled_at=now, is_cancelled_by_source=True
    )
    return [gift.grant_source for gift in gifts.filter(redeemed_at__isnull=False)]


def _revoke(
    choose: Callable[[], QuerySet[Grant]], *, reason: str, actor: str, now: datetime
) -> int:
    holders = set(choose().values_list("customer_id", flat=True))
    lock_customers(holders)
    # Read again: what the lock waited for may have moved or revoked some of them.
    rows = list(choose().filter(customer_id__in=holders).order_by("pk"))
    closed = close_rows(rows, closing=Grant.Closing.REVOKED, reason=reason, now=now)
    types = EntitlementType.objects.in_bulk({row.type_id for row in rows})
    for row in closed:
        record_grant(
            "grant.revoked", row, type=types[row.type_id], actor=actor, at=now, reason=reason
        )
    for customer_id, type_id in sorted({(row.customer_id, row.type_id) for row in rows}):
        settle_line(customer_id=customer_id, type=types[type_id], actor=actor, now=now)
    return len(rows)
