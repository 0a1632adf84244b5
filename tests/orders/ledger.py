"""What do the shop's books say about a customer, however its notices came?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from entitlements.models import Block, Grant
from orders.models import MoneyCase, Order, Payment, Refund, Subscription


def books(order: Order, now: datetime) -> dict[str, Any]:
    """Everything that must not depend on how notices came."""
    order.refresh_from_db()
    payments = Payment.objects.filter(customer=order.customer)
    orders = Order.objects.filter(customer=order.customer)
    grants = Grant.objects.live().filter(customer=order.customer, access_until__gt=now)
    cases = MoneyCase.objects.filter(payment__customer=order.customer)
    agreements = Subscription.objects.filter(customer=order.customer)
    refunds = Refund.objects.filter(payment__customer=order.customer)
    return {
        "first": (order.status, order.paid_minor, order.refunded_minor, order.is_disputed),
        "orders": sorted(orders.values_list("status", "paid_minor", "refunded_minor")),
        "payments": sorted(payments.values_list("status", "paid_minor", "refunded_minor")),
        "refunds": sorted(refunds.values_list("status", "amount_minor")),
        "agreements": sorted(agreements.values_list("status", "will_renew")),
        "grants": sorted(grants.values_list("starts_at", "ends_at", "level")),
        "cases": sorted(cases.values_list("kind", flat=True)),
        "blocks": Block.objects.filter(customer=order.customer, lifted_at=None).count(),
    }
