"""What is bought for somebody else? It becomes a code that the buyer passes on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from catalog.models import Product
from entitlements.models import GiftCode
from entitlements.services.gifts import create_gift
from orders.errors import NotAGift
from orders.models import Order, OrderLine


class Purpose(StrEnum):
    """Whom something is bought for; kept in the terms of its line."""

    OWN = "own"
    GIFT = "gift"


def is_gift(line: OrderLine) -> bool:
    """Tell whether a line was bought for somebody else."""
    return bool(line.terms.get("purpose") == Purpose.GIFT)


def check_giftable(line: OrderLine) -> None:
    """Refuse as a gift what a code cannot pass on: access alone, one of it.

    Raises:
        NotAGift: it is sent by post, delivers codes or files, gives no access or is several.
    """
    is_physical = line.goods_type == Product.GoodsType.PHYSICAL
    delivers = bool(line.terms.get("delivers"))
    if is_physical or delivers or not line.terms["grants"] or line.quantity > 1:
        raise NotAGift(f"tier {line.tier_id} cannot be given", tier_id=line.tier_id)


def make_gifts(
    *, order: Order, lines: Iterable[OrderLine], actor: str, now: datetime
) -> list[GiftCode]:
    """Make the codes of the gifts among an order's lines; safe to repeat."""
    return [
        create_gift(
            tier_id=line.tier_id,
            months=line.months or None,
            source=line.source,
            giver_id=order.customer_id,
            actor=actor,
            now=now,
        )
        for line in lines
        if is_gift(line)
    ]


def redeemed_sources(sources: Iterable[str]) -> list[str]:
    """Return the sources of what redeemed gifts granted that these sources paid for."""
    gifts = GiftCode.objects.filter(source__in=list(sources), redeemed_at__isnull=False)
    return [gift.grant_source for gift in gifts.order_by("pk")]


def redeemers(order_id: int) -> set[int]:
    """Return who opened the gifts that an order paid for; two queries."""
    sources = [line.source for line in OrderLine.objects.filter(order=order_id)]
    opened = GiftCode.objects.filter(source__in=sources, redeemed_by__isnull=False)
    return {gift.redeemed_by_id for gift in opened if gift.redeemed_by_id is not None}
