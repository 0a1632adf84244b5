"""Put one order in the place of another that waits: the same purchase, paid differently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.db import transaction

from orders.locking import lock_order
from orders.models import Order
from orders.quoting import Wish
from orders.services.closing import close_order, close_payments
from orders.services.placing import place_order


def replace_order(
    *,
    order_id: int,
    wish: Wish,
    expected_fingerprint: str,
    placement_key: str,
    actor: str,
    now: datetime,
) -> Order:
    """Cancel a waiting order and place another in its stead, at the price that was shown.

    What the first order holds becomes the second's. A refusal leaves the first one waiting,
    with all that it holds, and what is open at providers open: whatever would be refused is
    found before a provider is asked. Only what changes while providers answer is refused with
    their attempts closed; the first order then waits and is paid by a new attempt, and so it
    does for a process that dies in between. Safe to repeat: a ``placement_key`` is the same
    second order.

    Raises:
        UnknownOrder: no such order.
        PriceChanged: the price is another one now.
        AlreadyPaid: the customer was faster.
        GatewayError: a provider was not reached; nothing changed.
        ShopError: what placing refuses.
    """
    swap = partial(
        _swap,
        order_id=order_id,
        wish=replace(wish, instead_of=None),
        expected_fingerprint=expected_fingerprint,
        placement_key=placement_key,
        actor=actor,
        now=now,
    )
    _rehearse(swap)
    if Order.objects.pending().filter(pk=order_id).exists():
        close_payments(order_id=order_id, now=now)
    return swap()


def _rehearse(swap: Callable[[], Order]) -> None:
    """Exchange the orders and take it back: whatever would be refused is refused here."""
    with transaction.atomic():
        swap()
        transaction.set_rollback(True)


@transaction.atomic
def _swap(
    *,
    order_id: int,
    wish: Wish,
    expected_fingerprint: str,
    placement_key: str,
    actor: str,
    now: datetime,
) -> Order:
    order = lock_order(order_id)
    if order.status not in (Order.Status.CANCELLED, Order.Status.EXPIRED):
        close_order(order_id=order_id, to=Order.Status.CANCELLED, actor=actor, now=now)
    return place_order(
        customer_id=order.customer_id,
        wish=wish,
        expected_fingerprint=expected_fingerprint,
        placement_key=placement_key,
        now=now,
    )
