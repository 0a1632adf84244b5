"""Which tiers bring something beyond access? Known without a query while nothing changes.

Tables of this app raise the catalog's version, so whoever has read it need not ask again.
"""

from __future__ import annotations

from typing import Final

from delivery.models import CodeStock, DeliveryItem
from shopbot.kernel.versions import VersionedCache


def _load(_version: int) -> frozenset[int]:
    codes = CodeStock.objects.filter(is_active=True).values_list("tier_id")
    items = DeliveryItem.objects.filter(is_active=True).order_by().values_list("tier_id")
    return frozenset(tier_id for (tier_id,) in codes.order_by().union(items))


def _load_gift_cards(_version: int) -> dict[int, int | None]:
    made = CodeStock.objects.filter(is_active=True, kind=CodeStock.Kind.GIFT_CARDS)
    return dict(made.values_list("tier_id", "valid_days"))


_TIERS: Final = VersionedCache("catalog", _load)
_GIFT_CARDS: Final = VersionedCache("catalog", _load_gift_cards)


def brings_something(*, tier_id: int, catalog_version: int) -> bool:
    """Say whether buyers of a tier get a code, a file or a text."""
    return tier_id in _TIERS.get_at(catalog_version)


def gift_card_terms(*, tier_id: int, catalog_version: int) -> dict[str, int | None] | None:
    """Return the terms of the gift cards that a tier sells, for an order line; None: none."""
    sold = _GIFT_CARDS.get_at(catalog_version)
    return {"valid_days": sold[tier_id]} if tier_id in sold else None
