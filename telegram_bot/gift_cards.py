"""What do a customer's gift cards hold and pay? One synchronous block each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from orders.errors import PriceChanged, UnknownOrder
from orders.models import Order
from orders.quoting import Funds
from orders.services.closing import cancel_order
from orders.services.placing import place_order
from pricing.engine.values import Quote
from pricing.services.gift_cards import gift_balances, redeem_gift_card
from shopbot.kernel.errors import Conflict
from shopbot.kernel.money import Money
from telegram_bot.callbacks import PayByCard
from telegram_bot.order_cards import OrderCard, card_of, with_ways
from telegram_bot.purchases import priced, wish_of
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
    order = _own_row(visit, order_id)
    return CardOffer(card_of(order), _quote(visit, order))


def pay_by_card(*, visit: Visit, data: PayByCard) -> OrderCard:
    """Replace a waiting order by the same one that gift cards pay their part of.

    The first order goes first: it holds the stock and the discounts of the second. Safe to
    repeat, also where the process died between the two.

    Raises:
        UnknownOrder: no such order, or somebody else's.
        CardOfferChanged: the price or the balance is another one now; nothing is ordered.
        ShopError: what cancelling and placing refuse.
    """
    first = _own_row(visit, data.order_id)
    if first.status == Order.Status.PENDING:
        cancel_order(order_id=first.pk, actor=f"customer:{visit.customer_id}", now=visit.at)
    wish = wish_of(first, first.currency)
    try:
        order = place_order(
            customer_id=visit.customer_id,
            tier_id=wish.tier_id,
            months=wish.months,
            quantity=wish.quantity,
            currency=wish.currency,
            promo_code=wish.promo_code,
            purpose=wish.purpose,
            funds=Funds.GIFT_CARDS_FIRST,
            expected_fingerprint=data.fingerprint,
            placement_key=f"tg:{data.nonce}:{data.fingerprint}",
            now=visit.at,
        )
    except PriceChanged as changed:
        raise CardOfferChanged(CardOffer(card_of(first), changed.quote)) from None
    return with_ways(order)


def _quote(visit: Visit, order: Order) -> Quote:
    wish = replace(wish_of(order, order.currency), funds=Funds.GIFT_CARDS_FIRST)
    return priced(visit=visit, wish=wish)


def _own_row(visit: Visit, order_id: int) -> Order:
    row = Order.objects.filter(customer_id=visit.customer_id, pk=order_id).first()
    if row is None:
        raise UnknownOrder(f"customer {visit.customer_id} has no order {order_id}")
    return row
