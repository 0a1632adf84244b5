"""What is an amount of one currency worth in another, exactly?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext

from pricing.engine.book import EURO, Conversion, PriceBook, RateBook
from pricing.engine.errors import NoRate, UnknownCurrency
from pricing.engine.values import FxUse


def conversion(book: PriceBook, source: str, target: str, at: datetime) -> Conversion:
    """Return the ratio that turns minor units of ``source`` into minor units of ``target``.

    Raises:
        NoRate: a rate on the way is missing or older than the shop allows.
        UnknownCurrency: the shop does not use one of the two.
    """
    key = ("fx", source, target)
    kept: Conversion | None = book.recall(key)
    if kept is None or not _holds(kept, at):
        kept = book.keep(key, _work_out(book, source, target, at))
    return kept


def fx_use(found: Conversion, source: str, target: str, book: PriceBook) -> FxUse:
    """Describe a conversion for the quote that used it."""
    oldest = min(found.rates, key=lambda rate: (rate.rate_date, rate.id))
    digits = book.currencies[target].exponent - book.currencies[source].exponent
    with localcontext() as context:
        context.prec = 12
        rate = Decimal(found.numerator) / Decimal(found.denominator)
        text = format(rate.scaleb(-digits).normalize(), "f")
    ids = tuple(rate.id for rate in found.rates)
    return FxUse(oldest.id, oldest.rate_date.isoformat(), oldest.source, text, ids)


def _holds(kept: Conversion, at: datetime) -> bool:
    return (kept.holds_from is None or kept.holds_from <= at) and (
        kept.holds_until is None or at < kept.holds_until
    )


def _work_out(book: PriceBook, source: str, target: str, at: datetime) -> Conversion:
    for code in (source, target):
        if code not in book.currencies:
            raise UnknownCurrency(f"the shop does not sell in {code!r}", currency=code)
    out, into = way_to_euro(book, source, at), way_to_euro(book, target, at)
    while out and into and out[-1] is into[-1]:  # both go over the same rate: it cancels out
        out, into = out[:-1], into[:-1]
    shift = book.currencies[target].exponent - book.currencies[source].exponent
    numerator, denominator = 10 ** max(shift, 0), 10 ** max(-shift, 0)
    for rate in into:
        numerator, denominator = numerator * rate.numerator, denominator * rate.denominator
    for rate in out:
        numerator, denominator = numerator * rate.denominator, denominator * rate.numerator
    rates = (*into, *out)
    _refuse_stale(book, rates, at)
    holds_from, holds_until = _window(book, currencies_below(book, (source, target)), at)
    return Conversion(numerator, denominator, rates, holds_from, holds_until)


def way_to_euro(
    book: PriceBook, currency: str, at: datetime, without: frozenset[int] = frozenset()
) -> list[RateBook]:
    """Return the rates in force from ``currency`` up to the euro, but those ``without``.

    Nobody sets rates that rest on each other, but one that ends may uncover an older one that
    closes a circle. The oldest of the circle is then passed over, from wherever it is reached.

    Raises:
        NoRate: a rate on the way is missing.
    """
    steps: list[RateBook] = []
    reached = currency
    while reached != EURO:
        rate = rate_in_force(_rates_but(book, reached, without), at)
        if rate is None:
            raise NoRate(f"no exchange rate for {reached}", currency=reached)
        if rate in steps:
            weakest = _weakest(book, steps[steps.index(rate) :], at, without)
            return way_to_euro(book, currency, at, without | {weakest.id})
        steps.append(rate)
        reached = rate.base
    return steps


def currencies_below(book: PriceBook, codes: Iterable[str]) -> set[str]:
    """Return the currencies that rates of these rest on at any moment, and they themselves."""
    found: set[str] = set()
    waiting = set(codes)
    while waiting:
        found |= waiting
        waiting = {rate.base for code in waiting for rate in book.rates.get(code, ())} - found
    return found


def _rates_but(book: PriceBook, currency: str, without: frozenset[int]) -> list[RateBook]:
    return [rate for rate in book.rates.get(currency, ()) if rate.id not in without]


def _weakest(
    book: PriceBook, circle: list[RateBook], at: datetime, without: frozenset[int]
) -> RateBook:
    """Return the oldest rate of a circle that another one could stand in for."""
    replaceable = [
        rate
        for rate in circle
        if rate_in_force(_rates_but(book, rate.currency, without | {rate.id}), at)
    ]
    return min(replaceable or circle, key=lambda rate: (rate.applied_at, rate.id))


def rate_in_force(rates: Iterable[RateBook], at: datetime) -> RateBook | None:
    """Return the newest manual rate that has not ended, else the newest other one.

    Before the first rate of all, that first one holds: a price of then is still a price.
    """
    usual = manual = first = None
    for rate in rates:
        if rate.until is not None and rate.until <= at:
            continue
        first = first or rate
        if rate.applied_at > at:
            continue
        if rate.source == "manual":
            manual = rate
        else:
            usual = rate
    return manual or usual or first


def _refuse_stale(book: PriceBook, rates: Iterable[RateBook], at: datetime) -> None:
    if book.stale_after_days is None:
        return
    # Day numbers, since a date before the first one of the calendar cannot be told.
    oldest_allowed = at.toordinal() - book.stale_after_days
    for rate in rates:
        checked_on = book.rates_checked_on.get(rate.currency)
        # What staff set, and what the shop was shipped with, is nobody's daily rate; the latter
        # is judged by the bank's, once it has told one that was near enough not to be used.
        if rate.source == "manual" or (rate.source == "seed" and checked_on is None):
            continue
        if max(checked_on or rate.rate_date, rate.rate_date).toordinal() < oldest_allowed:
            raise NoRate(f"the rate of {rate.currency} is too old", currency=rate.currency)


def _window(
    book: PriceBook, currencies: Iterable[str], at: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return the longest stretch around ``at`` in which no rate of these begins or ends."""
    turns = [
        moment
        for currency in currencies
        for rate in book.rates.get(currency, ())
        for moment in (rate.applied_at, rate.until)
        if moment is not None
    ]
    before = [moment for moment in turns if moment <= at]
    after = [moment for moment in turns if moment > at]
    if book.stale_after_days is not None:  # staleness is judged anew every day
        today = at.replace(hour=0, minute=0, second=0, microsecond=0)
        before.append(today)
        if today.date() < date.max:
            after.append(today + timedelta(days=1))
    return max(before, default=None), min(after, default=None)
