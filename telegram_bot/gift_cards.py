"""What do a customer's gift cards hold and pay? One synchronous block each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from orders.errors import PriceChanged
from orders.models import Order
from orders.quoting import Funds, Wish
from pricing.engine.values import Quote
from pricing.services.gift_cards import gift_balances, redeem_gift_card
from shopbot.kernel.errors import Conflict
from shopbot.kernel.money import Money
from telegram_bot.callbacks import PayByCard
from telegram_bot.order_cards import OrderCard, card_of, with_ways
from telegram_bot.purchases import order_instead, own_row, priced, wish_of
from telegram_bot.visit import Visit


@dataclass(frozen=True, slots=True)
class CardOffer:
    """An order, and its price with gift cards paying their part."""

    card: OrderCard
    quote: Quote


class CardOfferChanged(Conflict):
    """The price, or what is on the cards, is no longer what was shown."""

    code = "price_changed"

    def __init__(self, found: CardOffer) -> None:
        super().__init__()
        self.found = found


def balances(*, visit: Visit) -> tuple[Money, ...]:
    """Return what is on the customer's cards, by currency."""
    return gift_balances(customer_id=visit.customer_id, now=visit.at)


def redeem(*, visit: Visit, code: str) -> tuple[Money, ...]:
    """Make a card the customer's, and return what is on all of theirs.

    Raises:
        ShopError: what ``redeem_gift_card`` refuses.
    """
    redeem_gift_card(code=code, customer_id=visit.customer_id, now=visit.at)
    return balances(visit=visit)


def card_offer(*, visit: Visit, order_id: int) -> CardOffer:
    """Say what gift cards would pay of the customer's order.

    Raises:
        UnknownOrder: no such order, or somebody else's.
        ShopError: what quoting refuses.
    """
    order = own_row(visit, order_id)
    return CardOffer(card_of(order), _quote(visit, order))


def pay_by_card(*, visit: Visit, data: PayByCard) -> OrderCard:
    """Replace a waiting order by the same one that gift cards pay their part of.

    Safe to repeat, as ``replace_order`` is.

    Raises:
        UnknownOrder: no such order, or somebody else's.
        CardOfferChanged: the price or the balance is another one now; the first order waits.
        ShopError: what ``replace_order`` refuses.
    """
    first = own_row(visit, data.order_id)
    try:
        order = order_instead(visit, first, _by_card(first), shown=data)
    except PriceChanged as changed:
        raise CardOfferChanged(CardOffer(card_of(first), changed.quote)) from None
    return with_ways(order)


def _quote(visit: Visit, order: Order) -> Quote:
    return priced(visit=visit, wish=_by_card(order))


def _by_card(order: Order) -> Wish:
    return replace(wish_of(order, order.currency), funds=Funds.GIFT_CARDS_FIRST)
