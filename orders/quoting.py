"""What would this cost this customer, counting what they already own?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from customers.errors import UnknownCustomer
from customers.models import Customer
from orders.credit import (
    CreditPart,
    credit_moment,
    credit_total,
    moment_before,
    unused_parts,
)
from orders.errors import PriceChanged
from orders.gifts import Purpose
from orders.models import Order
from orders.models.order import order_holder
from pricing.book import price_book
from pricing.engine import PriceBook
from pricing.engine.values import Buyer, Quote, QuoteRequest
from pricing.services import quote_offer, quote_with_book, remember_shown
from pricing.services.gift_cards import gift_balance
from shopbot.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerFacts:
    """What a price may depend on about a customer; may be kept for a while by a caller.

    ``first_purchase_held_by`` is the waiting order that has the price of a first purchase: what
    is bought beside it is a later purchase, what is bought in its stead is not.
    """

    customer_id: int
    region: str
    is_region_confirmed: bool
    language: str
    affiliate_id: int | None
    is_first_purchase: bool
    first_purchase_held_by: int | None = None

    @property
    def buyer(self) -> Buyer:
        """The same in the words of the price engine."""
        return self.buyer_instead_of(None)

    def buyer_instead_of(self, order_id: int | None) -> Buyer:
        """Return the buyer of what is bought in the stead of a waiting order, if of one."""
        return Buyer(
            customer_id=self.customer_id,
            is_referred=self.affiliate_id is not None,
            affiliate_id=self.affiliate_id,
            is_first_purchase=self.is_first_purchase
            and self.first_purchase_held_by in (None, order_id),
        )


class Funds(StrEnum):
    """What pays for an order: money alone, or the customer's gift cards before it."""

    MONEY = "money"
    GIFT_CARDS_FIRST = "gift_cards_first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a customer wants to buy; ``currency`` None is the region's own.

    A gift is priced like anything else, but what the giver owns makes it no cheaper. What a
    waiting order holds that this would be ``instead_of`` counts as free.
    """

    tier_id: int
    months: int
    quantity: int = 1
    currency: str | None = None
    promo_code: str | None = None
    purpose: Purpose = Purpose.OWN
    funds: Funds = Funds.MONEY
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A quote, and the earlier purchases whose unused time makes it cheaper."""

    quote: Quote
    credit: tuple[CreditPart, ...] = ()


def facts_of(
    customer: Customer, *, is_first_purchase: bool, first_purchase_held_by: int | None = None
) -> BuyerFacts:
    """Describe a customer whose row is at hand."""
    return BuyerFacts(
        customer_id=customer.pk,
        region=customer.region_or_guess,
        is_region_confirmed=customer.region_confirmed_at is not None,
        language=customer.language,
        affiliate_id=customer.referrer_id,
        is_first_purchase=is_first_purchase,
        first_purchase_held_by=first_purchase_held_by,
    )


def buyer_facts(*, customer_id: int) -> BuyerFacts:
    """Read the facts about a customer; one query.

    Raises:
        UnknownCustomer: no such customer.
    """
    found: Any = with_purchases(Customer.objects.filter(pk=customer_id)).first()
    if found is None:
        raise UnknownCustomer(f"no customer {customer_id}", customer_id=customer_id)
    return facts_of(
        found,
        is_first_purchase=not found.has_bought,
        first_purchase_held_by=found.first_purchase_held_by,
    )


