"""Does a price of any age come out the same again? And from what?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from pricing.engine.book import EURO, PriceBook
from pricing.engine.calculation import quote
from pricing.engine.documents import decode, written
from pricing.engine.rates import currencies_below
from pricing.engine.values import ENGINE_VERSION, Quote, QuoteRequest

#: Every way of calculating that quotes were ever made by. Changing a step means a new entry.
ENGINES: Final[Mapping[int, Callable[[QuoteRequest, PriceBook], Quote]]] = {
    ENGINE_VERSION: quote
}


def inputs_of(made: Quote) -> bytes:
    """Return everything a quote depended on, as canonical bytes."""
    return written(
        {
            "engine": made.engine,
            "request": made.request,
            "book": _slice(made.book, made.request, made.currency),
        }
    )


def replay(inputs: bytes | str) -> Quote:
    """Calculate a stored quote again, from its inputs alone.

    Raises:
        ValueError: no engine of this version is left.
    """
    return replay_document(json.loads(inputs))


def replay_document(document: Mapping[str, Any]) -> Quote:
    """Calculate a stored quote again from inputs that are JSON values already."""
    engine = ENGINES.get(document["engine"])
    if engine is None:
        raise ValueError(f"no price engine of version {document['engine']}")
    return engine(
        decode(QuoteRequest, document["request"]), decode(PriceBook, document["book"])
    )


def _slice(book: PriceBook, request: QuoteRequest, currency: str) -> PriceBook:
    """Return the book without what this question cannot touch."""
    tier = book.tiers[request.tier_id]
    used = {tier.currency, currency, book.regions[request.region].currency}
    used |= {test.ended_in for test in book.experiments.get(tier.id, ()) if test.ended_in}
    if request.upgrade_credit is not None:
        used.add(request.upgrade_credit.currency)
    used = currencies_below(book, used) | {EURO}
    wanted = request.coupon.promotion_id if request.coupon else 0
    return replace(
        book,
        tiers={tier.id: tier},
        regions={request.region: book.regions[request.region]},
        currencies={code: kept for code, kept in book.currencies.items() if code in used},
        rates={code: kept for code, kept in book.rates.items() if code in used},
        rates_checked_on={
            code: kept for code, kept in book.rates_checked_on.items() if code in used
        },
        quantity={
            key: kept for key, kept in book.quantity.items() if key in (0, tier.product_id)
        },
        promotions=tuple(
            each
            for each in book.promotions
            if each.id == wanted or (not each.needs_code and each.covers(tier, request.region))
        ),
        experiments={key: kept for key, kept in book.experiments.items() if key == tier.id},
        affiliate=replace(
            book.affiliate,
            overrides={
                key: kept
                for key, kept in book.affiliate.overrides.items()
                if key == request.buyer.affiliate_id
            },
        ),
        _kept={},
    )
