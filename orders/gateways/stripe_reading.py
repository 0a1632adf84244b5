"""What do Stripe's objects say, in the shop's words?

Everything here is absolute: it is read from the objects as they are now, never from events.
Words that Stripe may add later are mapped to the cautious side and never raise.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import stripe

from orders.gateways.protocol import (
    ChargeReason,
    DisputeState,
    DisputeStatus,
    Moved,
    PaymentStatus,
    RefundState,
    RefundStatus,
    SubscriptionStatus,
)
from orders.gateways.stripe_currencies import CURRENCIES, from_stripe
from orders.gateways.stripe_events import PAYMENT_KEY, REFUND_KEY, TIER_ID, moment

_REFUND_STATUS: Final[Mapping[str, RefundStatus]] = {
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}

_DISPUTE_STATUS: Final[Mapping[str, DisputeStatus]] = {
    "won": DisputeStatus.WON,
    # An inquiry that ended without a dispute.
    "warning_closed": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}

_SUBSCRIPTION_STATUS: Final[Mapping[str, SubscriptionStatus]] = {
    "incomplete": SubscriptionStatus.INCOMPLETE,
    "trialing": SubscriptionStatus.TRIALING,
    "active": SubscriptionStatus.ACTIVE,
    "past_due": SubscriptionStatus.PAST_DUE,
    "canceled": SubscriptionStatus.ENDED,
    "incomplete_expired": SubscriptionStatus.ENDED,
}

_CHARGE_REASON: Final[Mapping[str, ChargeReason]] = {
    "subscription_create": ChargeReason.FIRST,
    "subscription_update": ChargeReason.CHANGE,
}


def identifier(value: Any) -> str:
    """Return the id in a field that holds an id, an expanded object, or nothing."""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value.id)


def metadata_of(holder: Any, name: str) -> str:
    """Return one of our names from an object's metadata, "" when it is not there."""
    metadata = getattr(holder, "metadata", None)
    return str(metadata[name]) if metadata and name in metadata else ""


def tier_of(price: Any) -> int | None:
    """Return our tier from a price that we made for it."""
    text = metadata_of(price, TIER_ID)
    return int(text) if text.isdecimal() else None


def next_phase(held: stripe.Subscription) -> stripe.SubscriptionSchedule.Phase | None:
    """Return what a subscription (``schedule`` expanded) changes to when its period ends."""
    schedule = held.schedule
    if not isinstance(schedule, stripe.SubscriptionSchedule) or not held["items"].data:
        return None
    period_end = held["items"].data[0].current_period_end
    later = [phase for phase in schedule.phases if phase.start_date >= period_end]
    return later[0] if later else None


def refund_state(refund: stripe.Refund) -> RefundState:
    """Say how one refund stands; unknown words count as on its way."""
    return RefundState(
        external_id=refund.id,
        amount=from_stripe(refund.amount, refund.currency),
        status=_REFUND_STATUS.get(refund.status or "", RefundStatus.PENDING),
        key=metadata_of(refund, REFUND_KEY),
        created_at=moment(refund.created),
        failure=getattr(refund, "failure_reason", None) or "",
    )


def dispute_state(dispute: stripe.Dispute) -> DisputeState:
    """Say how one dispute stands; unknown words count as open, inquiries as warnings."""
    due_by = dispute.evidence_details.due_by
    return DisputeState(
        external_id=dispute.id,
        status=_dispute_status(dispute),
        amount=from_stripe(dispute.amount, dispute.currency),
        reason=dispute.reason,
        evidence_due_at=moment(due_by) if due_by else None,
        opened_at=moment(dispute.created),
    )


def _dispute_status(dispute: stripe.Dispute) -> DisputeStatus:
    known = _DISPUTE_STATUS.get(dispute.status)
    if known is not None:
        return known
    if dispute.status.startswith("warning"):
        return DisputeStatus.WARNING
    if dispute.status == "prevented":
        # Settled between the banks: whether the money went tells only the balance.
        is_gone = sum(booked.amount for booked in dispute.balance_transactions) < 0
        return DisputeStatus.LOST if is_gone else DisputeStatus.WON
    return DisputeStatus.OPEN


