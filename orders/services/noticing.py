"""Keep what providers say, then act on it: facts first, decisions afterwards."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from customers.models import Customer
from orders.gateways.protocol import CUSTOMER_DELETED, FRAUD_WARNING, PaymentNotice
from orders.models import MoneyCase, Notice, Payment, Subscription
from orders.references import first_payment
from orders.services.applying import sync_payment
from orders.services.casing import open_case
from orders.services.locating import keep_stray, locate
from orders.services.refunding import is_held_by_dispute, refundable
from shopbot.kernel.errors import ShopError

logger = logging.getLogger(__name__)

# 5 s, 10 s, 20 s … half an hour: after twelve tries, some two hours, a person must look.
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(minutes=30)
MOST_ATTEMPTS: Final = 12


def accept_notice(*, notice: PaymentNotice, now: datetime) -> bool:
    """Store a verified notice before anything is decided about it; False when known.

    Safe to repeat: a provider's ``event_id`` is stored once, also by fifty deliveries at once.
    """
    _, is_new = _store(notice, now)
    return is_new


def _store(notice: PaymentNotice, now: datetime) -> tuple[Notice, bool]:
    return Notice.objects.get_or_create(
        provider=notice.provider,
        event_id=notice.event_id,
        defaults={
            "kind": notice.kind,
            "refs": asdict(notice.refs),
            "body": dict(notice.body),
            "amount_minor": None if notice.amount is None else notice.amount.minor,
            "currency": "" if notice.amount is None else notice.amount.currency,
            "payer_telegram_id": notice.payer_telegram_id,
            "is_ours": notice.is_ours,
            "occurred_at": notice.occurred_at,
            "received_at": now,
            "next_attempt_at": now,
        },
    )


def accept_and_apply(*, notice: PaymentNotice, now: datetime) -> Notice:
    """Store a notice, apply it at once where possible, and return it as it stands.

    What fails stays waiting for the sweep; only failing to store it is an error.
    """
    row, _ = _store(notice, now)
    return _apply_row(row, now)


def apply_notice(*, notice_id: int, now: datetime) -> Notice:
    """Bring our books to what a stored notice points at, and return it as it then stands.

    Safe to repeat, at once and after a crash at any line: the provider's present state is
    applied, never the notice by itself. A failure is kept with the notice and tried again.
    """
    return _apply_row(Notice.objects.get(pk=notice_id), now)


def _apply_row(notice: Notice, now: datetime) -> Notice:
    if notice.outcome != Notice.Outcome.WAITING:
        return notice
    try:
        outcome = _apply(notice, now)
    except ShopError as error:
        return _postpone(notice, f"{error.code}: {error}", now)
    except Exception as problem:  # process boundary: one bad notice must not stop the queue
        logger.exception("notice %s was not applied", notice.pk)
        return _postpone(notice, f"{type(problem).__name__}: {problem}", now)
    return _finish(notice, outcome, now)


def replay_notice(*, notice_id: int, now: datetime) -> Notice:
    """Try a notice again that was given up or applied; staff's button."""
    Notice.objects.filter(pk=notice_id).update(
        outcome=Notice.Outcome.WAITING,
        applied_at=None,
        attempts=0,
        next_attempt_at=now,
        error="",
    )
    return apply_notice(notice_id=notice_id, now=now)


def apply_waiting(*, now: datetime, limit: int) -> int:
    """Apply notices that wait; one that fails delays no other. Returns how many were tried."""
    due = Notice.objects.waiting(now).order_by("next_attempt_at", "pk")
    tried = list(due.values_list("pk", flat=True)[:limit])
    for notice_id in tried:
        apply_notice(notice_id=notice_id, now=now)
    return len(tried)


def _apply(notice: Notice, now: datetime) -> Notice.Outcome:
    if notice.kind == CUSTOMER_DELETED:
        return _forget_customer(notice, now)
    payment_id = locate(notice=notice, now=now)
    if payment_id is not None:
        sync_payment(payment_id=payment_id, actor=notice.provider, now=now)
        if notice.kind == FRAUD_WARNING:
            _warn_of_fraud(notice, payment_id, now)
        return Notice.Outcome.APPLIED
    if not notice.is_ours:
        return Notice.Outcome.FOREIGN
    keep_stray(notice=notice, now=now)
    return Notice.Outcome.APPLIED


def _forget_customer(notice: Notice, now: datetime) -> Notice.Outcome:
    """Somebody deleted a customer at the provider, which ends what it was charged for."""
    gone = str(notice.refs.get("customer_id") or "")
    if not gone:
        return Notice.Outcome.FOREIGN
    agreed = Subscription.objects.live().filter(gateway=notice.provider)
    for subscription in agreed.filter(provider_customer_id=gone).order_by("pk"):
        payment = first_payment(subscription)
        if payment is not None:
            sync_payment(payment_id=payment.pk, actor=notice.provider, now=now)
    # Else the next checkout would ask for a customer that is no more.
    is_ours = Customer.objects.filter(stripe_customer_id=gone).update(stripe_customer_id="")
    return Notice.Outcome.APPLIED if is_ours else Notice.Outcome.FOREIGN


def _warn_of_fraud(notice: Notice, payment_id: int, now: datetime) -> None:
    """Most such warnings become disputes, which cost a fee: staff may refund before that."""
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    left = refundable(payment=payment)
    if not left.minor or is_held_by_dispute(payment=payment):
        return
    open_case(
        kind=MoneyCase.Kind.FRAUD_WARNING,
        key=f"notice:{notice.pk}",
        now=now,
        payment=payment,
        order=payment.order,
        amount=left,
        detail={"notice_id": notice.pk, "warning": notice.body.get("id", "")},
    )


def _finish(notice: Notice, outcome: Notice.Outcome, now: datetime) -> Notice:
    notice.outcome, notice.error, notice.next_attempt_at = outcome, "", None
    notice.applied_at = now if outcome == Notice.Outcome.APPLIED else None
    notice.attempts += 1
    notice.save(update_fields=["outcome", "error", "next_attempt_at", "applied_at", "attempts"])
    return notice


def _postpone(notice: Notice, error: str, now: datetime) -> Notice:
    notice.attempts += 1
    pause = min(FIRST_PAUSE * 2 ** min(notice.attempts - 1, 20), LONGEST_PAUSE)
    notice.error, notice.next_attempt_at = error[:500], now + pause
    if notice.attempts >= MOST_ATTEMPTS:
        notice.outcome, notice.next_attempt_at = Notice.Outcome.DEAD, None
    notice.save(update_fields=["outcome", "error", "next_attempt_at", "attempts"])
    return notice
