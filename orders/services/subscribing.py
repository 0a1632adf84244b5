"""Change a running subscription: cancel, resume, another plan, the provider's own page."""

from __future__ import annotations

import uuid
from datetime import datetime

from catalog.models import ProductTier
from catalog.snapshot import catalog_snapshot
from orders.chat_link import chat_link
from orders.errors import CannotRenew, UnknownSubscription
from orders.gateways.protocol import (
    PlanChange,
    PlanPreview,
    RecurringTerms,
)
from orders.gateways.registry import gateway
from orders.models import Order, Subscription
from orders.quoting import Wish, facts_of, list_price
from orders.references import first_payment, subscription_reference
from orders.services.applying import sync_payment
from orders.services.stopping import note_renewal


def cancel_subscription(
    *, subscription_id: int, customer_id: int, actor: str, now: datetime
) -> Subscription:
    """Renew no more; what is paid keeps its time. Safe to repeat.

    Raises:
        UnknownSubscription: no such subscription, or not this customer's.
        GatewayError: the provider was not reached; nothing changed.
    """
    subscription = _own(subscription_id, customer_id)
    if not subscription.will_renew:
        return subscription
    state = gateway(subscription.gateway).cancel_subscription(
        subscription_reference(subscription)
    )
    return note_renewal(subscription_id=subscription_id, state=state, actor=actor, now=now)


def resume_subscription(
    *, subscription_id: int, customer_id: int, actor: str, now: datetime
) -> Subscription:
    """Renew again, while the paid time still runs. Safe to repeat.

    Raises:
        UnknownSubscription: no such subscription, or not this customer's.
        CannotRenew: it has ended; only a new order can begin another.
        GatewayError: the provider refused or was not reached; nothing changed.
    """
    subscription = _own(subscription_id, customer_id)
    if not subscription.is_live:
        raise CannotRenew(f"subscription {subscription_id} is {subscription.status}")
    if subscription.will_renew:
        return subscription
    state = gateway(subscription.gateway).resume_subscription(
        subscription_reference(subscription)
    )
    return note_renewal(subscription_id=subscription_id, state=state, actor=actor, now=now)


def preview_plan(
    *, subscription_id: int, customer_id: int, tier_id: int, now: datetime
) -> PlanPreview:
    """Say what renewing another tier instead would cost now and later, changing nothing.

    A higher level begins at once and charges the difference; a lower one begins with the next
    period and charges nothing now.

    Raises:
        UnknownSubscription: no such subscription, or not this customer's.
        CannotRenew: it has ended, or the tier is no other tier of the same product.
        GatewayError: the provider cannot change plans, or was not reached.
    """
    subscription = _own(subscription_id, customer_id)
    tier = ProductTier.objects.filter(pk=tier_id).first()
    same_product = tier is not None and tier.product_id == subscription.tier.product_id
    if tier is None or not same_product or tier_id == subscription.tier_id:
        raise CannotRenew("a plan changes to another tier of the same product")
    if not subscription.is_live:
        raise CannotRenew(f"subscription {subscription_id} is {subscription.status}")
    change = PlanChange(
        key=uuid.uuid4(),
        subscription=subscription_reference(subscription),
        tier_id=tier_id,
        title=_title(tier, subscription.customer.language),
        terms=RecurringTerms(
            months=max(1, subscription.months),
            price=list_price(
                facts=facts_of(subscription.customer, is_first_purchase=False),
                wish=Wish(
                    tier_id=tier_id,
                    months=max(1, subscription.months),
                    currency=subscription.currency,
                ),
                now=now,
            ).total,
        ),
        is_immediate=tier.rank > subscription.tier.rank,
    )
    return gateway(subscription.gateway).preview_change(change)


def change_plan(
    *,
    subscription_id: int,
    customer_id: int,
    preview: PlanPreview,
    actor: str,
    now: datetime,
) -> Subscription:
    """Carry out a previewed change of plan; tier and price change when the provider was paid.

    Until then, and if it never is, everything stays as it was.

    Raises:
        UnknownSubscription: no such subscription, or not this customer's.
        GatewayError: the provider refused or was not reached; nothing changed.
    """
    subscription = _own(subscription_id, customer_id)
    gateway(subscription.gateway).change_plan(preview)
    sync_subscription(subscription_id=subscription_id, actor=actor, now=now)
    return Subscription.objects.get(pk=subscription_id)


def portal_url(*, subscription_id: int, customer_id: int) -> str:
    """Make the address where the customer manages cards and invoices at the provider.

    Raises:
        UnknownSubscription: no such subscription, or not this customer's.
        GatewayError: the provider has no such page, or was not reached.
    """
    subscription = _own(subscription_id, customer_id)
    return gateway(subscription.gateway).portal_url(
        subscription_reference(subscription),
        return_url=chat_link(customer=subscription.customer),
    )


def sync_subscription(*, subscription_id: int, actor: str, now: datetime) -> Order | None:
    """Ask the provider about a subscription and apply the answer; safe at any time.

    Raises:
        UnknownSubscription: no such subscription, or nothing was ever paid for it.
        GatewayError: the provider was not reached.
    """
    subscription = Subscription.objects.filter(pk=subscription_id).first()
    payment = None if subscription is None else first_payment(subscription)
    if payment is None:
        raise UnknownSubscription(f"no subscription {subscription_id}")
    return sync_payment(payment_id=payment.pk, actor=actor, now=now)


def _own(subscription_id: int, customer_id: int) -> Subscription:
    own = Subscription.objects.filter(pk=subscription_id, customer_id=customer_id)
    subscription = own.select_related("customer", "tier__product").first()
    if subscription is None:
        raise UnknownSubscription(f"customer {customer_id} has no such subscription")
    return subscription


def _title(tier: ProductTier, language: str) -> str:
    catalog = catalog_snapshot()
    try:
        view = catalog.tier(tier.pk)
    except KeyError:
        raise CannotRenew(f"tier {tier.pk} is not offered now") from None
    product = catalog.product(view.product_id)
    return f"{catalog.text(product.names, language)} – {catalog.text(view.names, language)}"
