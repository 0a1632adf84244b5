"""Change a running subscription: cancel, resume, another plan, the provider's own page."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from catalog.models import ProductTier
from catalog.snapshot import catalog_snapshot
from orders.chat_link import chat_link
from orders.errors import CannotRenew, UnknownSubscription
from orders.gateways.protocol import (
    GatewayError,
    PlanChange,
    PlanPreview,
    RecurringTerms,
)
from orders.gateways.registry import gateway, gateways
from orders.models import Order, Subscription
from orders.quoting import Wish, facts_of, list_price
from orders.references import (
    agreed_quantity,
    first_payment,
    return_page,
    subscription_reference,
)
from orders.services.applying import sync_payment
from orders.services.stopping import note_renewal
from shopbot.kernel.errors import Conflict
from shopbot.kernel.models import Event
from shopbot.kernel.money import Money

#: A preview that is older is made anew and asked about again.
PREVIEW_LIFE: Final = timedelta(minutes=30)
#: The provider's clock may run ahead of ours.
CLOCK_LEEWAY: Final = timedelta(minutes=5)


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

    With Stars it renews once the customer agrees in Telegram too.

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


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """Another tier that a subscription may renew, and what each renewal of it charges."""

    tier_id: int
    price: Money
    is_higher: bool


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """The preview that a customer said yes to, as a button can carry it."""

    tier_id: int
    computed_at: datetime
    fingerprint: str


class PlanPriceChanged(Conflict):
    """The preview is no longer what was shown; ``preview`` is, and nothing was changed."""

    code = "plan_price_changed"

    def __init__(self, preview: PlanPreview) -> None:
        super().__init__()
        self.preview = preview


def plan_choices(
    *, subscription_id: int, customer_id: int, now: datetime
) -> tuple[PlanChoice, ...]:
    """List what a subscription may renew instead, by rank; nothing where plans cannot change.

    Raises:
        UnknownSubscription: no such subscription, or not this customer's.
    """
    subscription = _own(subscription_id, customer_id)
    if not may_change_plan(subscription):
        return ()
    present = (subscription.tier_id, subscription.next_tier_id or 0)
    others = ProductTier.objects.filter(
        product_id=subscription.tier.product_id,
        billing_period=ProductTier.BillingPeriod.MONTH,
    ).exclude(pk__in=present)
    catalog = catalog_snapshot()
    return tuple(
        PlanChoice(
            tier_id=tier.pk,
            price=_terms(subscription, tier.pk, now).price,
            is_higher=tier.rank > subscription.tier.rank,
        )
        for tier in sorted(others, key=lambda tier: tier.rank)
        if catalog.is_on_sale(tier.pk, now)
    )


def may_change_plan(subscription: Subscription) -> bool:
    """Whether it may be put on another plan now: it renews, is paid, and its provider can."""
    provider = gateways().get(subscription.gateway)
    return (
        provider is not None
        and provider.capabilities.plan_changes
        and subscription.will_renew
        and subscription.status == Subscription.Status.ACTIVE
    )


def preview_plan(
    *, subscription_id: int, customer_id: int, tier_id: int, now: datetime
) -> PlanPreview:
    """Say what renewing another tier instead would cost now and later, changing nothing.

    A higher level begins at once and charges the difference; a lower one begins with the next
    period and charges nothing now.

    Raises:
        UnknownSubscription: no such subscription, or not this customer's.
        CannotRenew: it does not renew, or the tier is no other tier of the same product.
        GatewayError: the provider cannot change plans, or was not reached.
    """
    subscription = _own(subscription_id, customer_id)
    return _preview(subscription, tier_id, at=None, now=now)


def plan_fingerprint(preview: PlanPreview) -> str:
    """Name what a preview promises: two that promise the same have the same name."""
    promised = (
        preview.change.tier_id,
        preview.change.is_immediate,
        str(preview.due_now),
        str(preview.renewal_price),
        int(preview.renews_at.timestamp()),
    )
    return hashlib.sha256(repr(promised).encode()).hexdigest()[:8]


def confirm_plan(
    *, subscription_id: int, customer_id: int, shown: ShownPlan, actor: str, now: datetime
) -> Subscription:
    """Change to the plan that a customer said yes to, at exactly the amount that was shown.

    Safe to repeat: the change is named by subscription, tier and moment of the preview
    (``change-<name>`` at the provider).

    Raises:
        UnknownSubscription: no such subscription, or not this customer's.
        PlanPriceChanged: the preview is too old, older than a stop of the renewal, or no
            longer true; nothing was changed.
        CannotRenew: it does not renew, or the tier is no other tier of the same product.
        GatewayError: the provider refused or was not reached.
    """
    subscription = _own(subscription_id, customer_id)
    if shown.tier_id in (subscription.tier_id, subscription.next_tier_id):
        return subscription
    is_fresh = now - PREVIEW_LIFE < shown.computed_at <= now + CLOCK_LEEWAY
    if not is_fresh or _was_switched(subscription, since=shown.computed_at):
        raise PlanPriceChanged(_preview(subscription, shown.tier_id, at=None, now=now))
    try:
        preview = _preview(subscription, shown.tier_id, at=shown.computed_at, now=now)
    except GatewayError as error:
        if not error.permanent:
            raise
        # The moment lies in a period that is over by now.
        fresh = _preview(subscription, shown.tier_id, at=None, now=now)
        raise PlanPriceChanged(fresh) from error
    if plan_fingerprint(preview) != shown.fingerprint:
        raise PlanPriceChanged(_preview(subscription, shown.tier_id, at=None, now=now))
    return change_plan(
        subscription_id=subscription_id,
        customer_id=customer_id,
        preview=preview,
        actor=actor,
        now=now,
    )


def _was_switched(subscription: Subscription, *, since: datetime) -> bool:
    """Whether its renewal was stopped since: that released the plan that waited.

    The provider remembers a change by the moment of its preview, and would answer a repeated
    one with the plan it released.
    """
    stopped = Event.objects.filter(
        subject=subscription.subject, kind="subscription.cancelled", happened_at__gte=since
    )
    return stopped.exists()


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
    payment = first_payment(subscription)
    # A provider refuses to lead nowhere: without the bot's name, the shop's own page is known.
    page = "" if payment is None else return_page(payment)
    return gateway(subscription.gateway).portal_url(
        subscription_reference(subscription),
        return_url=chat_link(customer=subscription.customer) or page,
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


def _preview(
    subscription: Subscription, tier_id: int, *, at: datetime | None, now: datetime
) -> PlanPreview:
    tier = ProductTier.objects.filter(pk=tier_id).first()
    same_product = tier is not None and tier.product_id == subscription.tier.product_id
    if tier is None or not same_product or tier_id == subscription.tier_id:
        raise CannotRenew("a plan changes to another tier of the same product")
    if not subscription.is_live or not subscription.will_renew:
        raise CannotRenew(f"subscription {subscription.pk} does not renew")
    moment = at or now
    change = PlanChange(
        key=uuid.uuid5(subscription.key, f"{tier_id}:{int(moment.timestamp())}"),
        subscription=subscription_reference(subscription),
        tier_id=tier_id,
        title=_title(tier, subscription.customer.language),
        terms=_terms(subscription, tier_id, now),
        is_immediate=tier.rank > subscription.tier.rank,
        at=at,
    )
    return gateway(subscription.gateway).preview_change(change)


def _terms(subscription: Subscription, tier_id: int, now: datetime) -> RecurringTerms:
    months = max(1, subscription.months)
    quote = list_price(
        facts=facts_of(subscription.customer, is_first_purchase=False),
        wish=Wish(
            tier_id=tier_id,
            months=months,
            quantity=agreed_quantity(subscription),
            currency=subscription.currency,
        ),
        now=now,
    )
    return RecurringTerms(months=months, price=quote.total)


def _title(tier: ProductTier, language: str) -> str:
    catalog = catalog_snapshot()
    try:
        view = catalog.tier(tier.pk)
    except KeyError:
        raise CannotRenew(f"tier {tier.pk} is not offered now") from None
    product = catalog.product(view.product_id)
    return f"{catalog.text(product.names, language)} – {catalog.text(view.names, language)}"
