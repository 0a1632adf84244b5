"""What does it cost this customer? From the visit alone where that is certain to be right."""

from collections.abc import Sequence
from dataclasses import replace

from catalog.snapshot import ProductView, TierView
from orders.quoting import Wish
from pricing.engine.book import PriceBook
from pricing.engine.calculation import quote
from pricing.engine.values import Buyer, Quote, QuoteRequest
from pricing.services import show_arms
from pricing.services.quoting import complete
from shopbot.kernel.errors import ShopError
from shopbot.kernel.money import Money
from telegram_bot.presenters.shop import TierOffer
from telegram_bot.visit import Visit

#: What is offered of a monthly tier; the defaults of the volume discount begin at these.
MONTHS_OFFERED = (1, 3, 6, 12)


def needs_database(visit: Visit, tier_id: int) -> bool:
    """Tell whether a price may depend on more than the visit knows.

    Earlier purchases may be worth a credit, a promotion with a limit may be used up, one for
    staff asks who that is, and a price shown under an experiment is remembered.
    """
    return (
        visit.visitor.has_bought
        or bool(visit.book.experiments.get(tier_id))
        or has_promotions_for_some(visit.book)
    )


def is_tested(visit: Visit, tiers: Sequence[TierView]) -> bool:
    """Tell whether the price of one of these is, or was, under test."""
    return any(tier.id in visit.book.experiments for tier in tiers)


def with_arms(visit: Visit, tiers: Sequence[TierView]) -> Visit:
    """Return the visit with the tested prices that it is about to show, remembered."""
    arms = show_arms(
        customer_id=visit.customer_id,
        tier_ids=[tier.id for tier in tiers],
        book=visit.book,
        now=visit.at,
    )
    return replace(visit, arms=arms)


def has_promotions_for_some(book: PriceBook) -> bool:
    """Tell whether a promotion applies by itself, but not to everybody for ever."""

    def look() -> bool:
        automatic = (rule for rule in book.promotions if not rule.needs_code)
        return any(rule.limits or rule.staff_only for rule in automatic)

    return book.remember("bot:asks-about-buyer", look)


def quote_from_visit(visit: Visit, wish: Wish) -> Quote:
    """Price a wish without a promotion code, from the visit alone.

    Raises:
        ShopError: pricing's own refusals.
    """
    return quote(_request(visit, wish), visit.book)


def _request(visit: Visit, wish: Wish) -> QuoteRequest:
    return QuoteRequest(
        tier_id=wish.tier_id,
        months=wish.months,
        quantity=wish.quantity,
        region=visit.region,
        currency=wish.currency,
        buyer=replace(visit.buyer_facts.buyer, arms=visit.arms),
        at=visit.at,
    )


def tier_offers(visit: Visit, product: ProductView) -> tuple[TierOffer, ...]:
    """Return a product's tiers, each with the list price of one unit here."""
    return tuple(TierOffer(tier, _unit(visit, tier)) for tier in product.tiers)


def _unit(visit: Visit, tier: TierView) -> Money | None:
    # Of the customer only what decides the list price: each discount is a line of its own.
    buyer = Buyer(customer_id=visit.customer_id, arms=visit.arms)
    asked = QuoteRequest(
        tier_id=tier.id, months=1, region=visit.region, buyer=buyer, at=visit.at
    )
    try:
        return quote(asked, visit.book).unit
    except ShopError:
        return None


def month_quotes(visit: Visit, tier: TierView) -> Sequence[Quote]:
    """Return the price of each number of months on offer, without credit for the past.

    From the visit alone: where ``has_promotions_for_some``, ask ``month_quotes_looked_up``.
    """
    return _for_each_length(_request(visit, Wish(tier_id=tier.id, months=1)), visit.book)


def month_quotes_looked_up(visit: Visit, tier: TierView) -> Sequence[Quote]:
    """Return the same, knowing what is left of limits; the queries of one price."""
    asked = _request(visit, Wish(tier_id=tier.id, months=1))
    return _for_each_length(complete(request=asked, book=visit.book), visit.book)


def _for_each_length(asked: QuoteRequest, book: PriceBook) -> Sequence[Quote]:
    return [quote(replace(asked, months=months), book) for months in MONTHS_OFFERED]
