"""What is the unused time of a lower tier worth to somebody who upgrades?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from catalog.levels import RANK
from catalog.models import ProductTier
from catalog.snapshot import TierView, catalog_snapshot
from entitlements.models import Grant
from orders.models import Dispute, Order, OrderLine, UpgradeCredit
from shopbot.kernel.money import Money


@dataclass(frozen=True, slots=True)
class CreditPart:
    """The unused time of one earlier purchase, as money."""

    line_id: int
    amount: Money
    unused_seconds: int
    total_seconds: int
    access_ends_at: datetime
    computed_at: datetime


def credit_moment(now: datetime) -> datetime:
    """Return the moment up to which time counts as used: the last full quote period.

    A quote must hold as long as it is promised, and what is unused falls by the second; so it
    is counted, to the second, at moments that lie one promise apart.
    """
    period = int(settings.QUOTE_TTL_MINUTES) * 60
    return datetime.fromtimestamp(int(now.timestamp()) // period * period, tz=UTC)


def moment_before(now: datetime) -> datetime:
    """Return the moment of the period before, whose quotes are still promised."""
    return credit_moment(now) - timedelta(minutes=settings.QUOTE_TTL_MINUTES)


def unused_parts(
    *, customer_id: int, tier_id: int, at: datetime, instead_of: int | None = None
) -> tuple[CreditPart, ...]:
    """Return what the customer's lower tiers of the same product are still worth.

    Nothing for what was refunded, is disputed, never ends, or already makes another order
    cheaper, but for the one that would be replaced. All parts are of one currency. Three
    queries, one when nothing was bought.
    """
    tier = _tier(tier_id)
    if tier is None or not tier.is_monthly:
        return ()
    lines = {line.source: line for line in _lower_lines(customer_id, tier, instead_of)}
    if not lines:
        return ()
    times = _times(lines, at)
    if not times:
        return ()
    earlier = _earlier_credit(line.order_id for line in lines.values())
    parts = [
        part
        for source, time in sorted(times.items())
        if (part := _part(lines[source], time, earlier, at))
    ]
    return tuple(part for part in parts if part.amount.currency == parts[0].amount.currency)


def credit_total(parts: Sequence[CreditPart]) -> Money | None:
    """Add parts up; None for none."""
    if not parts:
        return None
    return sum((part.amount for part in parts[1:]), start=parts[0].amount)


def has_lost_credit(*, order: Order) -> bool:
    """Whether money that made a waiting order cheaper went back since, or is disputed.

    One query for an order without credit.
    """
    held = order.upgrade_credits.filter(status=UpgradeCredit.Status.HELD)
    return any(_is_lost(credit) for credit in held.select_related("line__order"))


def _is_lost(credit: UpgradeCredit) -> bool:
    earlier = credit.line.order
    taken = [Dispute.Status.OPEN, Dispute.Status.LOST]
    if Dispute.objects.filter(payment__order=earlier, status__in=taken).exists():
        return True
    value = _value(earlier, _earlier_credit([earlier.pk]))
    return value.minor * credit.unused_seconds // credit.total_seconds < credit.amount_minor


@dataclass(frozen=True, slots=True)
class _Time:
    unused_seconds: int
    total_seconds: int
    ends_at: datetime


def _tier(tier_id: int) -> TierView | None:
    try:
        return catalog_snapshot().tier(tier_id)
    except KeyError:
        return None


def _lower_lines(customer_id: int, tier: TierView, instead_of: int | None) -> list[OrderLine]:
    lower = [level for level, rank in RANK.items() if rank < tier.rank]
    bought = OrderLine.objects.filter(
        order__customer_id=customer_id,
        order__status__in=[Order.Status.FULFILLED, Order.Status.PARTIALLY_REFUNDED],
        order__is_disputed=False,
        tier__product_id=tier.product_id,
        level__in=lower,
        billing_period=ProductTier.BillingPeriod.MONTH,
    )
    # What still renews changes its plan instead, or is stopped first.
    bought = bought.exclude(order__subscription__will_renew=True)
    taken = UpgradeCredit.objects.exclude(status=UpgradeCredit.Status.RELEASED)
    taken = taken.exclude(order=instead_of, status=UpgradeCredit.Status.HELD)
    free = bought.exclude(pk__in=taken.values("line_id"))
    return list(free.select_related("order").order_by("pk"))


def _times(sources: Iterable[str], at: datetime) -> dict[str, _Time]:
    """Measure each source that still runs, along the first entitlement that it gave."""
    rows: defaultdict[str, list[Grant]] = defaultdict(list)
    for grant in Grant.objects.filter(source__in=list(sources)).order_by("type_id", "sequence"):
        kept = rows[grant.source]
        if not kept or kept[0].type_id == grant.type_id:
            kept.append(grant)
    measured = {source: _measure(grants, at) for source, grants in rows.items()}
    return {source: time for source, time in measured.items() if time is not None}


def _measure(grants: Sequence[Grant], at: datetime) -> _Time | None:
    live = grants[-1]
    if live.revoked_at is not None or live.ends_at is None or live.ends_at <= at:
        return None
    run = sum(_seconds(row.starts_at, row.access_until) for row in grants[:-1])
    return _Time(
        unused_seconds=_seconds(max(live.starts_at, at), live.ends_at),
        total_seconds=run + _seconds(live.starts_at, live.ends_at),
        ends_at=live.ends_at,
    )


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, (end - start) // timedelta(seconds=1))


def _earlier_credit(order_ids: Iterable[int]) -> dict[int, Money]:
    """What earlier upgrades put into these orders beside the money."""
    used = UpgradeCredit.objects.filter(
        order_id__in=list(order_ids), status=UpgradeCredit.Status.USED
    )
    found: dict[int, Money] = {}
    for credit in used:
        amount = found.get(credit.order_id, Money.zero(credit.currency))
        if amount.currency == credit.currency:
            found[credit.order_id] = amount + credit.amount
    return found


def _value(order: Order, earlier: dict[int, Money]) -> Money:
    """What was put into an order and is still here."""
    value = order.paid - order.refunded + order.paid_by_card
    before = earlier.get(order.pk)
    return value + before if before and before.currency == value.currency else value


def _part(
    line: OrderLine, time: _Time, earlier: dict[int, Money], at: datetime
) -> CreditPart | None:
    value = _value(line.order, earlier)
    amount = Money(value.minor * time.unused_seconds // time.total_seconds, value.currency)
    if amount.minor <= 0 or time.unused_seconds <= 0:
        return None
    return CreditPart(
        line_id=line.pk,
        amount=amount,
        unused_seconds=time.unused_seconds,
        total_seconds=time.total_seconds,
        access_ends_at=time.ends_at,
        computed_at=at,
    )
