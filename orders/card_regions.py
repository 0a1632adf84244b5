"""Does a card come from a part of the world where the shop has other prices?"""

from __future__ import annotations

from babel.numbers import get_territory_currencies

from pricing.models import Region


def is_card_foreign(*, country: str, region: str) -> bool:
    """Whether the money of the card's country is another region's, and not that of ``region``.

    A country whose money no region has is nobody's: its people pay any region's prices.
    """
    money = set(get_territory_currencies(country))
    regions = Region.objects.filter(currency__in=money).values_list("code", flat=True)
    return bool(regions) and region not in regions
