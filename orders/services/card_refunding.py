"""Give back an order that gift cards paid for alone: no provider has any money of it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from orders.access import end_access
from orders.errors import NothingToRefund, ReasonNeeded
from orders.locking import lock_order
from orders.models import Order
from orders.models.payments import GIFT_CARD
from orders.prepaid import refund_gift_cards
from orders.recording import record_order
from orders.services.refund_state import refunded_by, return_upgrade_credit
from pricing.services import release_used


@transaction.atomic
def refund_to_gift_card(*, order_id: int, reason: str, actor: str, now: datetime) -> Order:
    """Put all of it back on the cards and end what the order gave.

    Safe to repeat: a refunded order stays as it is. Locks customer and order.

    Raises:
        UnknownOrder: no such order.
        ReasonNeeded: the reason is empty.
        NothingToRefund: other money paid for it, or nothing is left.
    """
    if not reason.strip():
        raise ReasonNeeded("a refund needs a reason")
    order = lock_order(order_id)
    if order.payment_method == GIFT_CARD and order.status == Order.Status.REFUNDED:
        return order
    if order.payment_method != GIFT_CARD or not order.card_minor:
        raise NothingToRefund(f"order {order.number} was not paid by gift card alone")
    back_minor = order.card_minor
    refund_gift_cards(order=order, now=now)
    order.move_to(Order.Status.REFUNDED)
    order.closed_at = now
    order.save(update_fields=["status", "closed_at"])
    end_access(order=order, reason=refunded_by(order), actor=actor, now=now)
    release_used(holder=order.holder, now=now)
    return_upgrade_credit(order=order, actor=actor, now=now)
    record_order(
        "order.refunded",
        order,
        actor=actor,
        now=now,
        refunded_minor=back_minor,
        currency=order.currency,
        reason=reason.strip(),
    )
    return order
