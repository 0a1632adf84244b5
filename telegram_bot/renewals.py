"""What does a screen about renewals ask of the shop? One synchronous block each."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import QuerySet

from orders.errors import UnknownSubscription
from orders.gateways.protocol import PlanPreview
from orders.gateways.registry import gateways
from orders.models import Subscription
from orders.services.subscribing import (
    PlanChoice,
    ShownPlan,
    cancel_subscription,
    confirm_plan,
    may_change_plan,
    plan_choices,
    plan_fingerprint,
    portal_url,
    preview_plan,
    resume_subscription,
)
from shopbot.kernel.money import Money
from telegram_bot.callbacks import ConfirmPlan
from telegram_bot.visit import Visit


@dataclass(frozen=True, slots=True)
class Renewal:
    """A renewal agreement that may still charge; ``fix_url`` is where a failed one is paid.

    ``tier_id`` is what the customer has, ``next_tier_id`` what ``next_price`` buys next.
    """

    id: int
    tier_id: int
    next_tier_id: int
    gateway: str
    price: Money
    next_price: Money
    months: int
    will_renew: bool
    is_past_due: bool
    renews_at: datetime | None
    fix_url: str
    is_stopped_here: bool = False
    may_change: bool = False
    has_portal: bool = False


@dataclass(frozen=True, slots=True)
class Plans:
    """A renewal and what it may be changed to."""

    renewal: Renewal
    choices: tuple[PlanChoice, ...]


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """A previewed change, as a screen shows it and its button names it."""

    renewal: Renewal
    tier_id: int
    due_now: Money
    renewal_price: Money
    renews_at: datetime
    is_immediate: bool
    moment: int
    fingerprint: str


def own_renewals(*, customer_id: int) -> tuple[Renewal, ...]:
    """Return the customer's agreements that may still charge, oldest first; one query."""
    return tuple(_renewal(row) for row in _live(customer_id))


def own_renewal(*, customer_id: int, subscription_id: int) -> Renewal:
    """Return one of the customer's agreements.

    Raises:
        UnknownSubscription: no such one, somebody else's, or ended.
    """
    row = _live(customer_id).filter(pk=subscription_id).first()
    if row is None:
        raise UnknownSubscription(f"customer {customer_id} has no such subscription")
    return _renewal(row)


def set_renewal(
    *, customer_id: int, subscription_id: int, renews: bool, at: datetime
) -> Renewal:
    """Let an agreement renew or not, and return it as it is then.

    Raises:
        ShopError: what ``cancel_subscription`` and ``resume_subscription`` refuse.
    """
    change = resume_subscription if renews else cancel_subscription
    change(
        subscription_id=subscription_id,
        customer_id=customer_id,
        actor=f"customer:{customer_id}",
        now=at,
    )
    return own_renewal(customer_id=customer_id, subscription_id=subscription_id)


def plans(*, customer_id: int, subscription_id: int, at: datetime) -> Plans:
    """Return what an agreement may be changed to.

    Raises:
        UnknownSubscription: no such one, somebody else's, or ended.
    """
    renewal = own_renewal(customer_id=customer_id, subscription_id=subscription_id)
    found = plan_choices(subscription_id=subscription_id, customer_id=customer_id, now=at)
    return Plans(renewal, found)


def plan_offer(
    *, customer_id: int, subscription_id: int, tier_id: int, at: datetime
) -> PlanOffer:
    """Preview a change of plan.

    Raises:
        ShopError: what ``preview_plan`` refuses.
    """
    renewal = own_renewal(customer_id=customer_id, subscription_id=subscription_id)
    preview = preview_plan(
        subscription_id=subscription_id, customer_id=customer_id, tier_id=tier_id, now=at
    )
    return offer_of(renewal, preview)


def offer_of(renewal: Renewal, preview: PlanPreview) -> PlanOffer:
    """Describe a preview."""
    return PlanOffer(
        renewal=renewal,
        tier_id=preview.change.tier_id,
        due_now=preview.due_now,
        renewal_price=preview.renewal_price,
        renews_at=preview.renews_at,
        is_immediate=preview.change.is_immediate,
        moment=int(preview.computed_at.timestamp()),
        fingerprint=plan_fingerprint(preview),
    )


def change(*, visit: Visit, data: ConfirmPlan) -> Renewal:
    """Carry out the change that the screen offered, and return the agreement as it is then.

    Raises:
        ShopError: what ``confirm_plan`` refuses.
    """
    confirm_plan(
        subscription_id=data.subscription_id,
        customer_id=visit.customer_id,
        shown=ShownPlan(
            tier_id=data.tier_id,
            computed_at=datetime.fromtimestamp(data.moment, tz=UTC),
            fingerprint=data.fingerprint,
        ),
        actor=f"customer:{visit.customer_id}",
        now=visit.at,
    )
    return own_renewal(customer_id=visit.customer_id, subscription_id=data.subscription_id)


def portal(*, customer_id: int, subscription_id: int) -> str:
    """Make the address of the provider's own page about an agreement.

    Raises:
        ShopError: what ``portal_url`` refuses.
    """
    return portal_url(subscription_id=subscription_id, customer_id=customer_id)


def _live(customer_id: int) -> QuerySet[Subscription]:
    return Subscription.objects.live().filter(customer_id=customer_id).order_by("pk")


def _renewal(row: Subscription) -> Renewal:
    provider = gateways().get(row.gateway)
    return Renewal(
        id=row.pk,
        tier_id=row.tier_id,
        next_tier_id=row.next_tier_id or row.tier_id,
        gateway=row.gateway,
        price=row.price,
        next_price=row.next_price,
        months=row.months,
        will_renew=row.will_renew,
        is_past_due=row.status == Subscription.Status.PAST_DUE,
        renews_at=row.current_period_end,
        fix_url=row.action_url,
        is_stopped_here=row.is_stopped_here,
        may_change=may_change_plan(row),
        has_portal=provider is not None and provider.capabilities.customer_portal,
    )
