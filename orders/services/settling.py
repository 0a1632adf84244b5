"""Deliver what was paid for, in the transaction that books the money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from catalog.models import Product, TierStock
from entitlements.services.extending import shorten_source
from entitlements.services.granting import NewGrant, grant_all
from orders.errors import OrderIsClosed, ReasonNeeded, SoldOut
from orders.gifts import is_gift, make_gifts
from orders.handing_over import hand_over, hold_delivery
from orders.locking import lock_order
from orders.models import Order, OrderLine, Payment, Subscription, UpgradeCredit
from orders.models.payments import FREE, GIFT_CARD, MANUAL
from orders.recording import record_order
from orders.services.receipting import issue_receipt
from pricing.services import earn_commission, use
from shopbot.kernel.money import half_up


def settle(*, order: Order, payment: Payment, actor: str, now: datetime) -> None:
    """Book a payment's money as the order's and deliver everything it sold.

    The caller has locked customer, order and payment, in this order, and found that the money
    fits; what does not fit goes to the money inbox instead.

    Raises:
        IllegalTransition: the order is settled already.
    """
    order.move_to(Order.Status.PAID)
    order.paid_at, order.closed_at = now, None
    order.paid_minor = payment.paid_minor
    order.payment_method, order.transaction_id = payment.gateway, payment.charge_id
    order.subscription = payment.subscription
    payment.settled_at = now
    payment.save(update_fields=["settled_at"])
    lines = list(order.lines.all())
    is_delivered = all(line.goods_type != Product.GoodsType.PHYSICAL for line in lines)
    if is_delivered:
        order.move_to(Order.Status.FULFILLED)
        order.fulfilled_at = now
    order.save(
        update_fields=[
            "status", "paid_at", "closed_at", "paid_minor", "payment_method", "transaction_id",
            "fulfilled_at", "subscription",
        ]
    )  # fmt: skip
    _record_paid(order, payment, actor, now)
    _spend_credit(order, actor, now)
    _grant(order, lines, actor, now)
    hand_over(order=order, lines=lines, actor=actor, now=now)
    use(holder=order.holder, now=now)
    _commission(order, now)
    if is_delivered:
        record_order("order.fulfilled", order, actor=actor, now=now)
    if order.paid_minor or order.card_minor:
        issue_receipt(order=order, now=now)


def settle_free(*, order: Order, now: datetime) -> None:
    """Settle an order with nothing left to pay; the caller has locked it and its customer."""
    paid_by = GIFT_CARD if order.card_minor else FREE
    _settle_without_provider(order, paid_by, f"customer:{order.customer_id}", now)


@transaction.atomic
def settle_by_hand(*, order_id: int, reason: str, actor: str, now: datetime) -> Order:
    """Deliver an order because staff say that its money arrived outside of every gateway.

    Safe to repeat: an order that staff settled stays as it is.

    Raises:
        UnknownOrder: no such order.
        ReasonNeeded: the reason is empty.
        OrderIsClosed: it is not waiting for money.
    """
    if not reason.strip():
        raise ReasonNeeded("settling by hand needs a reason")
    order = lock_order(order_id)
    if order.payment_method == MANUAL:
        return order
    if order.status != Order.Status.PENDING:
        raise OrderIsClosed(f"order {order.number} is {order.status}", status=order.status)
    record_order("order.settled_by_hand", order, actor=actor, now=now, reason=reason)
    _settle_without_provider(order, MANUAL, actor, now)
    return order


@transaction.atomic
def deliver_order(*, order_id: int, actor: str, now: datetime) -> Order:
    """Note that what is sent by post has been sent; safe to repeat.

    Raises:
        UnknownOrder: no such order.
        OrderIsClosed: all its money is back.
        IllegalTransition: it is not paid.
    """
    order = lock_order(order_id)
    if order.fulfilled_at is not None:
        return order
    if order.status == Order.Status.REFUNDED:
        # Its table has the move, for a refund that failed.
        raise OrderIsClosed(f"order {order.number} is refunded", status=order.status)
    if order.status != Order.Status.PARTIALLY_REFUNDED:
        order.move_to(Order.Status.FULFILLED)
    order.fulfilled_at = now
    order.save(update_fields=["status", "fulfilled_at"])
    record_order("order.fulfilled", order, actor=actor, now=now)
    return order


def retake_stock(*, order: Order, now: datetime) -> None:
    """Claim the units and codes again that the order gave back when it was closed.

    Raises:
        SoldOut: somebody else has them.
    """
    for line in order.lines.all():
        if line.terms.get("tracks_stock") and not TierStock.objects.take(
            line.tier_id, line.quantity
        ):
            raise SoldOut(f"tier {line.tier_id} is sold out", tier_id=line.tier_id)
        hold_delivery(order=order, line=line, now=now)


def new_grants(*, line: OrderLine, subscription: Subscription | None) -> list[NewGrant]:
    """Return what a line gives, in the words it was sold with.

    Where a provider counts its periods in days, so does what they pay for. A change of plan
    pays for the rest of a period, whatever is left of it.
    """
    months: int | None = line.months or None
    days = ends_at = None
    if "ends_at" in line.terms:
        months, ends_at = None, datetime.fromisoformat(line.terms["ends_at"])
    elif subscription is not None and subscription.days:
        months, days = None, subscription.days
    return [
        NewGrant(
            type_id=given["type_id"],
            level=given["level"],
            source=line.source,
            months=months,
            days=days,
            ends_at=ends_at,
            grace_days=line.terms["grace_days"],
            seats=given["seats"],
            tier_id=line.tier_id,
        )
        for given in line.terms["grants"]
    ]


def _settle_without_provider(order: Order, gateway: str, actor: str, now: datetime) -> None:
    payment = Payment.objects.create(
        order=order,
        customer_id=order.customer_id,
        gateway=gateway,
        status=Payment.Status.PAID,
        amount_minor=order.total_minor,
        currency=order.currency,
        paid_minor=order.total_minor,
        opened_at=now,
        paid_at=now,
    )
    settle(order=order, payment=payment, actor=actor, now=now)


def _grant(order: Order, lines: Sequence[OrderLine], actor: str, now: datetime) -> None:
    grants = [
        each
        for line in lines
        if not is_gift(line)
        for each in new_grants(line=line, subscription=order.subscription)
    ]
    if grants:
        grant_all(customer_id=order.customer_id, grants=grants, now=now, actor=actor)
    make_gifts(order=order, lines=lines, actor=actor, now=now)


def _commission(order: Order, now: datetime) -> None:
    referrer_id = order.customer.referrer_id
    if referrer_id is not None and order.paid_minor:
        earn_commission(
            affiliate_customer_id=referrer_id, holder=order.holder, base=order.paid, now=now
        )


def _spend_credit(order: Order, actor: str, now: datetime) -> None:
    """End the time of lower tiers that this order was made cheaper by.

    Credit beyond the price is not lost: the part of the time that it stands for stays.
    """
    held = order.upgrade_credits.filter(status=UpgradeCredit.Status.HELD)
    credits = list(held.select_related("line"))
    if not credits:
        return
    facts: Mapping[str, Any] = next(
        (line.detail for line in order.priced().lines if line.code == "upgrade_credit"), {}
    )
    offered, used = int(facts.get("credit_minor", 0)), int(facts.get("used_minor", 0))
    for credit in credits:
        kept = credit.unused_seconds
        kept = half_up(kept * (offered - used), offered) if offered else kept
        credit.move_to(UpgradeCredit.Status.USED)
        shorten_source(
            source=credit.line.source,
            ends_at=now + timedelta(seconds=kept),
            actor=actor,
            now=now,
            reason=f"upgraded by order {order.number}",
        )
    UpgradeCredit.objects.bulk_update(credits, ["status"])


def _record_paid(order: Order, payment: Payment, actor: str, now: datetime) -> None:
    record_order(
        "order.paid",
        order,
        actor=actor,
        now=now,
        payment_id=payment.pk,
        gateway=payment.gateway,
        paid_minor=order.paid_minor,
        currency=order.currency,
    )
