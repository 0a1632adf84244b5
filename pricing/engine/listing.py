"""What is the list price of one unit for one month? Steps 1 to 5."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from pricing.engine.book import (
    BPS,
    ArmBook,
    Conversion,
    CurrencyBook,
    ExperimentBook,
    PriceBook,
    PricePoint,
    RegionBook,
    TierBook,
)
from pricing.engine.errors import BadTerms, NoRate
from pricing.engine.rates import conversion, fx_use
from pricing.engine.running import Running
from pricing.engine.values import ArmUse, Buyer, FxUse, PriceLine, QuoteRequest
from shopbot.kernel.money import LARGEST_MINOR, STARS


def price_point(tier: TierBook, at: datetime, subscribed_at: datetime | None) -> PricePoint:
    """Return the prices in force: the newest version that has begun and takes this buyer along.

    A running subscriber keeps the version of the start, until a later one says it moves them.
    """
    prices = tier.prices
    if len(prices) == 1:
        return prices[0]
    for point in reversed(prices[1:]):
        if point.valid_from is None:
            return point
        if point.valid_from > at:
            continue
        if subscribed_at is None or point.valid_from <= subscribed_at:
            return point
        if point.moves_at is not None and point.moves_at <= at:
            return point
    return prices[0]


def charmed(numerator: int, denominator: int, currency: CurrencyBook) -> int:
    """Return the nearest price of the currency's form, never below the smallest of that form.

    Stars go to the next price of the form, never below what the exact amount is worth.

    >>> euro = CurrencyBook("EUR", 2, step=100, offset=1)
    >>> charmed(178349, 100, euro), charmed(12, 1, euro), charmed(0, 1, euro)
    (1799, 99, 0)
    """
    if numerator == 0:
        return 0
    step, offset = currency.step, currency.offset
    shifted, whole = numerator + offset * denominator, step * denominator
    if currency.code == STARS:
        steps = -(-shifted // whole)
    else:
        steps = (2 * shifted + whole) // (2 * whole)
    return max(steps, 1) * step - offset


def refuse_too_much(amount: int) -> int:
    """Return an amount that the database can hold.

    Raises:
        BadTerms: it is more.
    """
    if amount > LARGEST_MINOR:
        raise BadTerms("this comes to more than an amount of money can be")
    return amount


class Listed(NamedTuple):
    """Steps 1 to 4 done: the same for every buyer, so the book keeps it."""

    price: int
    lines: tuple[PriceLine, ...]
    fx: FxUse | None
    conversion: Conversion | None


def list_price(
    running: Running, request: QuoteRequest, book: PriceBook, tier: TierBook, region: RegionBook
) -> tuple[Listed, ArmUse | None]:
    """Take ``running`` to the list price, a whole number of minor units."""
    point = price_point(tier, request.at, request.subscribed_at)
    listed = _listed(running.currency, request.at, point, book, tier, region, point.version_id)
    running.start(listed.price, listed.lines)
    return listed, _experiment(running, request, book, tier, region)


def _listed(
    currency: str,
    at: datetime,
    point: PricePoint,
    book: PriceBook,
    tier: TierBook,
    region: RegionBook,
    name: int | str | None,
) -> Listed:
    """Take a price point to its list price; ``name`` tells it from the tier's other ones."""
    found = None
    if currency != tier.currency and currency not in point.amounts:
        found = conversion(book, tier.currency, currency, at)
    window = found and found.holds_from
    key = ("listed", tier.id, region.code, currency, name, window)
    listed: Listed | None = book.recall(key)
    return listed or book.keep(key, _list(currency, point, book, tier, region, found))


def _list(
    currency: str,
    point: PricePoint,
    book: PriceBook,
    tier: TierBook,
    region: RegionBook,
    found: Conversion | None,
) -> Listed:
    running = Running(currency)
    used = None
    if currency != tier.currency and found is None:
        running.settle("local_price", point.amounts[currency], {"currency": currency})
        return Listed(running.shown, tuple(running.lines), None, None)
    price = point.amounts[tier.currency]
    if found is None:
        running.settle("base", price, _source(point, tier))
    else:
        used = fx_use(found, tier.currency, currency, book)
        running.move("base", price * found.numerator, found.denominator, _source(point, tier))
        refuse_too_much(running.shown)
        running.tell(
            "fx",
            {"rate": used.rate, "date": used.date, "source": used.source, "id": used.id},
        )
    if region.markup_bps:
        _mark_up(running, region)
    # A price that staff typed, sold where it was typed for, is never rounded to a plain form.
    if found is not None or region.markup_bps:
        _round_to_form(running, book.currencies[currency])
    return Listed(running.shown, tuple(running.lines), used, found)


