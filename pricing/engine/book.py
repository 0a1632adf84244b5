"""Which prices, rates and rules were in force? One frozen snapshot with a version.

The engine reads nothing else. What many quotes ask again (an exchange rate between two
currencies, the rules that touch a tier) is worked out at the first question and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from pricing.engine.values import CouponLimit

#: The currency that the European Central Bank's rates are counted from.
EURO = "EUR"

BPS = 10_000

#: A book that was asked for more begins anew: odd questions must not fill the memory.
MOST_KEPT = 20_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PricePoint:
    """The prices of a tier from a moment on: one version's, complete.

    ``amounts`` has the tier's own currency and every currency with an explicit local price.
    ``valid_from`` None is the price before the first version. ``moves_at`` is when running
    subscribers come along; None leaves them on their price.
    """

    version_id: int | None
    valid_from: datetime | None
    moves_at: datetime | None
    amounts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TierBook:
    """One offer, with all its prices, oldest first.

    ``guarded_to`` is the most units whose price may lower that of fewer: what can be sold. It
    is None in stored books of the time before; those replay with every threshold, as they were.
    """

    id: int
    product_id: int
    categories: tuple[int, ...]
    path: str
    currency: str
    is_monthly: bool
    is_sold: bool
    sold_from: datetime | None
    sold_until: datetime | None
    max_quantity: int
    floor_minor: int | None
    prices: tuple[PricePoint, ...]
    guarded_to: int | None = None


@dataclass(frozen=True, slots=True)
class RegionBook:
    """Where a price applies: its currency and what is added there."""

    code: str
    name: str
    currency: str
    markup_bps: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class CurrencyBook:
    """How list prices look in a currency: ``step`` minus ``offset``, in minor units.

    x.99 of a euro is step 100, offset 1. Step 1, offset 0 changes nothing.
    """

    code: str
    exponent: int
    step: int = 1
    offset: int = 0


@dataclass(frozen=True, slots=True)
class RateBook:
    """One unit of ``base`` buys ``numerator/denominator`` of ``currency``, from a moment on."""

    id: int
    base: str
    currency: str
    numerator: int
    denominator: int
    rate_date: date
    source: str
    applied_at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AffiliateBook:
    """What referred customers save; ``overrides`` are single affiliates' own terms."""

    is_active: bool = True
    discount_bps: int = 0
    first_purchase_only: bool = False
    overrides: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArmBook:
    """One price of an experiment, as a share of the list price; 10 000 is the list price."""

    id: int
    name: str
    weight: int
    factor_bps: int


@dataclass(frozen=True, slots=True)
class ExperimentBook:
    """A test of a tier's price; arms in a fixed order.

    Between ``ends_at`` and ``honored_until`` nobody new joins, and whoever was shown an arm
    still pays its price: its share of ``ended_with``, the amounts in force when it ended, for a
    tier of the currency ``ended_in``. Stored books of the time before have the first at most;
    they replay with the tier's present currency, as they were.
    """

    id: int
    tier_id: int
    salt: str
    starts_at: datetime
    ends_at: datetime | None
    honored_until: datetime | None
    arms: tuple[ArmBook, ...]
    ended_with: Mapping[str, int] | None = None
    ended_in: str | None = None


@dataclass(frozen=True, slots=True)
class PromotionBook:
    """A rule that lowers the price by itself or by a code.

    ``names`` has the name in the languages that ``name`` is not in. It is empty in the stored
    books of the time before names had languages, so that those replay as they were.
    """

    id: int
    key: str
    name: str
    needs_code: bool
    percent_bps: int
    amounts: Mapping[str, int]
    caps: Mapping[str, int]
    priority: int
    group: str
    is_active: bool
    starts_at: datetime | None
    ends_at: datetime | None
    categories: frozenset[int]
    products: frozenset[int]
    tiers: frozenset[int]
    regions: frozenset[str]
    first_purchase_only: bool
    staff_only: bool
    limits: tuple[CouponLimit, ...]
    names: Mapping[str, str] = field(default_factory=dict)

    def covers(self, tier: TierBook, region: str) -> bool:
        """Say whether the tier, in the region, is within the rule's scope."""
        if self.regions and region not in self.regions:
            return False
        if not (self.categories or self.products or self.tiers):
            return True
        return (
            tier.id in self.tiers
            or tier.product_id in self.products
            or not self.categories.isdisjoint(tier.categories)
        )


class Conversion(NamedTuple):
    """Minor units of one currency into minor units of another, while the rates hold."""

    numerator: int
    denominator: int
    rates: tuple[RateBook, ...]
    holds_from: datetime | None
    holds_until: datetime | None


class Volume(NamedTuple):
    """What so many months (or units) count for, in basis points of one.

    ``facts`` and ``guard_facts`` are what a line says of it: the same for everybody.
    """

    counted: int
    bps: int
    facts: Mapping[str, int]
    guard_counted: int
    guard_facts: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Everything a price depends on, frozen, with its version."""

    version: int
    tiers: Mapping[int, TierBook]
    regions: Mapping[str, RegionBook]
    currencies: Mapping[str, CurrencyBook]
    rates: Mapping[str, tuple[RateBook, ...]] = field(default_factory=dict)
    volume: tuple[tuple[int, int], ...] = ()
    quantity: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    affiliate: AffiliateBook = field(default_factory=AffiliateBook)
    promotions: tuple[PromotionBook, ...] = ()
    experiments: Mapping[int, tuple[ExperimentBook, ...]] = field(default_factory=dict)
    max_discount_bps: int = BPS
    stale_after_days: int | None = None
    rates_checked_on: Mapping[str, date] = field(default_factory=dict)
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def remember(self, key: Any, work_out: Callable[[], T]) -> T:
        """Return what was worked out for ``key``, working it out at the first question.

        Two threads may both work it out; the answers are equal, so either may stay.
        """
        try:
            found: T = self._kept[key]
        except KeyError:
            found = self.keep(key, work_out())
        return found

    def recall(self, key: Any) -> Any:
        """Return what was kept for ``key``, None for nothing yet: a faster ``remember``."""
        return self._kept.get(key)

    def keep(self, key: Any, value: T) -> T:
        """Keep what was worked out for ``key`` and return it."""
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = value
        return value

    def promotion(self, promotion_id: int) -> PromotionBook | None:
        """Find a promotion."""
        by_id = self._kept.get("promotions")
        if by_id is None:
            by_id = self.keep("promotions", {each.id: each for each in self.promotions})
        found: PromotionBook | None = by_id.get(promotion_id)
        return found

    def tier_by_path(self, path: str) -> TierBook | None:
        """Find a tier by ``product-slug/level``."""
        paths = self.remember(
            "paths", lambda: {tier.path: tier for tier in self.tiers.values()}
        )
        return paths.get(path)
