"""The price engine: pure, exact, explained. ``quote(request, book) -> Quote``."""

from pricing.engine.book import PriceBook
from pricing.engine.calculation import MAX_MONTHS, quote
from pricing.engine.errors import (
    BadTerms,
    NoRate,
    NotForSale,
    PromoRefused,
    UnknownCurrency,
    UnknownRegion,
    UnknownTier,
)
from pricing.engine.replay import inputs_of, replay
from pricing.engine.values import (
    ENGINE_VERSION,
    Buyer,
    Coupon,
    CouponLimit,
    PriceLine,
    Quote,
    QuoteRequest,
)

__all__ = [
    "ENGINE_VERSION",
    "MAX_MONTHS",
    "BadTerms",
    "Buyer",
    "Coupon",
    "CouponLimit",
    "NoRate",
    "NotForSale",
    "PriceBook",
    "PriceLine",
    "PromoRefused",
    "Quote",
    "QuoteRequest",
    "UnknownCurrency",
    "UnknownRegion",
    "UnknownTier",
    "inputs_of",
    "quote",
    "replay",
]
