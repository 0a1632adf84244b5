"""Which number stands for an amount on Stripe's wire, and which amount for a number?

Stripe's own table, which is neither ISO 4217's nor CLDR's
(docs.stripe.com/currencies, "Zero-decimal", "Three-decimal", "Special cases").
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from babel.core import get_global

from orders.gateways.protocol import GatewayError
from shopbot.kernel.money import Money, exponent, to_decimal

_ZERO_DECIMAL: Final = frozenset(
    {
        "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV",
        "XAF", "XOF", "XPF",
    }
)  # fmt: skip
_THREE_DECIMAL: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})

#: The number must be a multiple of this: 5 ISK are 500 and never 501; 5.124 KWD cannot be had.
_STEP: Final[Mapping[str, int]] = {"ISK": 100, **dict.fromkeys(_THREE_DECIMAL, 10)}

_TWO_DECIMAL: Final = frozenset(
    {
        "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD",
        "BDT", "BGN", "BMD", "BND", "BOB", "BRL", "BSD", "BWP", "BYN", "BZD", "CAD", "CDF",
        "CHF", "CNY", "COP", "CRC", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ETB", "EUR",
        "FJD", "FKP", "GBP", "GEL", "GIP", "GMD", "GTQ", "GYD", "HKD", "HTG", "HUF", "IDR",
        "ILS", "INR", "ISK", "JMD", "KES", "KGS", "KHR", "KYD", "KZT", "LAK", "LBP", "LKR",
        "LRD", "LSL", "MAD", "MDL", "MKD", "MMK", "MNT", "MOP", "MUR", "MVR", "MWK", "MXN",
        "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP",
        "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SEK", "SGD", "SHP",
        "SLE", "SOS", "SRD", "STD", "SZL", "THB", "TJS", "TOP", "TRY", "TTD", "TWD", "TZS",
        "UAH", "USD", "UYU", "UZS", "WST", "XCD", "YER", "ZAR", "ZMW",
    }
)  # fmt: skip

#: Largest number that Stripe takes for one charge.
LARGEST: Final = 99_999_999


def _wire_digits(currency: str) -> int:
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2


def _is_exact(currency: str) -> bool:
    """Whether every number that Stripe can name is a whole number of our minor units."""
    if currency not in get_global("all_currencies"):
        return False
    smallest = _STEP.get(currency, 1) * 10 ** max(exponent(currency), 0)
    return bool(smallest >= 10 ** _wire_digits(currency))


# UGX is on two of Stripe's lists that contradict each other: not offered. Where ISO knows fewer
# decimals than Stripe charges, a partial refund made there could not be booked: not offered.
CURRENCIES: Final = frozenset(
    currency
    for currency in _ZERO_DECIMAL | _THREE_DECIMAL | _TWO_DECIMAL
    if _is_exact(currency)
)


def to_stripe(money: Money) -> int:
    """Return the number that names ``money`` on the wire.

    Raises:
        GatewayError: permanent; the currency is not offered or cannot express the amount.
    """
    _check(money.currency)
    number = to_decimal(money).scaleb(_wire_digits(money.currency))
    if number != number.to_integral_value() or number % _STEP.get(money.currency, 1):
        raise GatewayError(
            f"Stripe cannot charge {money}", permanent=True, amount_minor=money.minor
        )
    return int(number)


def from_stripe(number: int, currency: str) -> Money:
    """Return the money that a number on the wire names; ``currency`` in any case.

    Raises:
        GatewayError: permanent; the currency is not offered.
    """
    currency = currency.upper()
    _check(currency)
    digits = exponent(currency) - _wire_digits(currency)
    minor = Decimal(number).scaleb(digits)
    if minor != minor.to_integral_value():
        raise GatewayError(f"{number} is no amount of {currency}", permanent=True)
    return Money(int(minor), currency)


def _check(currency: str) -> None:
    if currency not in CURRENCIES:
        raise GatewayError(
            f"Stripe is not offered in {currency}", permanent=True, currency=currency
        )
