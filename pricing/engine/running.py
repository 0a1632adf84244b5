"""How does a price move through the steps and stay exact until the end?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from pricing.engine.values import Detail, PriceLine

#: Makes a line of its four fields: a NamedTuple's own way costs twice as much, and a quote
#: has a dozen lines.
_line: Final[Callable[[tuple[str, int, str, Detail]], PriceLine]] = partial(
    tuple.__new__, PriceLine
)


def what_is_left(bps: int) -> tuple[int, int]:
    """Return what a discount of 0 to 10 000 basis points leaves, as a fraction."""
    if bps % 100 == 0:
        # Whole percents are the rule, and short numbers divide twice as fast.
        return 100 - bps // 100, 100
    return 10_000 - bps, 10_000


class Running:
    """An amount on its way through the steps: an exact fraction, and the lines so far.

    A line shows by how much the *rounded* amount moved. So each line is rounded once, the lines
    always sum to the rounded amount, and no rounding of one step is carried into the next.
    The amount never falls below zero. ``least`` is how low discounts may bring it.
    """

    __slots__ = ("currency", "denominator", "least", "lines", "numerator", "shown")

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.numerator = self.shown = self.least = 0
        self.denominator = 1
        self.lines: list[PriceLine] = []

    def start(self, amount: int, lines: tuple[PriceLine, ...]) -> None:
        """Begin from lines worked out before, which sum to ``amount``."""
        self.lines = list(lines)
        self.numerator = self.shown = amount

    def move(self, code: str, numerator: int, denominator: int, detail: Detail) -> None:
        """Go to an exact amount (minor units) and add the line that says so."""
        shown = (2 * numerator + denominator) // (2 * denominator)
        self.lines.append(_line((code, shown - self.shown, self.currency, detail)))
        self.numerator, self.denominator, self.shown = numerator, denominator, shown

    def lower(self, code: str, bps: int, detail: Detail) -> None:
        """Take ``bps`` basis points (0 to 10 000) off the amount as it stands."""
        left, whole = what_is_left(bps)
        self.move(code, self.numerator * left, self.denominator * whole, detail)

    def settle(self, code: str, amount: int, detail: Detail) -> None:
        """Go to a whole number of minor units."""
        self.lines.append(_line((code, amount - self.shown, self.currency, detail)))
        self.numerator, self.denominator, self.shown = amount, 1, amount

    def tell(self, code: str, detail: Detail) -> None:
        """Add a line that explains and moves nothing."""
        self.lines.append(_line((code, 0, self.currency, detail)))
