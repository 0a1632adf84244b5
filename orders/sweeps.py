"""The work of orders that comes due by itself."""

from __future__ import annotations

from datetime import datetime

from orders.services.closing import close_leftovers, expire_due
from orders.services.noticing import apply_waiting
from shopbot.kernel.sweeps import sweep


@sweep("expire-orders")
def expire_orders(*, now: datetime, limit: int) -> int:
    """Expire orders that nobody paid in time, and give back what they held."""
    return expire_due(now=now, limit=limit)


@sweep("close-payments")
def close_payments(*, now: datetime, limit: int) -> int:
    """Close attempts to pay that are still open though the order is settled or closed."""
    return close_leftovers(now=now, limit=limit)


@sweep("apply-notices")
def apply_notices(*, now: datetime, limit: int) -> int:
    """Apply notices of providers that wait: new ones, and those that failed before."""
    return apply_waiting(now=now, limit=limit)
