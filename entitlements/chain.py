"""When does each stretch of access run? Pure arithmetic over one customer and entitlement.

The rules, in words:

* What has begun stays where it is. What waits begins as soon as nothing before it runs.
* Before a stretch come those of its own level; where the entitlement defers, those of higher
  levels too. What never ends stands before nobody.
* Calendar months count from the first start of an unbroken chain.
* Bought again in grace, time runs on from the old end (grace is time to pay late, not time
  for free), unless it would already be over; then it begins now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shopbot.kernel.months import add_months


@dataclass(frozen=True, slots=True)
class Stretch:
    """One live grant, or one about to be written (``key`` 0), on the time line."""

    key: int
    rank: int
    starts_at: datetime
    ends_at: datetime | None
    grace_days: int
    anchor_at: datetime
    months: int | None = None
    months_from_anchor: int | None = None

    @property
    def length(self) -> timedelta | None:
        """How long it runs; None for lifetime."""
        return None if self.ends_at is None else self.ends_at - self.starts_at

    def is_running(self, at: datetime) -> bool:
        """It has begun and has not ended; grace does not count."""
        return self.starts_at <= at and (self.ends_at is None or self.ends_at > at)


def append(new: Stretch, line: Sequence[Stretch], *, now: datetime, defers: bool) -> Stretch:
    """Return ``new`` placed behind what is already on the line."""
    before = _before(new, line, defers=defers)
    start = max((end for other in before if (end := other.ends_at)), default=now)
    if start > now:
        return _begin(new, start, before)
    return _in_grace(new, before, now) or _begin(new, now, before)


def lay_out(line: Sequence[Stretch], *, now: datetime, defers: bool) -> tuple[Stretch, ...]:
    """Return the line with everything that waits moved to where it now belongs.

    What is laid out already comes back unchanged, so this may be repeated.
    """
    placed: list[Stretch] = []
    for stretch in sorted(line, key=lambda each: (-each.rank, each.starts_at, each.key)):
        if stretch.starts_at > now:
            placed.append(_wait(stretch, placed, now=now, defers=defers))
        elif defers and _must_yield(stretch, placed, now):
            remainder = _remainder(stretch, now)
            placed.append(_wait(remainder, placed, now=now, defers=defers))
        else:
            placed.append(stretch)
    return tuple(placed)


def _wait(
    stretch: Stretch, placed: Sequence[Stretch], *, now: datetime, defers: bool
) -> Stretch:
    before = _before(stretch, placed, defers=defers)
    start = max((end for other in before if (end := other.ends_at)), default=now)
    return _begin(stretch, max(start, now), before)


def _before(new: Stretch, line: Iterable[Stretch], *, defers: bool) -> list[Stretch]:
    return [
        other
        for other in line
        if other.ends_at is not None
        and (other.rank == new.rank or (defers and other.rank > new.rank))
    ]


def _must_yield(stretch: Stretch, placed: Iterable[Stretch], now: datetime) -> bool:
    if stretch.ends_at is None or stretch.ends_at <= now:
        return False
    higher = (other for other in placed if other.rank > stretch.rank)
    return any(other.ends_at is not None and other.is_running(now) for other in higher)


def _remainder(stretch: Stretch, now: datetime) -> Stretch:
    return replace(stretch, starts_at=now, months=None, months_from_anchor=None)


def _in_grace(new: Stretch, before: Sequence[Stretch], now: datetime) -> Stretch | None:
    own = [other for other in before if other.rank == new.rank and other.ends_at is not None]
    last = max(own, key=lambda other: other.ends_at or now, default=None)
    if last is None or last.ends_at is None:
        return None
    if last.ends_at + timedelta(days=last.grace_days) <= now:
        return None
    begun = _begin(new, last.ends_at, before)
    return begun if begun.ends_at is not None and begun.ends_at > now else None


def _begin(stretch: Stretch, start: datetime, before: Iterable[Stretch]) -> Stretch:
    """Return the stretch beginning at ``start``, with its end and anchor counted anew."""
    if stretch.months is None:
        length = stretch.length
        anchor = stretch.anchor_at
        if start != stretch.starts_at:
            anchor = _anchor_at(start, stretch.rank, before)
        ends_at = None if length is None else start + length
        return replace(stretch, starts_at=start, ends_at=ends_at, anchor_at=anchor)
    anchor, counted = _chain_at(start, stretch.rank, before)
    total = counted + stretch.months
    return replace(
        stretch,
        starts_at=start,
        ends_at=add_months(anchor, total),
        anchor_at=anchor,
        months_from_anchor=total,
    )


def _chain_at(start: datetime, rank: int, before: Iterable[Stretch]) -> tuple[datetime, int]:
    """Return the anchor of the months that end at ``start``, and how many those are."""
    for other in before:
        if other.rank == rank and other.ends_at == start and other.months_from_anchor:
            return other.anchor_at, other.months_from_anchor
    return start, 0


def _anchor_at(start: datetime, rank: int, before: Iterable[Stretch]) -> datetime:
    """Return where the chain began that ends at ``start``: days go on counting from there."""
    ending = (other for other in before if other.rank == rank and other.ends_at == start)
    return min((other.anchor_at for other in ending), default=start)
