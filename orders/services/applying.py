"""Bring our books to what a provider says: the only way in which money changes anything.

What arrives here is the provider's whole, present state of a payment, never a difference. So it
may arrive late, twice or out of order: the result is the same.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from customers.models import Customer
from orders.card_regions import is_card_foreign
from orders.credit import has_lost_credit
from orders.gateways.protocol import PAYMENT_RANK, PaymentStatus, ProviderState, Refs
from orders.gateways.registry import gateway
from orders.locking import lock_payment
from orders.models import MoneyCase, Order, Payment, Subscription
from orders.references import payment_reference
from orders.services.casing import open_case
from orders.services.disputing import apply_disputes
from orders.services.refund_state import apply_refunds
from orders.services.renewing import apply_subscription
from orders.services.settling import settle
from shopbot.kernel.events import record
from shopbot.kernel.money import Money


def sync_payment(*, payment_id: int, actor: str, now: datetime) -> Order | None:
    """Ask the provider about one payment and apply the answer; safe at any time and often.

    The provider is asked outside of every transaction.

    Raises:
        UnknownPayment: no such payment.
        GatewayError: the provider was not reached, or is switched off.
    """
    reference = payment_reference(payment_id)
    name = Payment.objects.values_list("gateway", flat=True).get(pk=payment_id)
    state = gateway(name).fetch(reference)
    return apply_state(payment_id=payment_id, state=state, actor=actor, now=now)


@transaction.atomic
def apply_state(
    *, payment_id: int, state: ProviderState, actor: str, now: datetime
) -> Order | None:
    """Bring one payment, its order, refunds, disputes and renewals to a provider's state.

    Safe to repeat and to mix up: what is older than our books changes nothing. Money that does
    not fit is kept, with a case in the money inbox. Returns the payment's order, if it has one.
    Locks customer, order and payment.

    Raises:
        UnknownPayment: no such payment.
    """
    payment = lock_payment(payment_id)
    _learn_names(payment, state)
    if state.status == PaymentStatus.PAID and state.paid is not None:
        _receive(payment, state.paid, actor, now)
    elif PAYMENT_RANK[state.status] > PAYMENT_RANK[payment.status]:
        _move(payment, state, actor, now)
    payment.checked_at = now
    payment.save(update_fields=["checked_at"])
    if payment.status == Payment.Status.PAID:
        apply_refunds(payment=payment, states=state.refunds, actor=actor, now=now)
        apply_disputes(payment=payment, states=state.disputes, actor=actor, now=now)
    if state.subscription is not None and payment.subscription_id is not None:
        apply_subscription(payment=payment, state=state.subscription, actor=actor, now=now)
    return payment.order


def _learn_names(payment: Payment, state: ProviderState) -> None:
    """Keep the ids that the provider gives; the first one told stays."""
    charge_id = state.charge_id or state.refs.charge_id
    told = {
        "external_id": state.refs.external_id,
        "intent_id": state.refs.intent_id,
        "charge_id": charge_id,
    }
    changed = [name for name, value in told.items() if value and not getattr(payment, name)]
    for name in changed:
        setattr(payment, name, told[name])
    if changed:
        payment.save(update_fields=changed)
    if state.card_country and not payment.card_country:
        _learn_card(payment, state.card_country)
    if payment.gateway == "stripe" and payment.customer_id is not None:
        _learn_customer(payment, state.refs)


def _learn_card(payment: Payment, country: str) -> None:
    """Show staff a card from where the shop has other prices; it stops nothing."""
    payment.card_country = country
    if payment.order is not None:
        payment.is_card_foreign = is_card_foreign(country=country, region=payment.order.region)
    payment.save(update_fields=["card_country", "is_card_foreign"])


def _learn_customer(payment: Payment, refs: Refs) -> None:
    if not refs.customer_id:
        return
    unknown = Customer.objects.filter(pk=payment.customer_id or 0, stripe_customer_id="")
    unknown.update(stripe_customer_id=refs.customer_id)
    # The provider's own page for cards and invoices is the page of this customer.
    agreed = Subscription.objects.filter(pk=payment.subscription_id or 0)
    agreed.filter(provider_customer_id="").update(provider_customer_id=refs.customer_id)


def _move(payment: Payment, state: ProviderState, actor: str, now: datetime) -> None:
    payment.move_to(state.status)
    payment.failure = state.failure[:255]
    payment.save(update_fields=["status", "failure"])
    _record(f"payment.{state.status}", payment, actor, now, failure=payment.failure)


def _receive(payment: Payment, paid: Money, actor: str, now: datetime) -> None:
    if payment.status == Payment.Status.PAID:
        _notice_other_amount(payment, paid, now)
        return
    asked = payment.amount
    payment.move_to(Payment.Status.PAID)
    payment.paid_at, payment.paid_minor = now, paid.minor
    if paid.currency != asked.currency:
        payment.amount_minor, payment.currency = paid.minor, paid.currency
    payment.save(update_fields=["status", "paid_at", "paid_minor", "amount_minor", "currency"])
    _record("payment.paid", payment, actor, now, paid_minor=paid.minor, currency=paid.currency)
    order = payment.order
    if order is None:
        return
    misfit = _misfit(order, paid)
    if misfit is None:
        settle(order=order, payment=payment, actor=actor, now=now)
        return
    if misfit == MoneyCase.Kind.LATE_PAYMENT:
        _record("payment.late", payment, actor, now, order_status=order.status)
    open_case(
        kind=misfit,
        key=f"payment:{payment.pk}",
        now=now,
        payment=payment,
        order=order,
        amount=paid,
        detail={
            "order_status": order.status,
            "due_minor": order.total_minor,
            "due_currency": order.currency,
            "asked_minor": asked.minor,
            "asked_currency": asked.currency,
            "credit": "its money went back" if _is_for_less(misfit, order, paid) else "",
        },
    )


def _misfit(order: Order, paid: Money) -> MoneyCase.Kind | None:
    if order.is_paid:
        return MoneyCase.Kind.SECOND_PAYMENT
    if order.status != Order.Status.PENDING:
        return MoneyCase.Kind.LATE_PAYMENT
    if paid.currency != order.currency:
        return MoneyCase.Kind.WRONG_CURRENCY
    if paid != order.total or has_lost_credit(order=order):
        return MoneyCase.Kind.WRONG_AMOUNT
    return None


def _is_for_less(misfit: MoneyCase.Kind, order: Order, paid: Money) -> bool:
    """It was asked for, and is too little by now: an earlier purchase's money went back."""
    return misfit == MoneyCase.Kind.WRONG_AMOUNT and paid == order.total


def _notice_other_amount(payment: Payment, paid: Money, now: datetime) -> None:
    """A paid payment never changes its amount; a provider that says so is shown to staff."""
    if paid == payment.paid:
        return
    open_case(
        kind=MoneyCase.Kind.WRONG_AMOUNT,
        key=f"payment:{payment.pk}:changed:{paid.minor}",
        now=now,
        payment=payment,
        order=payment.order,
        amount=paid,
        detail={"booked_minor": payment.paid_minor, "booked_currency": payment.currency},
    )


def _record(kind: str, payment: Payment, actor: str, now: datetime, **data: object) -> None:
    record(
        kind,
        subject=payment.subject,
        actor=actor,
        at=now,
        customer_id=payment.customer_id,
        order_id=payment.order_id,
        gateway=payment.gateway,
        **data,
    )
