"""What does it cost, and why? The thirteen steps, in their order.

1 base price, 2 explicit local price, 3 exchange rate and regional markup, 4 charm rounding,
5 experiment (``listing``), 6 months and units, 7 volume (``bulk``), 8 affiliate,
9 promotions (``discounts``), 10 upgrade credit, 11 cap and floor, 12 rounding, 13 whole Stars.
After them gift cards pay their part: the price is what it is, whoever pays it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from pricing.engine.book import PriceBook, RegionBook, TierBook
from pricing.engine.bulk import for_so_many
from pricing.engine.discounts import Taken, lower_by_promotions, lower_for_referred
from pricing.engine.errors import (
    BadTerms,
    NotForSale,
    PromoRefused,
    UnknownCurrency,
    UnknownRegion,
    UnknownTier,
)
from pricing.engine.listing import list_price
from pricing.engine.rates import conversion
from pricing.engine.refusals import why_refused
from pricing.engine.running import Running
from pricing.engine.values import ENGINE_VERSION, Quote, QuoteRequest
from shopbot.kernel.money import LARGEST_MINOR, STARS, Money, half_up

MAX_MONTHS = 120

#: Makes a quote of all its fields, in a third of a NamedTuple's own time.
_quote: Final[Callable[[tuple[object, ...]], Quote]] = partial(tuple.__new__, Quote)


def quote(request: QuoteRequest, book: PriceBook) -> Quote:
    """Price one request.

    Pure: the same request and book give the same quote, byte for byte.

    Raises:
        UnknownTier: the book has no such tier.
        UnknownRegion: the shop has no such region.
        UnknownCurrency: the shop does not sell in that currency.
        BadTerms: months or quantity outside of what the tier is sold for, or so many that the
            price is no amount of money any more.
        NotForSale: the tier is off, or outside of its schedule.
        NoRate: an exchange rate is missing.
        PromoRefused: the promo code does not apply; ``reason`` says why.
    """
    tier, region = _look_up(request, book)
    _check_terms(request, tier)
    running = Running(request.currency or region.currency)
    if running.currency not in book.currencies:
        raise UnknownCurrency(
            f"the shop does not sell in {running.currency!r}", currency=running.currency
        )
    listed, arm = list_price(running, request, book, tier, region)
    unit = running.shown
    bulk = for_so_many(running, request, book, tier, listed)
    lower_for_referred(running, book.affiliate, request.buyer)
    taken = _promotions(running, request, book, tier)
    if request.upgrade_credit is not None:
        _credit(running, request.upgrade_credit, request, book)
    if running.shown < running.least:
        # Give back what discounts took beyond the cap or the floor.
        facts = {"bps": book.max_discount_bps} if bulk.limit == "cap" else {}
        running.settle(bulk.limit, running.least, facts)
    if running.currency == STARS:
        _round_up(running)
    if request.gift_balance is not None:
        _pay_by_gift_card(running, request.gift_balance)
    promo_id = request.coupon.promotion_id if request.coupon else None
    return _quote((
        request.tier_id, request.months, request.quantity, request.region, running.currency,
        tuple(running.lines), running.shown, bulk.base, unit, book.version, listed.fx, arm,
        promo_id, taken.reservations, ENGINE_VERSION, (request, book),
    ))  # fmt: skip


def _look_up(request: QuoteRequest, book: PriceBook) -> tuple[TierBook, RegionBook]:
    tier = book.tiers.get(request.tier_id)
    if tier is None:
        raise UnknownTier(f"no tier {request.tier_id}", tier_id=request.tier_id)
    region = book.regions.get(request.region)
    if region is None or not region.is_active:
        raise UnknownRegion(f"no region {request.region!r}", region=request.region)
    return tier, region


def _check_terms(request: QuoteRequest, tier: TierBook) -> None:
    months, quantity, most = request.months, request.quantity, tier.max_quantity
    if months < 1:
        raise BadTerms(f"at least 1 month, not {months}", most=MAX_MONTHS)
    if months > 1 and not tier.is_monthly:
        raise BadTerms("this is sold once for good, not by the month", most=1)
    if months > MAX_MONTHS:
        raise BadTerms(f"at most {MAX_MONTHS} months, not {months}", most=MAX_MONTHS)
    if quantity < 1:
        raise BadTerms(f"at least 1 unit, not {quantity}", most=most)
    if quantity > most:
        units = "1 unit" if most == 1 else f"{most} units"
        raise BadTerms(f"at most {units} of this at a time, not {quantity}", most=most)
    at = request.at
    if (
        not tier.is_sold
        or (tier.sold_from is not None and at < tier.sold_from)
        or (tier.sold_until is not None and at >= tier.sold_until)
    ):
        raise NotForSale(f"tier {tier.id} is not for sale", tier_id=tier.id)


def _promotions(
    running: Running, request: QuoteRequest, book: PriceBook, tier: TierBook
) -> Taken:
    if request.promo_code is not None or request.coupon is not None:
        reason = why_refused(request, book, tier, running.currency)
        if reason:
            raise PromoRefused(reason, code=request.promo_code)
    if not book.promotions:
        return Taken()
    taken = lower_by_promotions(running, request, book, tier)
    if request.coupon is not None and not taken.coupon_gave:
        raise PromoRefused(_why_without(taken), code=request.promo_code)
    return taken


def _why_without(taken: Taken) -> str:
    """Return why a code that is open to the buyer gave nothing."""
    if not taken.coupon_fits:
        return "used_up"
    return "gives_nothing" if taken.coupon_won else "better_offer"


def _credit(running: Running, credit: Money, request: QuoteRequest, book: PriceBook) -> None:
    """Take the credit off, as far as there is a price to pay; never a discount, so uncapped."""
    amount = credit.minor
    if amount == 0:
        return
    if amount < 0:
        raise BadTerms("a credit cannot be negative")
    if credit.currency != running.currency:
        found = conversion(book, credit.currency, running.currency, request.at)
        amount = half_up(amount * found.numerator, found.denominator)
        amount = min(amount, LARGEST_MINOR)
    used = min(amount, max(_rounded(running), running.least))
    running.move(
        "upgrade_credit",
        running.numerator - used * running.denominator,
        running.denominator,
        {"credit_minor": amount, "used_minor": used},
    )
    running.least -= used


def _round_up(running: Running) -> None:
    """Leave whole Stars, always rounded up; other amounts are shown rounded half up."""
    amount = _rounded(running)
    if amount != running.shown:
        running.settle("stars", amount, {})


def _pay_by_gift_card(running: Running, balance: Money) -> None:
    """Let gift cards pay what they can of the price; one of another currency pays nothing."""
    if balance.currency != running.currency:
        return
    used = min(balance.minor, running.shown)
    if used > 0:
        facts = {"balance_minor": balance.minor, "used_minor": used}
        running.settle("gift_card", running.shown - used, facts)


def _rounded(running: Running) -> int:
    if running.currency == STARS:
        return -(-running.numerator // running.denominator)
    return running.shown
