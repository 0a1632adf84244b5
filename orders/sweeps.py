"""The work of orders that comes due by itself."""

from __future__ import annotations

from datetime import datetime

from orders.services.auditing import audit_if_due
from orders.services.closing import close_leftovers, expire_due
from orders.services.noticing import apply_waiting
from orders.services.reconciling import reconcile
from orders.services.refunding import retry_refunds
from orders.services.repricing import move_subscribers
from orders.services.stopping import stop_due
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


@sweep("retry-refunds")
def retry_requested_refunds(*, now: datetime, limit: int) -> int:
    """Send refunds again that a provider has not taken yet."""
    return retry_refunds(now=now, limit=limit)


@sweep("stop-renewals")
def stop_renewals(*, now: datetime, limit: int) -> int:
    """Stop renewals whose money went back: by the bank, or at the provider."""
    return stop_due(now=now, limit=limit)


@sweep("reconcile")
def reconcile_providers(*, now: datetime, limit: int) -> int:
    """Read providers' own lists and repair what no webhook told; returns the repairs."""
    return sum(len(report.repairs) for report in reconcile(now=now))


@sweep("move-subscribers")
def move_running_subscribers(*, now: datetime, limit: int) -> int:
    """Have subscriptions renew at the price of a list whose date has come."""
    return move_subscribers(now=now, limit=limit)


@sweep("self-audit")
def self_audit(*, now: datetime, limit: int) -> int:
    """Compare the books with themselves and with the providers, once a day."""
    return audit_if_due(now=now)
