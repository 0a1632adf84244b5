"""How is it written down that something happened to an order or a subscription?"""

from __future__ import annotations

from datetime import datetime

from orders.models import Order, Subscription
from shopbot.kernel.events import record


def record_order(kind: str, order: Order, *, actor: str, now: datetime, **data: object) -> None:
    """Record an event about an order."""
    record(
        kind,
        subject=order.subject,
        actor=actor,
        at=now,
        customer_id=order.customer_id,
        number=order.number,
        **data,
    )


def record_subscription(
    kind: str, subscription: Subscription, *, actor: str, now: datetime
) -> None:
    """Record an event about a subscription."""
    end = subscription.current_period_end
    record(
        kind,
        subject=subscription.subject,
        actor=actor,
        at=now,
        customer_id=subscription.customer_id,
        tier_id=subscription.tier_id,
        gateway=subscription.gateway,
        current_period_end=None if end is None else end.isoformat(),
        action_url=subscription.action_url,
    )
