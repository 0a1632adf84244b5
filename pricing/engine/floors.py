"""Below which price does staff not want to sell?"""

from __future__ import annotations

from datetime import datetime

from pricing.engine.book import Conversion, PriceBook, TierBook
from pricing.engine.errors import NoRate
from pricing.engine.rates import conversion


def floor_in(tier: TierBook, currency: str, book: PriceBook, at: datetime) -> int:
    """Return a tier's floor for one unit and month in a currency, rounded up.

    0 where it has none, or where no exchange rate leads there.
    """
    if not tier.floor_minor or currency == tier.currency:
        return tier.floor_minor or 0
    try:
        found = conversion(book, tier.currency, currency, at)
    except NoRate:
        return 0
    return converted(tier.floor_minor, found)


def converted(floor_minor: int, found: Conversion) -> int:
    """Return a floor by a rate that is known, rounded up."""
    return -(-floor_minor * found.numerator // found.denominator)
