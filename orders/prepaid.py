"""The part of an order that gift cards pay: held with it, spent by it, given back."""

from __future__ import annotations

from datetime import datetime

from orders.models import Order
from pricing.engine.values import Quote
from pricing.services.gift_cards import (
    refund_to_gift_cards,
    return_to_gift_cards,
    spend_gift_cards,
    spenders,
)


def hold_gift_cards(*, order: Order, quote: Quote, now: datetime) -> None:
    """Take off the customer's cards what the quote says; the order is new and locked.

    Raises:
        GiftCardRefused: less is on them by now.
    """
    if quote.gift:
        _spend(order, quote, order.holder, now)


def hold_gift_cards_again(*, order: Order, now: datetime) -> None:
    """Take the same off again for an order that gave it back; safe to repeat.

    Raises:
        GiftCardRefused: it was spent on something else.
    """
    quote = order.priced()
    if quote.gift and not order.card_minor:
        # A holder spends once and gets back once, so each further time has a name of its own.
        holder = f"{order.holder}:again-{len(_holders(order))}"
        _spend(order, quote, holder, now)


def release_gift_cards(*, order: Order, now: datetime) -> None:
    """Put back what an order held that nobody paid; safe to repeat."""
    if order.card_minor:
        return_to_gift_cards(holders=_holders(order), now=now)
        _note(order, 0)


def refund_gift_cards(*, order: Order, now: datetime) -> None:
    """Put back what an order was paid with once all its money is back; safe to repeat."""
    if order.card_minor:
        refund_to_gift_cards(holders=_holders(order), now=now)
        _note(order, 0)


def _spend(order: Order, quote: Quote, holder: str, now: datetime) -> None:
    spend_gift_cards(customer_id=order.customer_id, holder=holder, amount=quote.gift, now=now)
    _note(order, quote.gift.minor)


def _note(order: Order, minor: int) -> None:
    order.card_minor = minor
    order.save(update_fields=["card_minor"])


def _holders(order: Order) -> tuple[str, ...]:
    return spenders(customer_id=order.customer_id, holder=order.holder)
