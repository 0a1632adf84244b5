"""Close an order that nobody pays: nothing stays held, and no provider takes money any more."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from catalog.models import TierStock
from orders.errors import AlreadyPaid, OrderIsClosed
from orders.gateways.protocol import GatewayError
from orders.gateways.registry import GATEWAYS, gateway
from orders.handing_over import let_go_delivery
from orders.locking import lock_order
from orders.models import Order, Payment, UpgradeCredit
from orders.prepaid import release_gift_cards
from orders.recording import record_order
from orders.references import payment_reference
from orders.services.applying import apply_state
from pricing.services import release

logger = logging.getLogger(__name__)

# A provider that cannot be reached keeps an order open no longer than this; money that comes
# after all is kept in the money inbox.
LONGEST_WAIT: Final = timedelta(hours=24)
PAUSE: Final = timedelta(minutes=5)


def cancel_order(*, order_id: int, actor: str, now: datetime, reason: str = "") -> Order:
    """Cancel an order that is not paid, and give back what it held.

    Safe to repeat. First closes what is open at providers, outside of every transaction: the
    customer may be paying at this moment.

    Raises:
        UnknownOrder: no such order.
        AlreadyPaid: the customer was faster; refund it instead.
        OrderIsClosed: it expired before.
        GatewayError: a provider was not reached; nothing changed.
    """
    close_payments(order_id=order_id, now=now)
    return close_order(
        order_id=order_id, to=Order.Status.CANCELLED, actor=actor, now=now, reason=reason
    )


def expire_due(*, now: datetime, limit: int) -> int:
    """Expire orders whose time is over; return how many were. One failure stops no other."""
    due = Order.objects.due_for_expiry(now).order_by("expires_at", "pk")
    due = due.exclude(payments__status=Payment.Status.PROCESSING)
    expired = 0
    for order_id in list(due.values_list("pk", flat=True)[:limit]):
        try:
            expired += expire_order(order_id=order_id, now=now)
        except Exception:  # process boundary: one order must not hold up the others
            logger.exception("order %s was not expired", order_id)
            _wait(order_id, now)
    return expired


def expire_order(*, order_id: int, now: datetime) -> bool:
    """Expire one order that is still unpaid; False when it is not, or a bank still decides.

    What it held is given back exactly once, with the change of its status.

    Raises:
        GatewayError: a provider was not reached, and there is still time to ask again.
    """
    try:
        close_payments(order_id=order_id, now=now)
    except GatewayError as error:
        if not error.permanent and not _has_waited_enough(order_id, now):
            raise
        logger.warning("order %s expires though a provider failed: %s", order_id, error)
    try:
        order = close_order(order_id=order_id, to=Order.Status.EXPIRED, actor="beat", now=now)
    except (AlreadyPaid, OrderIsClosed):
        return False
    return order.status == Order.Status.EXPIRED


def close_payments(*, order_id: int, now: datetime) -> None:
    """Close every open attempt to pay an order at its provider, and apply what that answers.

    Raises:
        GatewayError: a provider was not reached.
    """
    unfinished = Payment.objects.payable().filter(order_id=order_id).order_by("pk")
    for payment_id, name in list(unfinished.values_list("pk", "gateway")):
        if name not in GATEWAYS:
            continue
        state = gateway(name).cancel(payment_reference(payment_id))
        apply_state(payment_id=payment_id, state=state, actor=name, now=now)


def close_leftovers(*, now: datetime, limit: int) -> int:
    """Close attempts that are still open though their order is settled or closed."""
    stale = Payment.objects.payable().filter(order__isnull=False, opened_at__lte=now)
    stale = stale.exclude(order__status=Order.Status.PENDING)
    stale = stale.exclude(status=Payment.Status.PROCESSING).exclude(checked_at__gt=now - PAUSE)
    orders = list(stale.order_by("pk").values_list("order_id", flat=True)[:limit])
    for order_id in sorted(set(orders)):
        try:
            close_payments(order_id=order_id, now=now)
        except GatewayError as error:
            logger.warning("attempts for order %s stay open: %s", order_id, error)
        Payment.objects.payable().filter(order_id=order_id).update(checked_at=now)
    return len(orders)


@transaction.atomic
def close_order(
    *, order_id: int, to: Order.Status, actor: str, now: datetime, reason: str = ""
) -> Order:
    """Close an order in the books, and give back what it held; safe to repeat.

    For callers that have closed what is open at providers, with ``close_payments``.

    Raises:
        UnknownOrder: no such order.
        AlreadyPaid: the customer was faster.
        OrderIsClosed: it was closed otherwise before.
    """
    order = lock_order(order_id)
    if order.status == to:
        return order
    if order.is_paid:
        raise AlreadyPaid(f"order {order.number} is paid", status=order.status)
    if order.status != Order.Status.PENDING:
        raise OrderIsClosed(f"order {order.number} is {order.status}", status=order.status)
    if to == Order.Status.EXPIRED and not _may_expire(order, now):
        return order
    order.move_to(to)
    order.closed_at = now
    order.save(update_fields=["status", "closed_at"])
    _let_go(order, now)
    record_order(f"order.{to}", order, actor=actor, now=now, reason=reason)
    return order


def _may_expire(order: Order, now: datetime) -> bool:
    """Its time is over, and no bank is still working on a payment."""
    processing = order.payments.filter(status=Payment.Status.PROCESSING)
    return order.expires_at <= now and not processing.exists()


def _let_go(order: Order, now: datetime) -> None:
    lines = list(order.lines.all())
    for line in lines:
        if line.terms.get("tracks_stock"):
            TierStock.objects.put_back(line.tier_id, line.quantity)
    let_go_delivery(lines=lines, now=now)
    release(holder=order.holder, now=now)
    release_gift_cards(order=order, now=now)
    order.upgrade_credits.filter(status=UpgradeCredit.Status.HELD).update(
        status=UpgradeCredit.Status.RELEASED
    )
    Payment.objects.payable().filter(order=order, status=Payment.Status.OPEN).update(
        checked_at=None
    )


def _has_waited_enough(order_id: int, now: datetime) -> bool:
    return Order.objects.filter(pk=order_id, placed_at__lte=now - LONGEST_WAIT).exists()


def _wait(order_id: int, now: datetime) -> None:
    """Look at the order again in a while, so that it does not hold up the others."""
    Order.objects.pending().filter(pk=order_id).update(expires_at=now + PAUSE)
