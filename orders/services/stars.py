"""What Telegram asks and tells about Stars, as the bot hands it on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from entitlements.models import Block
from orders.credit import has_lost_credit
from orders.gateways.signing import is_order_payload, order_of
from orders.gateways.stars import StarsGateway
from orders.gateways.stars_facts import paid_notice, refunded_notice, subscription_notice
from orders.models import Notice, Order, Payment, Subscription, UpgradeCredit
from orders.models.subscriptions import STARS_EARLY, STARS_PATIENCE
from orders.services.noticing import accept_and_apply
from shopbot.kernel.money import STARS, Money


@dataclass(frozen=True, slots=True)
class PreCheckoutAnswer:
    """Whether Telegram may take the money; ``error`` is a code, "" when it may.

    Codes: ``bad_payload``, ``not_yours``, ``unknown_order``, ``order_is_closed``,
    ``order_expired``, ``price_changed``, ``already_subscribed``, ``customer_blocked``.
    """

    ok: bool
    error: str = ""
    order_id: int | None = None


def check_pre_checkout(
    *,
    telegram_id: int,
    payload: str,
    currency: str,
    total_amount: int,
    now: datetime,
) -> PreCheckoutAnswer:
    """Decide whether Telegram may take this money; at most four queries and nothing else.

    A few more for an upgrade, whose price rests on money that may have gone back.
    The payload must be one that we wrote for this person and this amount. The stock was taken
    when the order was placed, so a pending order is one that can be delivered.
    """
    order_id = order_of(payload)
    amount = Money(total_amount, currency)
    if order_id is None:
        return PreCheckoutAnswer(ok=False, error="bad_payload")
    if not is_order_payload(payload, amount=amount, telegram_id=telegram_id):
        return PreCheckoutAnswer(ok=False, error="not_yours", order_id=order_id)
    renewed = _renewed(order_id)
    if renewed is not None and renewed.is_live and _may_be_due(renewed, now):
        error = "customer_blocked" if _fraud(customer=renewed.customer_id).exists() else ""
        return PreCheckoutAnswer(ok=not error, error=error, order_id=order_id)
    error = _refusal(order_id, amount, telegram_id, now)
    if not error and renewed is not None and _renews_already(renewed, now):
        error = "already_subscribed"
    return PreCheckoutAnswer(ok=not error, error=error, order_id=order_id)


def record_star_payment(
    *,
    telegram_id: int,
    payload: str,
    charge_id: str,
    currency: str,
    total_amount: int,
    paid_at: datetime,
    now: datetime,
    is_recurring: bool | None = None,
    is_first_recurring: bool | None = None,
    subscription_expires_at: datetime | None = None,
) -> Notice:
    """Store and apply a ``successful_payment``; safe to repeat by its charge id.

    Never refuses money: what does not fit an order waits in the money inbox. The notice's
    ``payment`` and its order say what became of it.
    """
    end = subscription_expires_at
    notice = paid_notice(
        charge_id=charge_id,
        payload=payload,
        amount_minor=total_amount,
        currency=currency,
        telegram_id=telegram_id,
        at=paid_at.isoformat(),
        is_recurring=bool(is_recurring),
        is_first_recurring=bool(is_first_recurring) if is_recurring else None,
        period_end=None if end is None else end.isoformat(),
    )
    return accept_and_apply(notice=notice, now=now)


def record_star_refund(
    *,
    telegram_id: int,
    payload: str,
    charge_id: str,
    currency: str,
    total_amount: int,
    refunded_at: datetime,
    now: datetime,
) -> Notice:
    """Store and apply a ``refunded_payment``, whoever made it; safe to repeat."""
    notice = refunded_notice(
        charge_id=charge_id,
        payload=payload,
        amount_minor=total_amount,
        currency=currency,
        telegram_id=telegram_id,
        at=refunded_at.isoformat(),
    )
    return accept_and_apply(notice=notice, now=now)


def record_star_subscription(
    *, telegram_id: int, payload: str, state: str, update_id: int, now: datetime
) -> Notice:
    """Store and apply a ``subscription`` update; safe to repeat by its update id.

    States that we do not know change nothing.
    """
    notice = subscription_notice(
        payload=payload,
        state=state,
        telegram_id=telegram_id,
        sequence=update_id,
        at=now.isoformat(),
    )
    return accept_and_apply(notice=notice, now=now)


def _refusal(order_id: int, amount: Money, telegram_id: int, now: datetime) -> str:
    blocks = _fraud(customer=OuterRef("customer"))
    credits = UpgradeCredit.objects.filter(order=OuterRef("pk"))
    order = (
        Order.objects.filter(pk=order_id)
        .select_related("customer")
        .annotate(is_blocked=Exists(blocks), has_credit=Exists(credits))
        .first()
    )
    if order is None:
        return "unknown_order"
    checks = (
        (order.customer.telegram_id != telegram_id, "not_yours"),
        (order.status != Order.Status.PENDING, "order_is_closed"),
        (order.expires_at <= now, "order_expired"),
        (order.total != amount or amount.currency != STARS, "price_changed"),
        (getattr(order, "is_blocked"), "customer_blocked"),  # noqa: B009
    )
    refusal = next((code for fails, code in checks if fails), "")
    if not refusal and getattr(order, "has_credit") and has_lost_credit(order=order):  # noqa: B009
        return "price_changed"
    return refusal


def _fraud(*, customer: int | OuterRef) -> QuerySet[Block]:
    return Block.objects.filter(
        customer=customer, lifted_at__isnull=True, kind=Block.Kind.FRAUD
    )


def _may_be_due(subscription: Subscription, now: datetime) -> bool:
    """Whether what is asked for can be a renewal.

    Long before the paid time ends it is the order's other invoice, still in the chat: both have
    one payload. Telegram tries a failed renewal for some days; later nothing can be one.
    """
    end = subscription.current_period_end
    return end is None or end - STARS_EARLY < now <= end + STARS_PATIENCE


def _renewed(order_id: int) -> Subscription | None:
    """Return the agreement that this payload began or would begin."""
    begun = Payment.objects.filter(
        order_id=order_id, gateway=StarsGateway.name, starts_subscription=True
    )
    payment = begun.select_related("subscription__tier").order_by("-pk").first()
    return None if payment is None else payment.subscription


def _renews_already(subscription: Subscription, now: datetime) -> bool:
    others = Subscription.objects.renewing(now).filter(
        customer_id=subscription.customer_id,
        tier__product_id=subscription.tier.product_id,
    )
    return others.exclude(pk=subscription.pk).exists()
