"""Price books and requests for tests of the pure engine: a new shop's, overridable."""

from datetime import UTC, date, datetime
from typing import Any

from pricing.engine import Buyer, Coupon, CouponLimit, PriceBook, QuoteRequest
from pricing.engine.book import (
    AffiliateBook,
    ArmBook,
    CurrencyBook,
    ExperimentBook,
    PricePoint,
    PromotionBook,
    RateBook,
    RegionBook,
    TierBook,
)

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

TIER = 1
PRODUCT = 10
CATEGORY = 100


def make_tier(**fields: Any) -> TierBook:
    """Return a tier at 20.00 USD a month."""
    price = fields.pop("price", 2000)
    local = fields.pop("local", {})
    currency = fields.setdefault("currency", "USD")
    first = PricePoint(None, None, None, {currency: price, **local})
    later = tuple(fields.pop("versions", ()))
    return TierBook(
        **{
            "id": TIER,
            "product_id": PRODUCT,
            "categories": (CATEGORY,),
            "path": "signals/premium",
            "is_monthly": True,
            "is_sold": True,
            "sold_from": None,
            "sold_until": None,
            "max_quantity": 1000,
            "floor_minor": None,
            "prices": (first, *later),
            **fields,
        }
    )


def make_rate(**fields: Any) -> RateBook:
    """Return a rate of 1.25 dollars for a euro, in use for long."""
    return RateBook(
        **{
            "id": 1,
            "base": "EUR",
            "currency": "USD",
            "numerator": 5,
            "denominator": 4,
            "rate_date": date(2026, 3, 13),
            "source": "ecb",
            "applied_at": LONG_AGO,
            "until": None,
            **fields,
        }
    )


def make_promotion(**fields: Any) -> PromotionBook:
    """Return an automatic 10 % off everything."""
    key = fields.setdefault("key", "spring")
    if "amounts" in fields:
        fields.setdefault("percent_bps", 0)
    return PromotionBook(
        **{
            "id": 1,
            "name": key.title(),
            "needs_code": False,
            "percent_bps": 1000,
            "amounts": {},
            "caps": {},
            "priority": 100,
            "group": "",
            "is_active": True,
            "starts_at": None,
            "ends_at": None,
            "categories": frozenset(),
            "products": frozenset(),
            "tiers": frozenset(),
            "regions": frozenset(),
            "first_purchase_only": False,
            "staff_only": False,
            "limits": (),
            **fields,
        }
    )


def make_experiment(**fields: Any) -> ExperimentBook:
    """Return a running test of the list price against 10 % more."""
    return ExperimentBook(
        **{
            "id": 7,
            "tier_id": TIER,
            "salt": "pepper",
            "starts_at": LONG_AGO,
            "ends_at": None,
            "honored_until": None,
            "arms": (ArmBook(71, "A", 1, 10_000), ArmBook(72, "B", 1, 11_000)),
            **fields,
        }
    )


def make_book(**fields: Any) -> PriceBook:
    """Return the price book of a new shop with one tier."""
    tier = fields.pop("tier", None) or make_tier()
    regions = (
        RegionBook("US", "United States", "USD", 0, True),
        RegionBook("GB", "United Kingdom", "GBP", 300, True),
        RegionBook("EU", "European Union", "EUR", 300, True),
        RegionBook("ASIA", "Asia", "USD", 500, True),
        RegionBook("JP", "Japan", "JPY", 0, True),
        RegionBook("KW", "Kuwait", "KWD", 0, True),
    )
    currencies = (
        CurrencyBook("USD", 2),
        CurrencyBook("GBP", 2, 100, 1),
        CurrencyBook("EUR", 2, 100, 1),
        CurrencyBook("JPY", 0),
        CurrencyBook("KWD", 3),
        CurrencyBook("XTR", 0),
    )
    rates = (
        make_rate(),
        make_rate(id=2, currency="GBP", numerator=4, denominator=5),
        make_rate(id=3, currency="JPY", numerator=17568, denominator=100),
        make_rate(id=4, currency="KWD", numerator=34, denominator=100),
        make_rate(
            id=5, base="USD", currency="XTR", numerator=50, denominator=1, source="manual"
        ),
    )
    return PriceBook(
        **{
            "version": 1,
            "tiers": {tier.id: tier},
            "regions": {region.code: region for region in regions},
            "currencies": {currency.code: currency for currency in currencies},
            "rates": {rate.currency: (rate,) for rate in rates},
            "volume": ((3, 500), (6, 1000), (12, 2000)),
            "affiliate": AffiliateBook(discount_bps=1000),
            **fields,
        }
    )


def make_request(**fields: Any) -> QuoteRequest:
    """Return a request for one month in the US by nobody in particular."""
    buyer = {
        name: fields.pop(name)
        for name in ("customer_id", "is_referred", "affiliate_id", "is_first_purchase")
        if name in fields
    }
    for name in ("is_staff", "arms"):
        if name in fields:
            buyer[name] = fields.pop(name)
    return QuoteRequest(
        **{
            "tier_id": TIER,
            "months": 1,
            "region": "US",
            "at": NOW,
            "buyer": Buyer(**buyer),
            **fields,
        }
    )


def make_coupon(promotion_id: int, **fields: Any) -> Coupon:
    """Return a valid code of a promotion."""
    return Coupon(**{"code": "HELLO", "promotion_id": promotion_id, **fields})


def with_code(promotion_id: int, **fields: Any) -> dict[str, Any]:
    """Return the fields of a request that comes with a valid code."""
    return {"promo_code": "hello", "coupon": make_coupon(promotion_id, **fields)}


def limit(limit_id: int, kind: str = "total", currency: str = "") -> CouponLimit:
    """Return a limit."""
    return CouponLimit(limit_id, kind, currency)


def moves(quote: Any) -> list[tuple[str, int]]:
    """Return the lines as codes and amounts."""
    return [(line.code, line.amount_minor) for line in quote.lines]