def subscription_status(word: str) -> SubscriptionStatus:
    """Map a subscription's status; what is unknown may still charge."""
    return _SUBSCRIPTION_STATUS.get(word, SubscriptionStatus.PAST_DUE)


def charge_reason(word: str | None) -> ChargeReason:
    """Map an invoice's billing reason; what is unknown is a renewal."""
    return _CHARGE_REASON.get(word or "", ChargeReason.RENEWAL)


def session_status(
    session: stripe.checkout.Session, intent: stripe.PaymentIntent | None
) -> PaymentStatus:
    """Say how far a checkout session has come.

    A session stays ``complete`` and ``unpaid`` after a delayed payment failed: only its
    payment intent tells that apart from one still on its way.
    """
    if (
        session.payment_status in {"paid", "no_payment_required"}
        and session.status == "complete"
    ):
        return PaymentStatus.PAID
    if session.status == "expired":
        return PaymentStatus.EXPIRED
    if session.status != "complete":
        return PaymentStatus.OPEN
    if intent is not None and intent.status in {"requires_payment_method", "canceled"}:
        return PaymentStatus.FAILED
    return PaymentStatus.PROCESSING


def invoice_status(invoice: stripe.Invoice) -> PaymentStatus:
    """Say how far an invoice has come."""
    if invoice.status == "paid":
        return PaymentStatus.PAID
    if invoice.status == "void":
        return PaymentStatus.CANCELLED
    if invoice.status == "uncollectible":
        return PaymentStatus.FAILED
    return PaymentStatus.OPEN


def charge_moved(charge: stripe.Charge) -> Moved:
    """Say what a charge took and what of it went back; nothing in a currency of others."""
    known = charge.currency.upper() in CURRENCIES
    back = charge.amount_refunded
    return Moved(
        charge_id=charge.id,
        at=moment(charge.created),
        paid=from_stripe(charge.amount_captured, charge.currency) if known else None,
        refunded=from_stripe(back, charge.currency) if known and back else None,
        is_ours=bool(metadata_of(charge, PAYMENT_KEY)),
        customer_id=identifier(charge.customer),
    )


def card_country(charge: stripe.Charge) -> str:
    """Return where the card of a charge was issued; "" when no card paid."""
    details = charge.payment_method_details
    card = getattr(details, "card", None) if details else None
    return str(getattr(card, "country", None) or "")


def failure_of(intent: stripe.PaymentIntent | None) -> str:
    """Return why the last attempt failed, in Stripe's words."""
    error = intent.last_payment_error if intent is not None else None
    return (error.message or error.code or "") if error is not None else ""


def invoice_intent(invoice: stripe.Invoice) -> str:
    """Return the payment intent that collected an invoice (``payments`` expanded)."""
    payments = getattr(invoice, "payments", None)
    held = [
        (payment.status, identifier(getattr(payment.payment, "payment_intent", None)))
        for payment in (payments.data if payments else [])
    ]
    paid = [intent for status, intent in held if status == "paid"]
    return next(iter(paid + [intent for _status, intent in held]), "")


def invoice_period_end(invoice: stripe.Invoice) -> datetime:
    """Return until when an invoice pays: the latest end over its lines."""
    ends = [line.period.end for line in invoice.lines.data]
    return moment(max(ends, default=invoice.period_end))


def invoice_price(invoice: stripe.Invoice) -> str:
    """Return the price that an invoice is about: of its period, else of the change it bills."""
    found = ""
    for line in invoice.lines.data:
        details = line.pricing.price_details if line.pricing else None
        item = line.parent.subscription_item_details if line.parent else None
        if details is None or line.amount < 0:
            continue
        if item is None or not item.proration:
            return identifier(details.price)
        found = identifier(details.price)
    return found


def paid_at(invoice: stripe.Invoice) -> datetime:
    """Return when an invoice was paid."""
    return moment(invoice.status_transitions.paid_at or invoice.created)
