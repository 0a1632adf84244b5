"""What do so many units and months cost? Steps 6 and 7, and how low discounts may bring it."""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

from pricing.engine.book import BPS, PriceBook, TierBook
from pricing.engine.discounts import lower_by_volume, volume_of
from pricing.engine.floors import converted, floor_in
from pricing.engine.listing import Listed, price_point, refuse_too_much
from pricing.engine.running import Running
from pricing.engine.values import PriceLine, QuoteRequest


class Bulk(NamedTuple):
    """Steps 6 and 7 done for one list price: the same for every buyer, so the book keeps it.

    ``base`` is the list price of them all. ``limit`` names what ``least`` comes from, the cap
    or the floor: how low discounts may bring the price.
    """

    lines: tuple[PriceLine, ...]
    numerator: int
    denominator: int
    shown: int
    base: int
    least: int
    limit: str


def for_so_many(
    running: Running, request: QuoteRequest, book: PriceBook, tier: TierBook, listed: Listed
) -> Bulk:
    """Take ``running`` from the list price of one to what so many cost, volume counted.

    Raises:
        BadTerms: so many that the price is no amount of money any more.
    """
    months = request.months if tier.is_monthly else 1
    floor = _floor(running, request, book, tier, listed) if tier.floor_minor else 0
    key = ("bulk", tier.id, running.currency, running.shown, months, request.quantity, floor)
    bulk: Bulk | None = book.recall(key)
    if bulk is None:
        start = Running(running.currency)
        start.start(running.shown, ())
        bulk = book.keep(key, _bulk(start, book, tier, months, request.quantity, floor))
    running.lines.extend(bulk.lines)
    _, running.numerator, running.denominator, running.shown, _, running.least, _ = bulk
    return bulk


def _bulk(
    running: Running, book: PriceBook, tier: TierBook, months: int, quantity: int, floor: int
) -> Bulk:
    if months != 1:
        running.settle("months", running.shown * months, {"months": months})
    if quantity != 1:
        running.settle("quantity", running.shown * quantity, {"quantity": quantity})
    base = refuse_too_much(running.shown)
    least, limit = _limit(base, book.max_discount_bps, floor * months * quantity)
    lower_by_volume(running, volume_of(book, None, months), ("volume", "volume_guard"))
    if book.quantity:
        table = tier.product_id if tier.product_id in book.quantity else 0
        volume = volume_of(book, table, quantity, tier.guarded_to)
        lower_by_volume(running, volume, ("quantity_discount", "quantity_guard"))
    # What follows reckons with it for every buyer, and faster with short numbers.
    shortest = gcd(running.numerator, running.denominator)
    return Bulk(
        tuple(running.lines), running.numerator // shortest, running.denominator // shortest,
        running.shown, base, least, limit,
    )  # fmt: skip


def _limit(full: int, max_discount_bps: int, floor: int) -> tuple[int, str]:
    """Return the least that discounts may leave, of cap and floor the higher, and its name.

    Both are at most the list price: they limit discounts and never raise a price.
    """
    least = -(-full * (BPS - max_discount_bps) // BPS)
    floor = min(floor, full)
    return (least, "cap") if floor <= least else (floor, "floor")


def _floor(
    running: Running, request: QuoteRequest, book: PriceBook, tier: TierBook, listed: Listed
) -> int:
    """Return the floor for one unit and month; without a rate, its share of the local price."""
    floor_minor = tier.floor_minor or 0
    if listed.conversion is not None:
        return converted(floor_minor, listed.conversion)
    floor = floor_in(tier, running.currency, book, request.at)
    if floor:
        return floor
    amounts = price_point(tier, request.at, request.subscribed_at).amounts
    local, base = amounts[running.currency], max(amounts[tier.currency], 1)
    return -(-local * floor_minor // base)
