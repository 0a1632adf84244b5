"""What does a screen show of an order? A value, read with a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from orders.errors import NoCardByGiftCard, NotByGiftCard, UnknownOrder
from orders.gifts import is_gift
from orders.models import Order, OrderLine
from orders.services.shipping import Shipping, shipping_of
from orders.ways import Way, payment_ways
from pricing.selectors import has_gift_cards
from shopbot.kernel.money import Money
from telegram_bot.renewals import Renewal, own_renewals

PAGE_SIZE = 6


@dataclass(frozen=True, slots=True)
class OrderCard:
    """An order as its customer sees it; ``ways`` are empty unless it waits for money."""

    id: int
    number: str
    status: str
    product_names: Mapping[str, str]
    tier_names: Mapping[str, str]
    months: int
    quantity: int
    total: Money
    refunded: Money
    placed_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    is_disputed: bool
    tier_id: int
    #: The renewal agreement that it belongs to.
    subscription_id: int | None = None
    #: The entitlements that it gave.
    type_ids: frozenset[int] = frozenset()
    #: Bought for somebody else.
    is_gift: bool = False
    #: It brought a code, a file or a text, which can be fetched again.
    brings: bool = False
    #: Where it is sent to and how, where anything is.
    shipping: Shipping | None = None
    #: What gift cards pay beside the total.
    paid_by_card: Money | None = None
    #: There is something on the customer's gift cards that could pay for it.
    may_use_card: bool = False
    #: Why it could not, though something is on them: the code of a refusal.
    no_card_because: str = ""
    ways: tuple[Way, ...] = ()

    @property
    def is_pending(self) -> bool:
        """It waits for money."""
        return self.status == Order.Status.PENDING

    @property
    def is_paid(self) -> bool:
        """Money was taken for it, whatever happened since."""
        return self.status in Order.PAID_STATES

    @property
    def is_refunded(self) -> bool:
        """All of it went back."""
        return self.status == Order.Status.REFUNDED

    def title(self, language: str) -> str:
        """Return product and tier in a language, else in English, as they were sold."""
        names = (self.product_names, self.tier_names)
        return " · ".join(texts.get(language) or texts.get("en", "") for texts in names)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Some of a customer's orders, newest first."""

    orders: tuple[OrderCard, ...]
    page: int
    has_next: bool
    renewals: tuple[Renewal, ...] = ()


def own_order(*, customer_id: int, order_id: int) -> OrderCard:
    """Return a customer's order with its ways to pay; two queries.

    Raises:
        UnknownOrder: no such order, or somebody else's.
    """
    return _only(customer_id, pk=order_id)


def own_order_by_number(*, customer_id: int, number: str) -> OrderCard:
    """Return a customer's order by the number printed on it; two queries.

    Raises:
        UnknownOrder: no such order, or somebody else's.
    """
    return _only(customer_id, number=number)


def own_orders(*, customer_id: int, page: int) -> OrderPage:
    """Return a page of a customer's orders, with what renews; three queries."""
    first = page * PAGE_SIZE
    rows = Order.objects.filter(customer_id=customer_id).prefetch_related("lines")
    found = list(rows.order_by("-pk")[first : first + PAGE_SIZE + 1])
    return OrderPage(
        orders=tuple(card_of(order) for order in found[:PAGE_SIZE]),
        page=page,
        has_next=len(found) > PAGE_SIZE,
        renewals=own_renewals(customer_id=customer_id),
    )


def card_of(order: Order, *, ways: tuple[Way, ...] = ()) -> OrderCard:
    """Describe an order; a query unless its lines are at hand."""
    line: OrderLine = order.sold[0]
    gift = order.gift
    return OrderCard(
        id=order.pk,
        number=order.number,
        status=order.status,
        product_names={"en": line.product_name, **line.terms.get("product_names", {})},
        tier_names={"en": line.tier_name, **line.terms.get("tier_names", {})},
        months=line.months,
        quantity=line.quantity,
        total=order.total,
        refunded=order.refunded,
        placed_at=order.placed_at,
        expires_at=order.expires_at,
        paid_at=order.paid_at,
        is_disputed=order.is_disputed,
        tier_id=line.tier_id,
        subscription_id=order.subscription_id,
        type_ids=frozenset(given["type_id"] for given in line.terms.get("grants", ())),
        is_gift=is_gift(line),
        brings=bool(line.terms.get("delivers")),
        paid_by_card=gift if gift else None,
        ways=ways,
    )


def with_ways(order: Order) -> OrderCard:
    """Describe an order with its ways to pay, where it waits for money."""
    is_pending = order.status == Order.Status.PENDING
    card = card_of(order, ways=payment_ways(order) if is_pending else ())
    shipping = shipping_of(order)
    has_cards = (
        is_pending
        and not order.card_minor
        and has_gift_cards(customer_id=order.customer_id, currency=order.currency)
    )
    why_not = _why_no_card(order, shipping) if has_cards else ""
    return replace(
        card,
        shipping=shipping,
        may_use_card=has_cards and not why_not,
        no_card_because=why_not,
    )


def _why_no_card(order: Order, shipping: Shipping | None) -> str:
    if shipping is not None:
        return NotByGiftCard.code
    return NoCardByGiftCard.code if order.sold[0].terms.get("gift_card") else ""


def _only(customer_id: int, **which: object) -> OrderCard:
    rows = Order.objects.filter(customer_id=customer_id, **which).prefetch_related("lines")
    order = rows.first()
    if order is None:
        raise UnknownOrder(f"customer {customer_id} has no such order")
    return with_ways(order)
