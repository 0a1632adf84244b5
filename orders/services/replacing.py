"""Put one order in the place of another that waits: the same purchase, paid differently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.db import transaction

from catalog.models import TierStock
from orders.locking import lock_order
from orders.models import Order
from orders.quoting import Wish, buyer_facts, keeping_what_is_shown, promised_offer
from orders.services.closing import close_order, close_payments
from orders.services.placing import place_order
from pricing.book import price_book
from pricing.services import holds_limits, lock_limits


@keeping_what_is_shown()
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
        wish=replace(wish, instead_of=order_id),
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
    if order.status == Order.Status.PENDING:
        _lock_what_both_hold(order, wish, expected_fingerprint, now)
    if order.status not in (Order.Status.CANCELLED, Order.Status.EXPIRED):
        close_order(order_id=order_id, to=Order.Status.CANCELLED, actor=actor, now=now)
    return place_order(
        customer_id=order.customer_id,
        wish=replace(wish, instead_of=None),
        expected_fingerprint=expected_fingerprint,
        placement_key=placement_key,
        now=now,
    )


def _lock_what_both_hold(order: Order, wish: Wish, fingerprint: str, now: datetime) -> None:
    """Hold stock and limits of both orders before either is touched, in the order of all.

    Else two orders that exchange their currencies at once would each hold the limit that the
    other one takes next.
    """
    if not holds_limits(holder=order.holder):
        return
    offer = promised_offer(
        facts=buyer_facts(customer_id=order.customer_id),
        wish=wish,
        fingerprint=fingerprint,
        book=price_book(),
        now=now,
    )
    tier_ids = {wish.tier_id, *order.lines.values_list("tier_id", flat=True)}
    list(TierStock.objects.locked().filter(tier__in=tier_ids))
    lock_limits(holder=order.holder, quote=offer.quote, customer_id=order.customer_id)
