"""What does a tap on the way to a purchase ask of the shop? One synchronous block each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from orders.errors import PriceChanged, UnknownOrder
from orders.gateways.protocol import GatewayError, PaymentLink
from orders.gifts import Purpose
from orders.models import Order, Payment
from orders.quoting import Funds, Wish, offer_for
from orders.services.applying import sync_payment
from orders.services.closing import cancel_order
from orders.services.demo_paying import pay_demo_order
from orders.services.paying import open_payment, open_subscription
from orders.services.placing import place_order
from orders.services.replacing import replace_order
from orders.ways import Way, payment_ways
from pricing.engine.errors import PromoRefused
from pricing.engine.values import Quote
from pricing.services.guessing import may_try_code, note_wrong_code
from pricing.services.quoting import check_code
from shopbot.kernel.errors import Conflict
from telegram_bot.callbacks import Checkout, Pay, PayAnew, PayByCard, RenewAnew
from telegram_bot.conversation import keep_code
from telegram_bot.errors import StaleButton
from telegram_bot.order_cards import OrderCard, card_of, own_order, with_ways
from telegram_bot.visit import Visit


@dataclass(frozen=True, slots=True)
class Opened:
    """A payment that can be made now."""

    card: OrderCard
    way: Way
    link: PaymentLink


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A way that has a currency of its own, with the price in it, once or renewing."""

    card: OrderCard
    way: Way
    quote: Quote
    renews: bool


class ElsewhereChanged(Conflict):
    """The price in the way's own currency is no longer the one that was shown."""

    code = "price_changed"

    def __init__(self, found: Elsewhere) -> None:
        super().__init__()
        self.found = found


def priced(*, visit: Visit, wish: Wish) -> Quote:
    """Price a wish as ``place_order`` would, whatever the customer owns already."""
    return offer_for(facts=visit.buyer_facts, wish=wish, now=visit.at).quote


def priced_with_code(*, visit: Visit, wish: Wish) -> Quote:
    """Price a wish with a code that was typed just now; wrong ones are counted.

    Raises:
        TooManyTries: too many wrong codes lately.
        PromoRefused: the code does not apply.
    """
    with _counting_wrong_codes(visit):
        return priced(visit=visit, wish=wish)


def take_linked_code(*, visit: Visit, code: str) -> None:
    """Keep the promo code of a link for the prices that follow.

    Raises:
        TooManyTries: too many wrong codes lately.
        PromoRefused: whatever this customer chooses, the code does not apply.
    """
    with _counting_wrong_codes(visit):
        check_code(text=code, buyer=visit.buyer_facts.buyer, region=visit.region, now=visit.at)
    keep_code(bot_id=visit.bot_id, chat_id=visit.chat_id, code=code, now=visit.at)


@contextmanager
def _counting_wrong_codes(visit: Visit) -> Iterator[None]:
    may_try_code(customer_id=visit.customer_id, now=visit.at)
    try:
        yield
    except PromoRefused as refused:
        if refused.reason == "unknown":
            note_wrong_code(customer_id=visit.customer_id, now=visit.at)
        raise


def place(*, visit: Visit, data: Checkout) -> OrderCard:
    """Place the order that a price screen offered; the same button places it once."""
    wish = Wish(
        tier_id=data.tier_id,
        months=data.months,
        quantity=data.quantity,
        promo_code=visit.talk.promo_code if data.with_code else None,
    )
    order = place_order(
        customer_id=visit.customer_id,
        wish=wish,
        expected_fingerprint=data.fingerprint,
        placement_key=f"tg:{data.nonce}:{data.fingerprint}",
        now=visit.at,
    )
    if data.with_code:
        # It has served; the next price is shown without it.
        keep_code(bot_id=visit.bot_id, chat_id=visit.chat_id, code="", now=visit.at)
    return with_ways(order)


def open_way(*, visit: Visit, data: Pay) -> Opened | Elsewhere:
    """Open a payment of the customer's order, or say what it costs in the way's own currency.

    Raises:
        UnknownOrder: no such order, or somebody else's.
        StaleButton: this way is no longer offered for it.
        ShopError: what ``open_payment`` refuses.
    """
    order = own_row(visit, data.order_id)
    way = _way(order, data.gateway)
    if way.currency != order.currency:
        quote = priced(visit=visit, wish=wish_of(order, way.currency))
        return Elsewhere(card_of(order), way, quote, data.renews)
    link = _open(visit, order.pk, data.gateway, renews=data.renews)
    return Opened(card_of(order), way, link)