def _source(point: PricePoint, tier: TierBook) -> dict[str, int | str | bool]:
    detail: dict[str, int | str | bool] = {
        "price_minor": point.amounts[tier.currency],
        "price_currency": tier.currency,
    }
    if point.version_id is not None:
        detail["version"] = point.version_id
    return detail


def _mark_up(running: Running, region: RegionBook) -> None:
    running.move(
        "markup",
        running.numerator * (BPS + region.markup_bps),
        running.denominator * BPS,
        {"bps": region.markup_bps, "region": region.code},
    )


def _round_to_form(running: Running, written: CurrencyBook) -> None:
    price = charmed(running.numerator, running.denominator, written)
    if price != running.shown:
        running.settle("charm", price, {"step": written.step, "offset": written.offset})
    running.numerator, running.denominator = price, 1


def _experiment(
    running: Running,
    request: QuoteRequest,
    book: PriceBook,
    tier: TierBook,
    region: RegionBook,
) -> ArmUse | None:
    experiments = book.experiments.get(tier.id)
    if not experiments or request.buyer.customer_id is None:
        return None
    if request.subscribed_at is not None:
        # A renewal joins no test: the list that moves it was published with its price.
        shown = dict(request.buyer.arms)
        experiments = tuple(each for each in experiments if each.id in shown)
    found = arm_in(experiments, request.buyer, request.at)
    if found is None:
        return None
    experiment, arm = found
    present = listed = running.shown
    if experiment.ended_with:
        listed = _listed_at_the_end(experiment, running, request, book, tier, region)
    price = listed
    if arm.factor_bps != BPS:
        price = charmed(listed * arm.factor_bps, BPS, book.currencies[running.currency])
    # A list that became cheaper since the end is for everybody; a share of it is for nobody.
    if present < listed:
        price = min(price, present)
    if price != present:
        running.settle("experiment", price, {"experiment": experiment.id})
    return ArmUse(experiment.id, arm.id, arm.name)


def _listed_at_the_end(
    experiment: ExperimentBook,
    running: Running,
    request: QuoteRequest,
    book: PriceBook,
    tier: TierBook,
    region: RegionBook,
) -> int:
    """Return what the list price would be at the prices a test ended with, or what it is.

    A tier sold in another currency since is listed as it was: converted from there, with the
    markup that a price in the tier's own currency has and a local one has not.
    """
    amounts = experiment.ended_with or {}
    if experiment.ended_in and experiment.ended_in != tier.currency:
        tier = replace(tier, currency=experiment.ended_in)
    if running.currency not in amounts and tier.currency not in amounts:
        return running.shown
    kept = PricePoint(None, None, None, amounts)
    name = f"experiment:{experiment.id}"
    try:
        return _listed(running.currency, request.at, kept, book, tier, region, name).price
    except NoRate:
        # Nothing leads from the currency of then: its share of the present price.
        return running.shown


def arm_in(
    experiments: Sequence[ExperimentBook], buyer: Buyer, at: datetime
) -> tuple[ExperimentBook, ArmBook] | None:
    """Return the one experiment of a tier that a customer is in, and the arm.

    One whose price was shown comes before one that would draw: nobody sees two prices.
    """
    if buyer.arms and len(experiments) > 1:
        shown = dict(buyer.arms)
        experiments = sorted(experiments, key=lambda each: each.id not in shown)
    for experiment in experiments:
        arm = arm_of(experiment, buyer, at)
        if arm is not None:
            return experiment, arm
    return None


def arm_of(experiment: ExperimentBook, buyer: Buyer, at: datetime) -> ArmBook | None:
    """Return a customer's arm: the one already shown, else the one drawn while it runs."""
    if buyer.arms and (experiment.honored_until is None or at < experiment.honored_until):
        shown = dict(buyer.arms).get(experiment.id)
        for arm in experiment.arms:
            if arm.id == shown:
                return arm
    if at < experiment.starts_at or (
        experiment.ends_at is not None and at >= experiment.ends_at
    ):
        return None
    return draw(experiment, buyer.customer_id or 0)


def draw(experiment: ExperimentBook, customer_id: int) -> ArmBook:
    """Return the arm that a customer's number falls on: the same one every time.

    The salt is the experiment's own, so one test's luck is independent of another's.
    """
    total = 0
    for arm in experiment.arms:
        total += arm.weight
    left = _luck(experiment.salt, customer_id) % total
    for arm in experiment.arms:
        left -= arm.weight
        if left < 0:
            break
    return arm


# Whoever looks at one price soon looks at the next.
@lru_cache(maxsize=4096)
def _luck(salt: str, customer_id: int) -> int:
    digest = hashlib.sha256(f"{salt}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8])
