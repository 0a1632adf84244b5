"""Bring a subscription, and an order for each charge of it, to what the provider says."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from catalog.levels import RANK
from catalog.models import ProductTier
from catalog.snapshot import CatalogSnapshot, texts_of
from entitlements.services.extending import shorten_source
from entitlements.services.granting import grants_for_tier
from orders.gateways.protocol import (
    ChargeReason,
    ChargeState,
    SubscriptionState,
    SubscriptionStatus,
)
from orders.models import Order, OrderLine, Payment, Subscription
from orders.recording import record_subscription
from orders.references import agreed_quantity
from orders.services.disputing import apply_disputes
from orders.services.refund_state import apply_refunds, upgraded_by
from orders.services.settling import settle
from pricing.engine.values import PriceLine, Quote
from shopbot.kernel.events import record
from shopbot.kernel.money import Money

MOMENT: Final = timedelta(seconds=1)


def apply_subscription(
    *, payment: Payment, state: SubscriptionState, actor: str, now: datetime
) -> None:
    """Bring the subscription of a locked payment to this state, each completed charge included.

    Each charge but the first, which is the payment that began it, becomes a paid order once.
    """
    subscription = Subscription.objects.locked().get(payments=payment)
    state = _of_this_shop(state)
    _learn(subscription, state)
    # A state asked for earlier and applied later says nothing new about the agreement.
    if subscription.checked_at is None or subscription.checked_at <= now:
        _bring(subscription, state, actor, now)
    for charge in state.charges:
        if charge.reason != ChargeReason.FIRST:
            _apply_charge(subscription, charge, actor, now)


def _of_this_shop(state: SubscriptionState) -> SubscriptionState:
    """Leave out tiers that are none of ours: another shop's prices may be on the account."""
    named = {state.tier_id, state.next_tier_id, *(each.tier_id for each in state.charges)}
    wanted = named - {None}
    known = set(ProductTier.objects.in_bulk(wanted)) if wanted else set()
    if wanted <= known:
        return state
    charges = tuple(
        charge if charge.tier_id in known else replace(charge, tier_id=None)
        for charge in state.charges
    )
    return replace(
        state,
        tier_id=state.tier_id if state.tier_id in known else None,
        next_tier_id=state.next_tier_id if state.next_tier_id in known else None,
        charges=charges,
    )


def _learn(subscription: Subscription, state: SubscriptionState) -> None:
    if state.external_id and not subscription.external_id:
        subscription.external_id = state.external_id
        subscription.save(update_fields=["external_id"])


def _bring(
    subscription: Subscription, state: SubscriptionState, actor: str, now: datetime
) -> None:
    before = (subscription.status, subscription.will_renew, subscription.tier_id)
    status = SubscriptionStatus(state.status)
    subscription.status = Subscription.Status(status)
    is_over = status == SubscriptionStatus.ENDED
    if state.will_renew is not None:
        subscription.will_renew = state.will_renew
    if is_over:
        subscription.will_renew = False
    if not subscription.may_charge:
        subscription.stop_due_at = None
    subscription.ended_at = (subscription.ended_at or now) if is_over else None
    subscription.current_period_end = (
        state.current_period_end or subscription.current_period_end
    )
    if state.tier_id is not None:
        subscription.tier_id = state.tier_id
    if state.price is not None:
        subscription.price_minor = state.price.minor
        subscription.currency = state.price.currency
    _plan_next(subscription, state)
    subscription.action_url = state.action_url
    subscription.next_attempt_at = state.next_attempt_at
    subscription.checked_at = now
    subscription.save(
        update_fields=[
            "status", "will_renew", "ended_at", "current_period_end", "tier", "action_url",
            "next_attempt_at", "checked_at", "price_minor", "currency", "stop_due_at",
            "next_tier", "next_price_minor",
        ]
    )  # fmt: skip
    _tell(subscription, before, actor, now)


def _plan_next(subscription: Subscription, state: SubscriptionState) -> None:
    """Note the lower plan that waits for the end of what is paid; None where there is none."""
    subscription.next_tier_id = subscription.next_price_minor = None
    if state.next_tier_id is not None and state.next_price is not None:
        subscription.next_tier_id = state.next_tier_id
        subscription.next_price_minor = state.next_price.minor


def _tell(
    subscription: Subscription,
    before: tuple[str, bool, int],
    actor: str,
    now: datetime,
) -> None:
    status, will_renew, tier_id = before
    kinds = []
    if subscription.status != status:
        kinds.append(f"subscription.{subscription.status}")
    if subscription.will_renew != will_renew and subscription.is_live:
        kinds.append(
            "subscription.resumed" if subscription.will_renew else "subscription.cancelled"
        )
    if subscription.tier_id != tier_id:
        kinds.append("subscription.changed")
    for kind in kinds:
        record_subscription(kind, subscription, actor=actor, now=now)


def _apply_charge(
    subscription: Subscription, charge: ChargeState, actor: str, now: datetime
) -> None:
    payment = Payment.objects.filter(
        gateway=subscription.gateway, external_id=charge.external_id
    ).first()
    if payment is None:
        payment = _write(subscription, charge, now)
        order = payment.order
        if order is not None:
            settle(order=order, payment=payment, actor=actor, now=now)
            if charge.reason == ChargeReason.CHANGE:
                _replace_lower(subscription, order, actor, now)
    apply_refunds(payment=payment, states=charge.refunds, actor=actor, now=now)
    apply_disputes(payment=payment, states=charge.disputes, actor=actor, now=now)


