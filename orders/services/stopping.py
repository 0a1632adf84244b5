"""Renew no more: because the customer said so, or because the money of it went back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from orders.gateways.protocol import GatewayError, SubscriptionState
from orders.gateways.registry import gateway
from orders.models import MoneyCase, Payment, Subscription
from orders.recording import record_subscription
from orders.references import first_payment, subscription_reference
from orders.services.casing import open_case
from shopbot.kernel.errors import ShopError
from shopbot.kernel.models import Event

# A provider that is away is asked again soon; one that refuses is asked while staff look.
SHORT_PAUSE: Final = timedelta(minutes=2)
LONG_PAUSE: Final = timedelta(hours=6)


def want_no_renewal(*, payment: Payment, now: datetime) -> None:
    """Write down that the agreement behind a payment must charge no more; a sweep sees to it.

    Part of the caller's transaction, so that it is known with what it follows from. Called once
    for each loss: a customer who resumes afterwards renews again.
    """
    charging = Subscription.objects.chargeable().filter(stop_due_at=None)
    charging.filter(pk=payment.subscription_id or 0).update(stop_due_at=now)


def stop_due(*, now: datetime, limit: int) -> int:
    """Stop the renewals that must charge no more; return how many were tried.

    Safe to repeat: stopping what is stopped is no error at any provider.
    """
    due = Subscription.objects.filter(stop_due_at__lte=now).order_by("stop_due_at", "pk")
    tried = list(due.values_list("pk", flat=True)[:limit])
    for subscription_id in tried:
        _try_to_stop(subscription_id, now)
    return len(tried)


def stop_renewal(*, subscription_id: int, actor: str, now: datetime) -> None:
    """Ask the provider to renew no more, outside of every transaction; safe to repeat.

    Raises:
        GatewayError: the provider refused or was not reached; nothing changed.
    """
    charging = Subscription.objects.chargeable().filter(pk=subscription_id)
    subscription = charging.select_related("customer").first()
    if subscription is None:
        return
    state = gateway(subscription.gateway).cancel_subscription(
        subscription_reference(subscription)
    )
    note_renewal(subscription_id=subscription_id, state=state, actor=actor, now=now)


@transaction.atomic
def note_renewal(
    *, subscription_id: int, state: SubscriptionState, actor: str, now: datetime
) -> Subscription:
    """Note whether a provider will renew; its notices and reconciliation bring the rest.

    One that waits for the customer's own word (None) is no longer stopped here, no more.

    Raises:
        ShopError: it ended while the provider was asked to resume it.
    """
    subscription = Subscription.objects.locked().get(pk=subscription_id)
    is_stopped = state.will_renew is False
    renews = subscription.will_renew if state.will_renew is None else state.will_renew
    if (subscription.will_renew, subscription.is_stopped_here) == (renews, is_stopped):
        return subscription
    if not subscription.is_live:
        raise ShopError(f"subscription {subscription_id} ended meanwhile")
    is_news = subscription.will_renew != renews
    subscription.will_renew, subscription.checked_at = renews, now
    subscription.is_stopped_here, subscription.stop_due_at = is_stopped, None
    # Stopping releases a lower plan that waited for the next period; resuming brings none back.
    if _is_move_waiting(subscription):
        # Released with the plan; after a resume it is made again.
        subscription.price_version = None
    subscription.next_tier = subscription.next_price_minor = None
    subscription.save(
        update_fields=[
            "will_renew", "is_stopped_here", "checked_at", "stop_due_at",
            "next_tier", "next_price_minor", "price_version",
        ]
    )  # fmt: skip
    if not is_news:
        return subscription
    kind = "subscription.resumed" if renews else "subscription.cancelled"
    record_subscription(kind, subscription, actor=actor, now=now)
    return subscription


def _is_move_waiting(subscription: Subscription) -> bool:
    """Whether a move to another price list has not begun to charge."""
    if subscription.price_version_id is None:
        return False
    moves = Event.objects.filter(subject=subscription.subject, kind="subscription.price_moved")
    last = moves.order_by("pk").last()
    return last is not None and last.data["price_minor"] != subscription.price_minor


def _try_to_stop(subscription_id: int, now: datetime) -> None:
    try:
        stop_renewal(subscription_id=subscription_id, actor="shop", now=now)
    except GatewayError as error:
        pause = LONG_PAUSE if error.permanent else SHORT_PAUSE
        still = Subscription.objects.filter(pk=subscription_id, stop_due_at__isnull=False)
        still.update(stop_due_at=now + pause)
        if error.permanent:
            _tell_staff(subscription_id, error, now)


def _tell_staff(subscription_id: int, error: GatewayError, now: datetime) -> None:
    """Money would be taken for what is over: somebody must stop it at the provider."""
    payment = first_payment(Subscription.objects.get(pk=subscription_id))
    open_case(
        kind=MoneyCase.Kind.STILL_RENEWING,
        key=f"subscription:{subscription_id}:still-renewing",
        now=now,
        payment=payment,
        order=None if payment is None else payment.order,
        detail={"subscription_id": subscription_id, "error": str(error)[:500]},
    )
