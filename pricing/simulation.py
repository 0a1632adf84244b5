"""What would everything cost, everywhere, for one customer at one moment?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from customers.models import Customer
from pricing.engine import Buyer, Coupon, PriceBook, PromoRefused, QuoteRequest, quote
from pricing.engine.book import TierBook
from pricing.engine.floors import floor_in
from pricing.models import Exposure
from pricing.purchases import is_first_purchase as first_purchase_of
from pricing.services.quoting import find_coupon, free_of_limits
from shopbot.kernel.errors import ShopError
from shopbot.kernel.money import Money

MONTHS = (1, 3, 6, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """For whom and when the prices are asked.

    ``is_first_purchase`` None leaves it to what the customer has bought.
    """

    at: datetime
    regions: tuple[str, ...]
    currency: str | None = None
    customer: Customer | None = None
    affiliate: Customer | None = None
    code: str = ""
    is_referred: bool = False
    is_first_purchase: bool | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """An amount, and the floor in its minor units, 0 without one.

    ``without_code`` is the reason why the promo code asked for lowers it by nothing.
    """

    amount: Money
    floor: int = 0
    without_code: str = ""

    @property
    def is_at_floor(self) -> bool:
        """Whether nothing is left above the floor."""
        return bool(self.floor) and self.amount.minor <= self.floor

    @property
    def margin_bps(self) -> int | None:
        """How far it lies above the floor, rounded down; None without a floor."""
        return (self.amount.minor - self.floor) * 10_000 // self.floor if self.floor else None


@dataclass(frozen=True, slots=True)
class Cell:
    """One price, beside the one of another price list.

    ``refusal`` is the code of an error where there is no price.
    """

    months: int
    price: Price | None = None
    other: Price | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The prices of one offer in one region."""

    path: str
    region: str
    cells: tuple[Cell, ...]


def simulate(
    asked: Circumstances, tiers: Sequence[TierBook], book: PriceBook, other: PriceBook | None
) -> Iterator[Row]:
    """Price each offer in each region for each length; five queries, whatever the size.

    A promo code that does not apply to an offer leaves its price as it is without the code.
    """
    facts = _facts(asked, book)
    for tier in tiers:
        lengths = MONTHS if tier.is_monthly else (1,)
        for region in asked.regions:
            cells = tuple(
                _cell(facts, asked, tier, region, months, book, other) for months in lengths
            )
            yield Row(tier.path, region, cells)


@dataclass(frozen=True, slots=True)
class _Facts:
    buyer: Buyer
    coupon: Coupon | None
    limits_left: tuple[tuple[int, int], ...]


def _facts(asked: Circumstances, book: PriceBook) -> _Facts:
    customer = asked.customer
    customer_id = customer.pk if customer else None
    shown = Exposure.objects.filter(customer=customer_id).order_by("pk")
    coupon = find_coupon(asked.code) if asked.code else None
    limits = [limit.limit_id for each in book.promotions for limit in each.limits]
    limits.extend(limit.limit_id for limit in (coupon.limits if coupon else ()))
    buyer = buyer_of(
        customer,
        asked.affiliate,
        is_referred=asked.is_referred,
        is_first_purchase=asked.is_first_purchase,
    )
    arms = tuple(shown.values_list("experiment_id", "arm_id")) if customer else ()
    return _Facts(
        replace(buyer, arms=arms),
        coupon,
        free_of_limits(limit_ids=limits, customer_id=customer_id) if limits else (),
    )


def buyer_of(
    customer: Customer | None,
    affiliate: Customer | None,
    *,
    is_referred: bool,
    is_first_purchase: bool | None,
) -> Buyer:
    """Describe who would buy; an affiliate that is named counts before the customer's own.

    ``is_first_purchase`` None leaves it to what the customer has bought: true for nobody.
    """
    if is_first_purchase is None:
        is_first_purchase = customer is None or first_purchase_of(customer.pk)
    sent_by = customer.referrer_id if customer else None
    affiliate_id = affiliate.pk if affiliate else sent_by
    return Buyer(
        customer_id=customer.pk if customer else None,
        is_referred=is_referred or affiliate_id is not None,
        affiliate_id=affiliate_id,
        is_first_purchase=is_first_purchase,
        is_staff=customer is not None and customer.is_staff,
    )


def _cell(
    facts: _Facts,
    asked: Circumstances,
    tier: TierBook,
    region: str,
    months: int,
    book: PriceBook,
    other: PriceBook | None,
) -> Cell:
    request = QuoteRequest(
        tier_id=tier.id,
        months=months,
        region=region,
        at=asked.at,
        currency=asked.currency,
        buyer=facts.buyer,
        promo_code=asked.code or None,
        coupon=facts.coupon,
        limits_left=facts.limits_left,
    )
    try:
        price = _price(request, tier, book)
        beside = _price(request, tier, other) if other is not None else None
    except ShopError as error:
        return Cell(months, refusal=error.code)
    return Cell(months, price, beside)


def _price(request: QuoteRequest, tier: TierBook, book: PriceBook) -> Price:
    reason = ""
    try:
        amount = quote(request, book).total
    except PromoRefused as refused:
        reason = refused.reason
        amount = quote(replace(request, promo_code=None, coupon=None), book).total
    floor = floor_in(tier, amount.currency, book, request.at) * request.months
    return Price(amount, floor, reason)


def prices_by_region(tiers: Sequence[TierBook], book: PriceBook, at: datetime) -> list[Row]:
    """Return what a new customer in each region pays for one month, and in Stars."""
    rows = []
    for tier in tiers:
        for region in book.regions.values():
            if region.is_active:
                rows.append(
                    Row(tier.path, region.code, _one_month(tier, region.code, book, at))
                )
    return rows


def _one_month(tier: TierBook, region: str, book: PriceBook, at: datetime) -> tuple[Cell, ...]:
    cells = []
    for currency in (None, "XTR"):
        request = QuoteRequest(
            tier_id=tier.id, months=1, region=region, at=at, currency=currency
        )
        try:
            cells.append(Cell(1, Price(quote(request, book).total)))
        except ShopError as error:
            cells.append(Cell(1, refusal=error.code))
    return tuple(cells)