def _write(subscription: Subscription, charge: ChargeState, now: datetime) -> Payment:
    order = _write_order(subscription, charge, now)
    return Payment.objects.create(
        order=order,
        customer_id=subscription.customer_id,
        gateway=subscription.gateway,
        status=Payment.Status.PAID,
        amount_minor=charge.paid.minor,
        currency=charge.paid.currency,
        subscription=subscription,
        external_id=charge.external_id,
        intent_id=charge.refs.intent_id,
        charge_id=charge.refs.charge_id,
        paid_minor=charge.paid.minor,
        opened_at=charge.paid_at,
        paid_at=now,
    )


def _write_order(subscription: Subscription, charge: ChargeState, now: datetime) -> Order:
    quote = _quote(subscription, charge)
    order = Order.objects.create(
        customer_id=subscription.customer_id,
        placement_key=_placement_key(subscription, charge),
        currency=quote.currency,
        base_minor=quote.base_minor,
        total_minor=quote.total_minor,
        region=quote.region,
        quote=quote.as_json().decode(),
        placed_at=now,
        expires_at=now + timedelta(hours=1),
    )
    order.customer = subscription.customer
    first = _first_line(subscription)
    changed = quote.tier_id != first.tier_id
    _write_line(order, subscription, first, charge, changed_tier=changed)
    record(
        "order.placed",
        subject=order.subject,
        actor=subscription.gateway,
        at=now,
        customer_id=order.customer_id,
        number=order.number,
        total_minor=order.total_minor,
        currency=order.currency,
        subscription_id=subscription.pk,
        reason=str(charge.reason),
    )
    return order


def _write_line(
    order: Order,
    subscription: Subscription,
    first: OrderLine,
    charge: ChargeState,
    *,
    changed_tier: bool,
) -> None:
    tier_id = charge.tier_id or subscription.tier_id
    names = (first.product_name, first.tier_name, first.level)
    terms = dict(first.terms)
    if changed_tier:
        names, terms = _names_and_terms(tier_id, subscription)
    if charge.reason == ChargeReason.CHANGE:
        # Learned of after its period, it is booked all the same: what was given lasts a moment.
        terms["ends_at"] = max(charge.period_end, order.placed_at + MOMENT).isoformat()
    else:
        # What renews may have begun as a change for the rest of a period.
        terms.pop("ends_at", None)
    terms["tracks_stock"] = False
    # A renewal of the same brings more time, not the same things again.
    terms["delivers"] = changed_tier
    OrderLine.objects.create(
        order=order,
        tier_id=tier_id,
        product_name=names[0],
        tier_name=names[1],
        level=names[2],
        goods_type=first.goods_type,
        billing_period=ProductTier.BillingPeriod.MONTH,
        quantity=1,
        months=max(1, subscription.months),
        unit_minor=charge.paid.minor,
        total_minor=charge.paid.minor,
        terms=terms,
    )


def _names_and_terms(
    tier_id: int, subscription: Subscription
) -> tuple[tuple[str, str, str], dict[str, object]]:
    # From the rows: a plan that was charged for may have left the catalog since it was chosen.
    tier = ProductTier.objects.select_related("product").get(pk=tier_id)
    product_names, tier_names = texts_of(tier.product, "name"), texts_of(tier, "name")
    language = subscription.customer.language
    quantity = agreed_quantity(subscription)
    given = grants_for_tier(tier_id=tier_id, source="", months=1, quantity=quantity)
    names = (
        CatalogSnapshot.text(product_names, language),
        CatalogSnapshot.text(tier_names, language),
        tier.level,
    )
    return names, {
        "grants": [
            {"type_id": each.type_id, "level": each.level, "seats": each.seats}
            for each in given
        ],
        "grace_days": tier.grace_days,
        "product_names": dict(product_names),
        "tier_names": dict(tier_names),
    }


def _first_line(subscription: Subscription) -> OrderLine:
    """The line whose terms renew: of the latest order of the subscription's present tier."""
    lines = OrderLine.objects.filter(order__payments__subscription=subscription)
    same = lines.filter(tier_id=subscription.tier_id).order_by("-pk").first()
    return same or lines.order_by("pk")[0]


def _placement_key(subscription: Subscription, charge: ChargeState) -> str:
    """A charge has one order, even should two workers meet it at once."""
    name = f"{subscription.gateway}:{charge.external_id}"
    return f"charge:{hashlib.sha256(name.encode()).hexdigest()[:40]}"


def _quote(subscription: Subscription, charge: ChargeState) -> Quote:
    """The price of a charge is what was agreed when the subscription began."""
    paid: Money = charge.paid
    region = (
        Order.objects.filter(payments__subscription=subscription)
        .order_by("pk")
        .values_list("region", flat=True)
        .first()
    )
    return Quote(
        tier_id=charge.tier_id or subscription.tier_id,
        months=max(1, subscription.months),
        quantity=1,
        region=region or "",
        currency=paid.currency,
        lines=(PriceLine("base", paid.minor, paid.currency, {}),),
        total_minor=paid.minor,
        base_minor=paid.minor,
        unit_minor=paid.minor,
        book_version=0,
    )


def _replace_lower(subscription: Subscription, order: Order, actor: str, now: datetime) -> None:
    """After an immediate upgrade the lower level's paid time is in the new one's price."""
    new = order.lines.get()
    earlier = OrderLine.objects.filter(order__subscription=subscription).exclude(pk=new.pk)
    for line in earlier:
        if RANK[line.level] < RANK[new.level]:
            shorten_source(
                source=line.source,
                ends_at=now,
                actor=actor,
                now=now,
                reason=upgraded_by(order),
            )
