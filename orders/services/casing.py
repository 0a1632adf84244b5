"""Put money that does not fit into the inbox."""

from __future__ import annotations

from datetime import datetime

from orders.models import MoneyCase, Order, Payment
from shopbot.kernel.events import record
from shopbot.kernel.money import Money


def open_case(
    *,
    kind: str,
    key: str,
    now: datetime,
    payment: Payment | None = None,
    order: Order | None = None,
    amount: Money | None = None,
    detail: dict[str, object] | None = None,
) -> MoneyCase:
    """Return the case about ``key``, opened now unless it was before; resolved ones stay so.

    Part of the caller's transaction: money and its case are written together or not at all.
    """
    case, is_new = MoneyCase.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "payment": payment,
            "order": order,
            "amount_minor": None if amount is None else amount.minor,
            "currency": "" if amount is None else amount.currency,
            "detail": detail or {},
            "opened_at": now,
        },
    )
    if is_new:
        record(
            "money_case.opened",
            subject=f"money-case:{case.pk}",
            actor=payment.gateway if payment else "shop",
            at=now,
            customer_id=None if payment is None else payment.customer_id,
            case_kind=kind,
            order_id=None if order is None else order.pk,
            payment_id=None if payment is None else payment.pk,
            amount_minor=case.amount_minor,
            currency=case.currency,
        )
    return case


def close_case(
    case: MoneyCase,
    *,
    resolution: MoneyCase.Resolution,
    reason: str,
    actor: str,
    now: datetime,
    **data: object,
) -> MoneyCase:
    """Resolve a locked case; part of the caller's transaction."""
    case.resolution, case.resolved_by = resolution, actor
    case.resolved_at, case.reason = now, reason.strip()
    case.save(update_fields=["resolution", "resolved_by", "resolved_at", "reason"])
    record(
        "money_case.resolved",
        subject=f"money-case:{case.pk}",
        actor=actor,
        at=now,
        customer_id=None if case.payment is None else case.payment.customer_id,
        resolution=str(resolution),
        reason=case.reason,
        **data,
    )
    return case
