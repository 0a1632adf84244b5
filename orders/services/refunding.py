"""Give money back: the request is written first, then the provider is asked."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from orders.errors import (
    NothingToRefund,
    PartialNotPossible,
    ReasonNeeded,
    RefundTooLarge,
    UnknownOrder,
)
from orders.gateways.protocol import (
    GatewayError,
    RefundRequest,
    RefundState,
    RefundStatus,
)
from orders.gateways.registry import GATEWAYS, gateway
from orders.locking import lock_payment
from orders.models import Dispute, Order, Payment, Refund
from orders.references import payment_reference
from orders.services.refund_state import apply_refunds, report_failure
from orders.services.stopping import stop_renewal
from shopbot.kernel.events import record
from shopbot.kernel.money import Money

logger = logging.getLogger(__name__)

# 30 s, 1 min, 2 min … an hour.
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)


def refund(
    *, order_id: int, amount: Money, reason: str, access: str, actor: str, now: datetime
) -> Refund:
    """Refund money of a paid order, and do with access what staff chose.

    The request is kept whatever the provider answers; one that it did not take is sent again by
    a sweep, under the same key. Asks the provider outside of every transaction.

    Raises:
        UnknownOrder: no such order.
        ReasonNeeded: the reason is empty.
        NothingToRefund: no money of it is left here, or the payment is disputed.
        RefundTooLarge: more than is left.
        PartialNotPossible: the provider gives back everything or nothing.
    """
    if not Order.objects.filter(pk=order_id).exists():
        raise UnknownOrder(f"no order {order_id}", order_id=order_id)
    settled = Payment.objects.filter(order_id=order_id, settled_at__isnull=False).first()
    if settled is None:
        raise NothingToRefund(f"order {order_id} was never paid", order_id=order_id)
    return refund_payment(
        payment_id=settled.pk,
        amount=amount,
        reason=reason,
        access=access,
        actor=actor,
        now=now,
    )


def refund_payment(
    *, payment_id: int, amount: Money, reason: str, access: str, actor: str, now: datetime
) -> Refund:
    """Refund money of one payment, whether or not it settled an order; else as ``refund``."""
    row = _request(
        payment_id=payment_id,
        amount=amount,
        reason=reason,
        access=Refund.Access(access),
        actor=actor,
        now=now,
    )
    return send_refund(refund_id=row.pk, now=now)


def send_refund(*, refund_id: int, now: datetime) -> Refund:
    """Ask the provider for a requested refund, and apply what it answers.

    Safe to repeat: the provider knows the refund by its key. A refund of everything ends a
    renewal agreement first, so that nothing is charged in between.
    """
    row = Refund.objects.select_related("payment").get(pk=refund_id)
    if row.status != Refund.Status.REQUESTED:
        return row
    pause = min(FIRST_PAUSE * 2 ** min(row.attempts, 10), LONGEST_PAUSE)
    Refund.objects.filter(pk=refund_id).update(
        attempts=F("attempts") + 1, next_attempt_at=now + pause
    )
    try:
        _stop_renewing(row, now)
        state = _ask(row)
    except GatewayError as error:
        _note_failure(row, error, now)
    else:
        _take_answer(row, state, now)
    row.refresh_from_db()
    return row


def retry_refunds(*, now: datetime, limit: int) -> int:
    """Send requested refunds again that a provider has not taken; return how many."""
    due = Refund.objects.due_for_retry(now).order_by("next_attempt_at", "pk")
    tried = list(due.values_list("pk", flat=True)[:limit])
    for refund_id in tried:
        send_refund(refund_id=refund_id, now=now)
    return len(tried)


@transaction.atomic(durable=True)
def _request(
    *,
    payment_id: int,
    amount: Money,
    reason: str,
    access: Refund.Access,
    actor: str,
    now: datetime,
) -> Refund:
    payment = lock_payment(payment_id)
    _check(payment, amount, reason)
    row = Refund.objects.create(
        payment=payment,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=reason.strip(),
        access=access,
        requested_by=actor,
        requested_at=now,
        next_attempt_at=now,
    )
    record(
        "refund.requested",
        subject=payment.order.subject if payment.order else payment.subject,
        actor=actor,
        at=now,
        customer_id=payment.customer_id,
        refund_id=row.pk,
        payment_id=payment.pk,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=row.reason,
        access=row.access,
    )
    return row


def _check(payment: Payment, amount: Money, reason: str) -> None:
    if not reason.strip():
        raise ReasonNeeded("a refund needs a reason")
    if payment.status != Payment.Status.PAID or is_held_by_dispute(payment=payment):
        raise NothingToRefund(f"payment {payment.pk} cannot be refunded")
    left = refundable(payment=payment)
    if not left.minor:
        raise NothingToRefund(f"nothing of payment {payment.pk} is left")
    if amount.currency != left.currency or not 0 < amount.minor <= left.minor:
        raise RefundTooLarge(f"{left} is left", left_minor=left.minor, currency=left.currency)
    if amount != payment.paid and not may_be_partial(payment=payment):
        raise PartialNotPossible(f"{payment.gateway} gives back everything or nothing")


def refundable(*, payment: Payment) -> Money:
    """Return what is left of a payment beside what is back, on its way, or asked for."""
    held = sum(payment.refunds.holding().values_list("amount_minor", flat=True))
    return Money(max(0, payment.paid_minor - held), payment.currency)


def may_be_partial(*, payment: Payment) -> bool:
    """Whether a part of a payment can go back."""
    if payment.gateway not in GATEWAYS:
        return True
    return gateway(payment.gateway).capabilities.partial_refunds


def is_held_by_dispute(*, payment: Payment) -> bool:
    """Whether the bank holds the money, or gave it back already."""
    held = [Dispute.Status.OPEN, Dispute.Status.LOST]
    return payment.disputes.filter(status__in=held).exists()


def _ask(row: Refund) -> RefundState:
    payment = row.payment
    if payment.gateway not in GATEWAYS:
        # Paid outside of every gateway: staff hand the money back themselves.
        return RefundState(
            external_id=f"manual:{row.key}",
            amount=row.amount,
            status=RefundStatus.SUCCEEDED,
            key=str(row.key),
        )
    others = payment.refunds.counted().exclude(pk=row.pk)
    before = sum(others.values_list("amount_minor", flat=True))
    request = RefundRequest(
        key=row.key,
        payment=payment_reference(payment.pk),
        amount=row.amount,
        is_full=before + row.amount_minor >= payment.paid_minor,
        reason=row.reason,
    )
    return gateway(payment.gateway).refund(request)


def _stop_renewing(row: Refund, now: datetime) -> None:
    payment = row.payment
    subscription = payment.subscription
    if subscription is None or not subscription.external_id:
        return
    # Several partial refunds may be everything together.
    if refundable(payment=payment):
        return
    try:
        stop_renewal(subscription_id=subscription.pk, actor=row.requested_by, now=now)
    except GatewayError as error:
        if not error.permanent:
            raise
        # The refund goes on; once it is booked, a sweep goes on trying and tells staff.
        logger.warning("subscription %s was not cancelled: %s", subscription.pk, error)


@transaction.atomic
def _take_answer(row: Refund, state: RefundState, now: datetime) -> None:
    payment = lock_payment(row.payment_id)
    apply_refunds(payment=payment, states=[state], actor=row.requested_by, now=now)


@transaction.atomic
def _note_failure(row: Refund, error: GatewayError, now: datetime) -> None:
    payment = lock_payment(row.payment_id)
    row.refresh_from_db()
    if row.status != Refund.Status.REQUESTED:
        return
    row.error = str(error)[:500]
    if not error.permanent:
        row.save(update_fields=["error"])
        return
    row.move_to(Refund.Status.FAILED)
    row.finished_at, row.next_attempt_at = now, None
    row.save(update_fields=["error", "status", "finished_at", "next_attempt_at"])
    record(
        "refund.failed",
        subject=payment.order.subject if payment.order else payment.subject,
        actor=payment.gateway,
        at=now,
        customer_id=payment.customer_id,
        refund_id=row.pk,
        payment_id=payment.pk,
        amount_minor=row.amount_minor,
        currency=row.currency,
        reason=row.error,
    )
    report_failure(payment=payment, row=row, now=now)
