"""What is an amount of money, and how is it added, shared, split, read and written?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final, Self

from babel.core import get_global
from babel.numbers import format_currency, format_decimal

from shopbot.kernel.errors import InvalidInput

#: A typed amount past this power of ten is a slip.
_LARGEST_POWER: Final = 15

#: What the database holds of an amount, in minor units: prices are refused beyond it.
LARGEST_MINOR: Final = 2**63 - 1

_PLAIN: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")

#: Telegram Stars: a currency of Telegram's own, whole units only (Bot API, sendInvoice).
STARS = "XTR"

#: 10 000 basis points are the whole.
WHOLE_BPS = 10_000


def is_currency(code: str) -> bool:
    """Tell whether this is a code of ISO 4217, by Babel's table, or Stars."""
    return code == STARS or code in get_global("all_currencies")


@lru_cache(maxsize=256)
def exponent(currency: str) -> int:
    """Return how many decimal digits ``currency`` has: ISO 4217 by Babel's table, Stars 0.

    Raises:
        InvalidInput: no such currency.
    """
    if currency == STARS:
        return 0
    if not is_currency(currency):
        raise InvalidInput(f"no currency is called {currency!r}", currency=currency)
    fractions = get_global("currency_fractions")
    return int(fractions.get(currency, fractions["DEFAULT"])[0])


def half_up(numerator: int, denominator: int) -> int:
    """Divide integers, rounding half away from zero; ``denominator`` > 0.

    >>> half_up(5, 2), half_up(-5, 2), half_up(4, 3)
    (3, -3, 1)
    """
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency, in its minor units (cents; whole Stars).

    Arithmetic stays within one currency and raises ``ValueError`` across two.

    >>> Money(2000, "USD") * 12 - Money(24000, "USD").share(2000)
    Money(minor=19200, currency='USD')
    """

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Return nothing of ``currency``."""
        return cls(0, currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def __str__(self) -> str:
        return f"{to_decimal(self)} {self.currency}"

    def share(self, basis_points: int) -> "Money":
        """Return ``basis_points`` / 10 000 of this amount, rounded half up.

        >>> Money(1999, "EUR").share(1000)
        Money(minor=200, currency='EUR')
        """
        return Money(half_up(self.minor * basis_points, WHOLE_BPS), self.currency)

    def split(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Divide by ``weights`` (each >= 0, sum > 0) so that the parts sum to the whole.

        Largest remainder; a tie goes to the earlier part.

        >>> [part.minor for part in Money(100, "USD").split([1, 1, 1])]
        [34, 33, 33]
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights must be at least 0 and not all 0")
        sign = -1 if self.minor < 0 else 1
        shares = [divmod(abs(self.minor) * weight, total) for weight in weights]
        parts = [whole for whole, _ in shares]
        by_remainder = sorted(range(len(parts)), key=lambda at: -shares[at][1])
        for at in by_remainder[: abs(self.minor) - sum(parts)]:
            parts[at] += 1
        return tuple(Money(sign * part, self.currency) for part in parts)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other.minor


def to_decimal(money: Money) -> Decimal:
    """Return the amount in major units, exactly."""
    return Decimal(money.minor).scaleb(-exponent(money.currency))


def from_decimal(amount: Decimal, currency: str) -> Money:
    """Return ``amount`` major units as money, rounded half up to the minor unit."""
    minor = amount.scaleb(exponent(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return Money(int(minor), currency)


def parse_money(text: str, currency: str) -> Money:
    """Read what a person typed (``"12.50"``, ``"12,5"``) as an amount of ``currency``.

    Raises:
        InvalidInput: not a plain number, out of every proportion, or with more decimals than
            the currency has.
    """
    digits = exponent(currency)
    plain = text.strip().replace(",", ".")
    # Decimal would also read 1e5 and 1_000, which nobody means as money.
    amount = Decimal(plain) if _PLAIN.fullmatch(plain) else None
    if amount is None or amount.adjusted() > _LARGEST_POWER:
        raise InvalidInput(f"{text!r} is not an amount of money", text=text)
    if amount != amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP):
        raise InvalidInput(f"{currency} has {digits} decimals, {text!r} has more", text=text)
    money = from_decimal(amount, currency)
    if abs(money.minor) > LARGEST_MINOR:
        raise InvalidInput(f"{text!r} is more than an amount of money can be", text=text)
    return money


def format_money(money: Money, language: str = "en") -> str:
    """Write an amount for a person who reads ``language``; Stars as ``⭐ 100``.

    >>> format_money(Money(17280, "USD"), "en"), format_money(Money(100, "XTR"))
    ('$172.80', '⭐ 100')
    """
    # Babel knows no Stars ("XTR100.00") and rounds half-even: hand it exact decimals only.
    if money.currency == STARS:
        return f"⭐ {format_decimal(money.minor, locale=language)}"
    text = format_currency(to_decimal(money), money.currency, locale=language)
    # A currency without a sign of its own runs into its number: "KWD1.250".
    code = money.currency
    return text.replace(code, f"{code}\xa0") if text.startswith(code) else text
