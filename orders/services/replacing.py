"""Put one order in the place of another that waits: the same purchase, paid differently."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from orders.errors import PriceChanged
from orders.locking import lock_order
from orders.models import Order
from orders.quoting import Offer, Wish, buyer_facts, promised_offer
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
    with all that it holds. Safe to repeat: a ``placement_key`` is the same second order.

    Raises:
        UnknownOrder: no such order.
        PriceChanged: the price is another one now; what is open at providers stays open too.
        AlreadyPaid: the customer was faster.
        GatewayError: a provider was not reached; nothing changed.
        ShopError: what placing refuses.
    """
    offer = _offer_in_stead(order_id, wish, expected_fingerprint, now)
    if offer is not None:
        if offer.quote.fingerprint != expected_fingerprint:
            raise PriceChanged(offer.quote)
        close_payments(order_id=order_id, now=now)
    with transaction.atomic():
        order = lock_order(order_id)
        if order.status not in (Order.Status.CANCELLED, Order.Status.EXPIRED):
            close_order(order_id=order_id, to=Order.Status.CANCELLED, actor=actor, now=now)
        return place_order(
            customer_id=order.customer_id,
            wish=replace(wish, instead_of=None),
            expected_fingerprint=expected_fingerprint,
            placement_key=placement_key,
            now=now,
        )


@transaction.atomic
def _offer_in_stead(order_id: int, wish: Wish, fingerprint: str, now: datetime) -> Offer | None:
    """Price what would replace an order, before anything of it is touched; None once closed.

    Under the lock: of two taps at once, the later one must not count against itself what the
    other has reserved meanwhile.
    """
    order = lock_order(order_id)
    if order.status != Order.Status.PENDING:
        return None
    return promised_offer(
        facts=buyer_facts(customer_id=order.customer_id),
        wish=replace(wish, instead_of=order_id),
        fingerprint=fingerprint,
        now=now,
    )