def pay_anew(*, visit: Visit, data: PayAnew) -> Opened:
    """Replace a waiting order by the same one in another currency, and open its payment.

    Safe to repeat, as ``replace_order`` is.

    Raises:
        UnknownOrder: no such order, or somebody else's.
        ElsewhereChanged: the price in that currency is another one now; the first order waits.
        ShopError: what replacing and opening refuse.
    """
    first = own_row(visit, data.order_id)
    way, renews = _way(first, data.gateway), isinstance(data, RenewAnew)
    try:
        order = order_instead(visit, first, wish_of(first, way.currency), shown=data)
    except PriceChanged as changed:
        found = Elsewhere(card_of(first), way, changed.quote, renews)
        raise ElsewhereChanged(found) from None
    return Opened(with_ways(order), way, _open(visit, order.pk, data.gateway, renews=renews))


def order_instead(
    visit: Visit, first: Order, wish: Wish, *, shown: PayAnew | PayByCard
) -> Order:
    """Order in the stead of a waiting order, at the price that the pressed screen showed.

    Raises:
        PriceChanged: the price is another one now; the first order still waits.
        ShopError: what ``replace_order`` refuses.
    """
    return replace_order(
        order_id=first.pk,
        wish=wish,
        expected_fingerprint=shown.fingerprint,
        placement_key=f"tg:{shown.nonce}:{shown.fingerprint}",
        actor=f"customer:{visit.customer_id}",
        now=visit.at,
    )


def own_row(visit: Visit, order_id: int) -> Order:
    """Return an order of the customer.

    Raises:
        UnknownOrder: no such order, or somebody else's.
    """
    row = Order.objects.filter(customer_id=visit.customer_id, pk=order_id).first()
    if row is None:
        raise UnknownOrder(f"customer {visit.customer_id} has no order {order_id}")
    return row


def _way(order: Order, gateway: str) -> Way:
    way = next((way for way in payment_ways(order) if way.gateway == gateway), None)
    if way is None:
        raise StaleButton(f"{gateway} is no way to pay order {order.number}")
    return way


def wish_of(order: Order, currency: str) -> Wish:
    """Return what an order asked for, to be asked for in its stead in a currency."""
    line = order.lines.all()[0]
    return Wish(
        tier_id=line.tier_id,
        months=line.months or 1,
        quantity=line.quantity,
        currency=currency,
        promo_code=_promo_code(order),
        purpose=Purpose(line.terms.get("purpose", Purpose.OWN)),
        funds=Funds.GIFT_CARDS_FIRST if order.priced().gift else Funds.MONEY,
        instead_of=order.pk,
    )


def _promo_code(order: Order) -> str | None:
    codes = (line.detail for line in order.priced().lines if line.code == "promo_code")
    return next((str(detail["promo_code"]) for detail in codes), None)


def _open(visit: Visit, order_id: int, gateway: str, *, renews: bool) -> PaymentLink:
    open_it = open_subscription if renews else open_payment
    return open_it(order_id=order_id, gateway=gateway, now=visit.at)


def pay_demo(*, visit: Visit, order_id: int) -> OrderCard:
    """Pay the customer's order without money, where the shop is only tried.

    Raises:
        UnknownOrder: no such order, or somebody else's.
        ShopError: what ``pay_demo_order`` refuses.
    """
    own_order(customer_id=visit.customer_id, order_id=order_id)
    pay_demo_order(order_id=order_id, now=visit.at)
    return own_order(customer_id=visit.customer_id, order_id=order_id)


def look_for_payment(*, visit: Visit, order_id: int) -> OrderCard:
    """Ask the providers whether the customer's order is paid, and return it as it is then.

    Raises:
        UnknownOrder: no such order, or somebody else's.
    """
    card = own_order(customer_id=visit.customer_id, order_id=order_id)
    if not card.is_pending:
        return card
    payments = Payment.objects.payable().filter(order_id=order_id)
    for payment_id in payments.values_list("pk", flat=True):
        try:
            sync_payment(payment_id=payment_id, actor="bot", now=visit.at)
        except GatewayError:
            continue  # the webhook and the poller ask as well
    return own_order(customer_id=visit.customer_id, order_id=order_id)


def cancel(*, visit: Visit, order_id: int) -> OrderCard:
    """Cancel the customer's unpaid order.

    Raises:
        UnknownOrder: no such order, or somebody else's.
        ShopError: what ``cancel_order`` refuses.
    """
    own_order(customer_id=visit.customer_id, order_id=order_id)
    cancel_order(order_id=order_id, actor=f"customer:{visit.customer_id}", now=visit.at)
    return own_order(customer_id=visit.customer_id, order_id=order_id)
