"""Move running subscribers to a published price list from the date it names."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from orders.gateways.protocol import GatewayError, PlanChange, PlanPreview, RecurringTerms
from orders.gateways.registry import gateways
from orders.models import Order, Subscription
from orders.quoting import renewal_price
from orders.references import agreed_quantity, subscription_reference
from pricing.book import price_book
from pricing.engine.listing import price_point
from pricing.models import PriceVersion
from shopbot.kernel.errors import ShopError
from shopbot.kernel.events import record
from shopbot.kernel.money import Money

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Move:
    subscription: Subscription
    version_id: int
    price: Money


def move_subscribers(*, now: datetime, limit: int) -> int:
    """Have subscriptions renew at the price of a list whose date has come; return how many.

    The period that is paid stays as it is; the next renewal charges the new price. Safe to
    repeat: a subscription moves to a list once, and the provider knows the move by a key made
    of both. Where a provider cannot change a price (Stars), the old one stays. Asks providers
    outside of every transaction.
    """
    moved = 0
    for subscription, version_id in list(_due(now))[:limit]:
        try:
            move = _Move(subscription, version_id, _new_price(subscription, now))
            if move.price != subscription.price:
                _tell_provider(move, now)
        except (ShopError, GatewayError) as error:
            logger.warning("subscription %s keeps its price: %s", subscription.pk, error)
            continue
        _note(move, now)
        moved += 1
    return moved


def _due(now: datetime) -> Iterator[tuple[Subscription, int]]:
    """Name each subscription that a list takes along, with the list."""
    able = [name for name, each in gateways().items() if each.capabilities.plan_changes]
    going_on = Subscription.objects.live().filter(will_renew=True, gateway__in=able)
    going_on = going_on.exclude(external_id="").select_related("customer")
    book = price_book()
    for version in PriceVersion.objects.filter(moves_at__lte=now).order_by("pk"):
        begun_before = going_on.filter(
            tier__in=version.prices.values("tier"), started_at__lt=version.valid_from
        )
        waiting = begun_before.exclude(price_version=version) | begun_before.filter(
            price_version__isnull=True
        )
        for row in waiting.order_by("pk"):
            tier = book.tiers.get(row.tier_id)
            # A later list may have taken the tier along already.
            if tier and price_point(tier, now, row.started_at).version_id == version.pk:
                yield row, version.pk


def _new_price(subscription: Subscription, now: datetime) -> Money:
    orders = Order.objects.filter(payments__subscription=subscription).order_by("pk")
    region = orders.values_list("region", flat=True).first()
    return renewal_price(
        customer=subscription.customer,
        region=region or subscription.customer.region_or_guess,
        tier_id=subscription.tier_id,
        months=max(1, subscription.months),
        quantity=agreed_quantity(subscription),
        currency=subscription.currency,
        subscribed_at=subscription.started_at,
        now=now,
    ).total


def _tell_provider(move: _Move, now: datetime) -> None:
    subscription = move.subscription
    change = PlanChange(
        key=uuid.uuid5(subscription.key, f"price-version:{move.version_id}"),
        subscription=subscription_reference(subscription),
        tier_id=subscription.tier_id,
        title=str(subscription.tier),
        terms=RecurringTerms(months=max(1, subscription.months), price=move.price),
        is_immediate=False,
    )
    provider = gateways()[subscription.gateway]
    provider.change_plan(
        PlanPreview(
            change=change,
            due_now=Money.zero(move.price.currency),
            renews_at=subscription.current_period_end or now,
            renewal_price=move.price,
            computed_at=now,
        )
    )


@transaction.atomic
def _note(move: _Move, now: datetime) -> None:
    subscription = Subscription.objects.locked().get(pk=move.subscription.pk)
    subscription.price_version_id = move.version_id
    subscription.save(update_fields=["price_version"])
    record(
        "subscription.price_moved",
        subject=subscription.subject,
        actor="beat",
        at=now,
        customer_id=subscription.customer_id,
        subscription_id=subscription.pk,
        currency=move.price.currency,
        price_version_id=move.version_id,
        price_minor=move.price.minor,
        before_minor=move.subscription.price_minor,
    )
