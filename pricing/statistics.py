"""How sure is a share of so many? Intervals in exact decimals."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Final, NamedTuple

#: Standard deviations of a normal distribution for two-sided confidence.
Z_95: Final = Decimal("1.959964")
Z_999: Final = Decimal("3.290527")


class Interval(NamedTuple):
    """A share with the range it lies in, each from 0 to 1."""

    low: Decimal
    share: Decimal
    high: Decimal


def wilson(successes: int, trials: int, z: Decimal = Z_95) -> Interval:
    """Return the Wilson score interval of a share; it stays honest for few trials.

    >>> [round(each, 3) for each in wilson(10, 100)]
    [Decimal('0.055'), Decimal('0.100'), Decimal('0.174')]

    Raises:
        ValueError: more successes than trials, or a negative number.
    """
    if not 0 <= successes <= trials:
        raise ValueError("successes lie between none and all trials")
    if trials == 0:
        return Interval(Decimal(0), Decimal(0), Decimal(1))
    with localcontext() as context:
        context.prec = 20
        share = Decimal(successes) / trials
        square = z * z
        center = share + square / (2 * trials)
        spread = z * (share * (1 - share) / trials + square / (4 * trials * trials)).sqrt()
        scale = 1 + square / trials
        low, high = (center - spread) / scale, (center + spread) / scale
    return Interval(max(low, Decimal(0)), share, min(high, Decimal(1)))


def is_clearly_below(
    successes: int, trials: int, other_successes: int, other_trials: int, z: Decimal = Z_999
) -> bool:
    """Say whether one share is lower than another beyond chance: the intervals do not touch."""
    return wilson(successes, trials, z).high < wilson(other_successes, other_trials, z).low
