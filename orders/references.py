"""How is a row of ours named to its provider?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from orders.gateways.protocol import (
    PaymentNotice,
    PaymentReference,
    Refs,
    RefundState,
    RefundStatus,
    SubscriptionReference,
)
from orders.models import Notice, OrderLine, Payment, Refund, Subscription
from shopbot.kernel.models import Event


def payment_reference(payment_id: int) -> PaymentReference:
    """Describe a payment with everything that was ever said about it; five queries at most."""
    payment = Payment.objects.select_related("customer", "subscription").get(pk=payment_id)
    customer = payment.customer
    return PaymentReference(
        payment_key=payment.key,
        refs=_refs(payment),
        amount=payment.amount,
        telegram_id=payment.payer_telegram_id or (customer.telegram_id if customer else None),
        expires_at=payment.expires_at,
        notices=_notices(payment),
        known_refunds=_known_refunds(payment),
        is_stopped_here=payment.subscription is not None
        and payment.subscription.is_stopped_here,
        stopped_at=_stopped_at(payment.subscription),
    )


def subscription_reference(subscription: Subscription) -> SubscriptionReference:
    """Describe a subscription by the payment that began it; two queries."""
    first = first_payment(subscription)
    return SubscriptionReference(
        key=subscription.key,
        external_id=subscription.external_id,
        provider_customer_id=subscription.provider_customer_id,
        telegram_id=subscription.customer.telegram_id,
        first_payment=Refs() if first is None else _refs(first),
    )


def return_page(payment: Payment) -> str:
    """Return the address of our page that brings a payment up to date and leads to the chat."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/payments/return/{payment.key}/"


def first_payment(subscription: Subscription) -> Payment | None:
    """Return the payment that began a subscription: the paid one, else the latest."""
    begun = Payment.objects.filter(subscription=subscription, starts_subscription=True)
    return begun.order_by("settled_at", "-pk").first()


def agreed_quantity(subscription: Subscription) -> int:
    """Return how many of it a subscription renews: as many as its first order bought."""
    lines = OrderLine.objects.filter(order__payments__subscription=subscription)
    begun = lines.filter(order__payments__starts_subscription=True).order_by("pk")
    return begun.values_list("quantity", flat=True).first() or 1


def _stopped_at(subscription: Subscription | None) -> datetime | None:
    """Return when a renewal that waits for its customer's word was stopped."""
    if subscription is None or subscription.will_renew or subscription.is_stopped_here:
        return None
    stops = Event.objects.filter(subject=subscription.subject, kind="subscription.cancelled")
    return stops.order_by("pk").values_list("happened_at", flat=True).last()


def _refs(payment: Payment) -> Refs:
    refs = payment.refs()
    if payment.subscription is None:
        return refs
    return replace(refs, subscription_id=payment.subscription.external_id)


def _notices(payment: Payment) -> tuple[PaymentNotice, ...]:
    """Everything said about the payment or, within a subscription, about any of its charges."""
    about = Q(payment=payment)
    if payment.subscription_id is not None:
        about |= Q(payment__subscription_id=payment.subscription_id)
    found = Notice.objects.filter(about, provider=payment.gateway).order_by("pk")
    return tuple(notice.as_value() for notice in found)


def _known_refunds(payment: Payment) -> tuple[RefundState, ...]:
    found = Refund.objects.filter(payment=payment).exclude(external_id="")
    return tuple(
        RefundState(
            external_id=refund.external_id,
            amount=refund.amount,
            status=RefundStatus(refund.status),
            key=str(refund.key),
        )
        for refund in found.order_by("pk")
    )
