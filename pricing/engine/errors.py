"""Why a price cannot be given."""

from typing import Any

from shopbot.kernel.errors import InvalidInput, NotFound, Refused, Unavailable


class UnknownTier(NotFound):
    """The price book has no such offer."""

    code = "unknown_tier"


class UnknownRegion(InvalidInput):
    """The shop has no such region, or does not sell there now."""

    code = "unknown_region"


class UnknownCurrency(InvalidInput):
    """The shop does not sell in that currency."""

    code = "unknown_currency"


class BadTerms(InvalidInput):
    """A number of months or units that the offer is not sold for."""

    code = "bad_terms"


class NotForSale(Refused):
    """The offer is switched off or outside of its schedule."""

    code = "not_for_sale"


class NoRate(Unavailable):
    """No exchange rate leads from the tier's currency to the one asked for, or it is old."""

    code = "no_rate"


class PromoRefused(Refused):
    """A promo code does not apply; ``reason`` says why, ``pricing.explain_text`` in words."""

    code = "promo_refused"

    def __init__(self, reason: str, **context: Any) -> None:
        super().__init__(f"promo code refused: {reason}", reason=reason, **context)
        self.reason = reason
