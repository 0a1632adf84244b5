"""What affiliates earn: written when an order is paid, taken back with a refund, paid out."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Sum

from customers.models import Customer
from pricing.errors import AlreadyDecided, ReasonMissing, UnknownRow
from pricing.models import (
    Affiliate,
    AffiliateClicks,
    AffiliateProgram,
    AffiliateVisitor,
    CommissionEntry,
    Payout,
)
from shopbot.kernel.events import record
from shopbot.kernel.money import Money

Kind = CommissionEntry.Kind


@transaction.atomic
def earn_commission(
    *, affiliate_customer_id: int, holder: str, base: Money, now: datetime
) -> Money:
    """Write what an affiliate earns for a paid order; return it, zero where nothing is earned.

    ``base`` is what the customer paid. Safe to repeat: a holder (such as ``order:17``) earns
    once. The commission counts for a payout after the program's hold.
    """
    program = AffiliateProgram.objects.first() or AffiliateProgram()
    own = Affiliate.objects.filter(customer=affiliate_customer_id).first()
    nothing = Money.zero(base.currency)
    if not program.is_active or (own is not None and not own.is_active):
        return nothing
    bps = program.commission_bps
    if own is not None and own.commission_bps is not None:
        bps = own.commission_bps
    amount = base.share(bps)
    if amount.minor <= 0:
        return nothing
    written = CommissionEntry.objects.filter(holder=holder, kind=Kind.EARNED).first()
    if written is not None:
        return Money(written.amount_minor, written.currency)
    matures_at = now + timedelta(days=program.hold_days)
    _write(affiliate_customer_id, Kind.EARNED, holder, amount, matures_at, now)
    _tell("commission.earned", affiliate_customer_id, holder, amount, now)
    return amount


@transaction.atomic
def reverse_commission(*, holder: str, share_bps: int = 10_000, now: datetime) -> Money:
    """Bring what was taken back of a commission to ``share_bps``; return what was taken now.

    The share is absolute: after half an order is refunded, call with 5000, after all of it with
    10000, and with 0 once that refund failed at the bank. So repeating a call changes nothing,
    and a lower share than before gives back; then what is returned is below zero.

    Raises:
        ValueError: a share outside of 0 to 10 000 basis points.
    """
    if not 0 <= share_bps <= 10_000:
        raise ValueError("a share lies between 0 and 10 000 basis points")
    # Of two refunds of one order at once, the second waits here. It looks for reversals in a
    # statement of its own: this one would not see rows that were written while it waited.
    locked = CommissionEntry.objects.select_for_update().filter(holder=holder, kind=Kind.EARNED)
    earned = locked.first()
    if earned is None:
        return Money.zero("USD")
    reversals = CommissionEntry.objects.filter(
        holder=holder, kind__in=[Kind.REVERSED, Kind.RESTORED]
    )
    taken = reversals.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    whole = Money(earned.amount_minor, earned.currency)
    more = whole.share(share_bps) + Money(taken, earned.currency)
    if not more.minor:
        return more
    kind = Kind.REVERSED if more.minor > 0 else Kind.RESTORED
    _write(earned.customer_id, kind, holder, -more, earned.matures_at, now)
    told = Money(abs(more.minor), more.currency)
    _tell(f"commission.{kind}", earned.customer_id, holder, told, now)
    return more


@transaction.atomic
def count_click(*, code: str, visitor_id: int, now: datetime) -> bool:
    """Count the opening of an affiliate's link; True if it counts.

    Each visitor counts once for an affiliate, and nobody counts for a link of their own.
    """
    owner = Customer.objects.filter(referral_code=code).exclude(pk=visitor_id).first()
    if owner is None:
        return False
    _, is_first = AffiliateVisitor.objects.get_or_create(
        customer_id=owner.pk, visitor_id=visitor_id
    )
    if is_first:
        today = {"customer_id": owner.pk, "day": now.date()}
        AffiliateClicks.objects.bulk_create([AffiliateClicks(**today)], ignore_conflicts=True)
        AffiliateClicks.objects.filter(**today).update(clicks=F("clicks") + 1)
    return is_first


def open_payouts(*, actor: str, now: datetime) -> list[Payout]:
    """Put on the payout list what every affiliate is owed and may have by now.

    An affiliate with an open payout in a currency waits until that one is settled.
    """
    ripe = CommissionEntry.objects.filter(matures_at__lte=now)
    owed = ripe.values("customer_id", "currency").annotate(sum=Sum("amount_minor"))
    accounts = owed.filter(sum__gt=0).order_by("customer_id", "currency")
    opened = [
        _open_payout(customer_id, currency, actor, now)
        for customer_id, currency in accounts.values_list("customer_id", "currency")
    ]
    return [payout for payout in opened if payout is not None]


@transaction.atomic
def mark_payout_paid(*, payout_id: int, reason: str, actor: str, now: datetime) -> None:
    """Note that an affiliate was paid, and how.

    Raises:
        ReasonMissing: no word on how it was paid.
        AlreadyDecided: it is paid or cancelled already.
    """
    payout = _settle(payout_id, Payout.Status.PAID, reason, actor, now)
    _tell_payout("payout.paid", payout, actor, now, reason=reason)


@transaction.atomic
def cancel_payout(*, payout_id: int, reason: str, actor: str, now: datetime) -> None:
    """Take a sum off the payout list; it is owed again.

    Raises:
        ReasonMissing: no word on why.
        AlreadyDecided: it is paid or cancelled already.
    """
    payout = _settle(payout_id, Payout.Status.CANCELLED, reason, actor, now)
    back = Money(payout.amount_minor, payout.currency)
    _write(payout.customer_id, Kind.RETURNED, f"payout:{payout.pk}", back, now, now)
    _tell_payout("payout.cancelled", payout, actor, now, reason=reason)


@transaction.atomic
def _open_payout(customer_id: int, currency: str, actor: str, now: datetime) -> Payout | None:
    # Two people may press the button at once: the affiliate's row lets one of them through.
    Customer.objects.select_for_update().get(pk=customer_id)
    mine = {"customer_id": customer_id, "currency": currency}
    waits = Payout.objects.filter(**mine, status=Payout.Status.OPEN).exists()
    ripe = CommissionEntry.objects.filter(**mine, matures_at__lte=now)
    owed = ripe.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    if waits or owed <= 0:
        return None
    payout = Payout.objects.create(**mine, amount_minor=owed, created_at=now)
    _write(customer_id, Kind.PAID, f"payout:{payout.pk}", Money(-owed, currency), now, now)
    _tell_payout("payout.opened", payout, actor, now)
    return payout


def _settle(payout_id: int, status: str, reason: str, actor: str, now: datetime) -> Payout:
    if not reason.strip():
        raise ReasonMissing("say how it was paid, or why not")
    open_one = Payout.objects.filter(pk=payout_id, status=Payout.Status.OPEN)
    changed = open_one.update(
        status=status, closed_at=now, closed_by=actor, reason=reason.strip()
    )
    payout = Payout.objects.filter(pk=payout_id).first()
    if payout is None:
        raise UnknownRow(f"no payout {payout_id}", payout_id=payout_id)
    if not changed:
        raise AlreadyDecided(f"payout {payout_id} is {payout.status}", status=payout.status)
    return payout


def _write(
    customer_id: int,
    kind: str,
    holder: str,
    amount: Money,
    matures_at: datetime,
    now: datetime,
) -> None:
    CommissionEntry.objects.create(
        customer_id=customer_id,
        kind=kind,
        holder=holder,
        currency=amount.currency,
        amount_minor=amount.minor,
        matures_at=matures_at,
        created_at=now,
    )


def _tell(kind: str, customer_id: int, holder: str, amount: Money, now: datetime) -> None:
    record(
        kind,
        subject=holder,
        actor="pricing",
        at=now,
        customer_id=customer_id,
        amount_minor=amount.minor,
        currency=amount.currency,
    )


def _tell_payout(kind: str, payout: Payout, actor: str, now: datetime, **data: str) -> None:
    record(
        kind,
        subject=f"payout:{payout.pk}",
        actor=actor,
        at=now,
        customer_id=payout.customer_id,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        **data,
    )