def with_purchases(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Tell of each customer ``has_bought`` and ``first_purchase_held_by``; no more queries."""
    orders = Order.objects.filter(customer=OuterRef("pk"))
    return customers.annotate(
        has_bought=Exists(orders.paid()),
        first_purchase_held_by=Subquery(orders.holding_first_purchase().values("pk")),
    )


def quote_for_customer(
    *,
    customer_id: int,
    tier_id: int,
    months: int,
    quantity: int = 1,
    currency: str | None = None,
    promo_code: str | None = None,
    now: datetime,
) -> Quote:
    """Price an offer for a customer as ``place_order`` would at this moment.

    Raises:
        UnknownCustomer: no such customer.
        ShopError: pricing's own refusals (``UnknownTier``, ``NotForSale``, ``PromoRefused``).
    """
    wish = Wish(
        tier_id=tier_id,
        months=months,
        quantity=quantity,
        currency=currency,
        promo_code=promo_code,
    )
    return offer_for(facts=buyer_facts(customer_id=customer_id), wish=wish, now=now).quote


def offer_for(*, facts: BuyerFacts, wish: Wish, now: datetime) -> Offer:
    """Price an offer from facts at hand, with what unused time of a lower tier is worth.

    No query beside the versions for somebody who never bought.
    """
    return _offer(facts, wish, price_book(), credit_at=credit_moment(now), now=now)


def list_price(*, facts: BuyerFacts, wish: Wish, now: datetime) -> Quote:
    """Price an offer without counting what the customer owns."""
    return quote_offer(request=_request(facts, wish, credit=None, now=now))


def renewal_price(
    *,
    customer: Customer,
    region: str,
    tier_id: int,
    months: int,
    quantity: int,
    currency: str,
    subscribed_at: datetime,
    now: datetime,
) -> Quote:
    """Price the renewal of a subscription: on the list of its start, or of a later move."""
    facts = replace(facts_of(customer, is_first_purchase=False), region=region)
    wish = Wish(tier_id=tier_id, months=months, quantity=quantity, currency=currency)
    request = _request(facts, wish, credit=None, now=now)
    return quote_offer(request=replace(request, subscribed_at=subscribed_at))


def promised_offer(
    *,
    facts: BuyerFacts,
    wish: Wish,
    fingerprint: str | None,
    book: PriceBook,
    now: datetime,
) -> Offer:
    """Return the offer with this fingerprint if it was shown lately, else the present one.

    What unused time is worth falls by the second. It is counted at fixed moments, and one that
    has just passed is still honored: a price shown is a price kept.
    """
    present = _offer(facts, wish, book, credit_at=credit_moment(now), now=now)
    if facts.is_first_purchase or fingerprint in (None, present.quote.fingerprint):
        return present
    shown = _offer(facts, wish, book, credit_at=moment_before(now), now=now)
    return shown if shown.quote.fingerprint == fingerprint else present


@contextmanager
def keeping_what_is_shown() -> Iterator[None]:
    """Keep the price that a refusal shows: what noted it was rolled back by the refusal."""
    try:
        yield
    except PriceChanged as changed:
        remember_shown(quote=changed.quote)
        raise


def _offer(
    facts: BuyerFacts, wish: Wish, book: PriceBook, *, credit_at: datetime, now: datetime
) -> Offer:
    parts: tuple[CreditPart, ...] = ()
    if not facts.is_first_purchase and wish.purpose == Purpose.OWN:
        parts = unused_parts(
            customer_id=facts.customer_id,
            tier_id=wish.tier_id,
            at=credit_at,
            instead_of=wish.instead_of,
        )
    request = _request(facts, wish, credit=credit_total(parts), now=now)
    if wish.funds == Funds.GIFT_CARDS_FIRST:
        request = replace(request, gift_balance=_gift_balance(facts, wish, book, now))
    instead_of = order_holder(wish.instead_of) if wish.instead_of else None
    made = quote_with_book(request=request, book=book, instead_of=instead_of)
    return Offer(quote=made, credit=parts)


def _gift_balance(
    facts: BuyerFacts, wish: Wish, book: PriceBook, now: datetime
) -> Money | None:
    region = book.regions.get(facts.region)
    currency = wish.currency or (region.currency if region else "")
    if not currency:
        return None
    return gift_balance(customer_id=facts.customer_id, currency=currency, now=now)


def _request(
    facts: BuyerFacts, wish: Wish, *, credit: Money | None, now: datetime
) -> QuoteRequest:
    return QuoteRequest(
        tier_id=wish.tier_id,
        months=wish.months,
        quantity=wish.quantity,
        region=facts.region,
        currency=wish.currency,
        buyer=facts.buyer_instead_of(wish.instead_of),
        promo_code=wish.promo_code,
        upgrade_credit=credit,
        at=now,
    )
