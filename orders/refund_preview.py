"""What will a refund change? Shown to staff before they click."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from entitlements.models import EntitlementType
from orders.access import Access, access_of, shortened_end
from orders.errors import NothingToRefund
from orders.handing_over import gift_cards_left, gift_cards_spent
from orders.models import Order, Payment, Refund, UpgradeCredit
from orders.services.refund_state import lower_plans
from orders.services.refunding import is_held_by_dispute, may_be_partial, refundable
from pricing.models import CommissionEntry, Reservation
from shopbot.kernel.money import WHOLE_BPS, Money


@dataclass(frozen=True, slots=True)
class AccessChange:
    """What happens to one entitlement; ``ends_after`` equals ``ends_before`` if it is kept."""

    name: str
    level: str
    ends_before: datetime | None
    ends_after: datetime | None


@dataclass(frozen=True, slots=True)
class RefundPreview:
    """Everything that a refund of ``amount`` would change, by staff's choice about access.

    ``commission_back`` is what the affiliate loses, ``limits_back`` how many limits of
    promotions become free, ``time_back`` how many earlier purchases get their time again,
    ``cards_spent`` what was spent of gift cards that it sold: that is not coming back.
    ``cards_withheld`` is what of the rest cannot be spent any more, None where all or nothing
    stops.
    """

    order_number: str
    amount: Money
    left_before: Money
    left_after: Money
    is_full: bool
    may_be_partial: bool
    access: tuple[AccessChange, ...]
    commission_back: Money | None
    limits_back: int
    time_back: int
    ends_renewal: bool
    cards_spent: Money | None
    cards_withheld: Money | None


def preview_refund(
    *, order_id: int, amount: Money | None, access: str, now: datetime
) -> RefundPreview:
    """Say what a refund would do, changing nothing; ``amount`` None means all that is left.

    Raises:
        NothingToRefund: the order was never paid, nothing is left, or the payment is disputed.
    """
    settled = Payment.objects.filter(order_id=order_id, settled_at__isnull=False)
    payment = settled.select_related("order", "subscription").first()
    if payment is None or payment.order is None or is_held_by_dispute(payment=payment):
        raise NothingToRefund(f"order {order_id} cannot be refunded", order_id=order_id)
    order = payment.order
    left = refundable(payment=payment)
    if not left.minor:
        raise NothingToRefund(f"nothing of order {order.number} is left")
    amount = amount or left
    back = payment.refunded + amount
    is_full = back == payment.paid
    subscription = payment.subscription
    stops_all = is_full or access == Refund.Access.REVOKE
    return RefundPreview(
        order_number=order.number,
        amount=amount,
        left_before=left,
        left_after=left - amount,
        is_full=is_full,
        may_be_partial=may_be_partial(payment=payment),
        access=_access(order, payment, amount, access, is_full=is_full, now=now),
        commission_back=_commission(order, back),
        limits_back=_limits(order) if is_full else 0,
        time_back=_credits(order) if is_full else 0,
        ends_renewal=is_full and subscription is not None and subscription.will_renew,
        cards_spent=gift_cards_spent(order.lines.all()),
        cards_withheld=None if stops_all else _withheld(order, amount),
    )


def _withheld(order: Order, amount: Money) -> Money | None:
    left = gift_cards_left(order.lines.all())
    return left and Money(min(left.minor, amount.minor), left.currency)


def _access(
    order: Order, payment: Payment, amount: Money, access: str, *, is_full: bool, now: datetime
) -> tuple[AccessChange, ...]:
    standing = access_of(order.lines.all(), at=now)
    names = EntitlementType.objects.in_bulk({each.type_id for each in standing})
    shortened = payment.refunds.counted().filter(access=Refund.Access.SHORTEN)
    before = shortened.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    share = (before + amount.minor) * WHOLE_BPS // max(1, payment.paid_minor)
    return tuple(
        AccessChange(
            name=names[each.type_id].name,
            level=each.level,
            ends_before=each.ends_at,
            ends_after=_end(each, access, share, is_full=is_full, now=now),
        )
        for each in standing
    )


def _end(
    access: Access, choice: str, share_bps: int, *, is_full: bool, now: datetime
) -> datetime | None:
    if is_full or choice == Refund.Access.REVOKE:
        return now
    if choice == Refund.Access.SHORTEN:
        return shortened_end(access, share_bps=share_bps, now=now)
    return access.ends_at


def _commission(order: Order, back: Money) -> Money | None:
    entries = CommissionEntry.objects.filter(holder=order.holder)
    earned = entries.filter(kind=CommissionEntry.Kind.EARNED).first()
    if earned is None or not order.paid_minor:
        return None
    taken = [CommissionEntry.Kind.REVERSED, CommissionEntry.Kind.RESTORED]
    reversed_minor = entries.filter(kind__in=taken).aggregate(s=Sum("amount_minor"))["s"] or 0
    whole = Money(earned.amount_minor, earned.currency)
    share = back.minor * WHOLE_BPS // order.paid_minor
    more = whole.share(share).minor + reversed_minor
    return Money(max(0, more), earned.currency)


def _limits(order: Order) -> int:
    return Reservation.objects.filter(
        holder=order.holder, status=Reservation.Status.USED
    ).count()


def _credits(order: Order) -> int:
    used = order.upgrade_credits.filter(status=UpgradeCredit.Status.USED).count()
    return used + len(lower_plans(order))
