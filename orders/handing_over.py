"""What an order's lines deliver beyond access: held, handed over, taken back.

Between ``orders`` and ``delivery`` stand only names of lines, as between ``orders`` and
``entitlements``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from catalog.models import Product
from delivery.errors import OutOfCodes
from delivery.lines import Line
from delivery.services import deliver_all, give_again, hold, let_go, take_back
from orders.errors import SoldOut
from orders.models import Order, OrderLine
from pricing.services.sold_cards import (
    Frozen,
    freeze_sold_cards,
    left_on_sold_cards,
    make_sold_cards,
    spent_of_sold_cards,
    thaw_sold_cards,
    withhold_from_sold_cards,
)
from shopbot.kernel.money import Money


def hold_delivery(*, order: Order, line: OrderLine, now: datetime) -> None:
    """Claim the codes that a line will deliver, with its price and stock.

    Raises:
        SoldOut: fewer codes are left.
    """
    if not _bringing([line]):
        return
    try:
        hold(customer_id=order.customer_id, line=_line(line), now=now)
    except OutOfCodes:
        raise SoldOut(f"tier {line.tier_id} is sold out", tier_id=line.tier_id) from None


def hand_over(*, order: Order, lines: Iterable[OrderLine], actor: str, now: datetime) -> None:
    """Deliver what paid lines bring. A renewal brings nothing anew: all of it is theirs."""
    bring = [
        _line(line, codes=_gift_cards(order, line, actor, now)) for line in _bringing(lines)
    ]
    if bring:
        deliver_all(customer_id=order.customer_id, lines=bring, actor=actor, now=now)


def let_go_delivery(*, lines: Iterable[OrderLine], now: datetime) -> None:
    """Free what an order's lines held that nobody paid."""
    let_go(sources=_sources(lines), now=now)


def take_delivery_back(*, lines: Iterable[OrderLine], actor: str, now: datetime) -> None:
    """Note that what lines delivered is no longer the customer's."""
    lines = list(lines)
    if sources := _sources(lines):
        take_back(sources=sources, actor=actor, now=now)
    if sold := _sold_cards(lines):
        freeze_sold_cards(sources=sold, why=Frozen.REFUNDED, actor=actor, now=now)


def give_delivery_again(*, lines: Iterable[OrderLine], actor: str, now: datetime) -> None:
    """Undo ``take_delivery_back``."""
    lines = list(lines)
    if sources := _sources(lines):
        give_again(sources=sources, actor=actor, now=now)
    if sold := _sold_cards(lines):
        thaw_sold_cards(sources=sold, why=Frozen.REFUNDED, actor=actor, now=now)


def freeze_gift_cards(*, lines: Iterable[OrderLine], actor: str, now: datetime) -> None:
    """Stop the gift cards that lines sold while their payment is disputed."""
    if sold := _sold_cards(lines):
        freeze_sold_cards(sources=sold, why=Frozen.DISPUTED, actor=actor, now=now)


def thaw_gift_cards(*, lines: Iterable[OrderLine], actor: str, now: datetime) -> None:
    """Undo ``freeze_gift_cards``."""
    if sold := _sold_cards(lines):
        thaw_sold_cards(sources=sold, why=Frozen.DISPUTED, actor=actor, now=now)


def withhold_gift_cards(*, order: Order, actor: str, now: datetime) -> None:
    """Keep of the gift cards that an order sold as much from being spent as is refunded."""
    if sold := _sold_cards(order.lines.all()):
        withhold_from_sold_cards(
            sources=sold, amount_minor=order.refunded_minor, actor=actor, now=now
        )


def gift_cards_spent(lines: Iterable[OrderLine]) -> Money | None:
    """Return what was spent of the gift cards that lines sold; None where they sold none."""
    sold = _sold_cards(lines)
    return spent_of_sold_cards(sources=sold) if sold else None


def gift_cards_left(lines: Iterable[OrderLine]) -> Money | None:
    """Return what can be spent of the gift cards that lines sold; None where nothing can."""
    sold = _sold_cards(lines)
    return left_on_sold_cards(sources=sold) if sold else None


def _sold_cards(lines: Iterable[OrderLine]) -> list[str]:
    return [line.source for line in lines if line.terms.get("gift_card")]


def _gift_cards(order: Order, line: OrderLine, actor: str, now: datetime) -> tuple[str, ...]:
    """Make the gift cards that a paid line sold, together worth what was paid for it.

    Worth the list price, a card bought at a discount would be money made of nothing.
    """
    terms = line.terms.get("gift_card")
    if not terms or line.total_minor < line.quantity:
        return ()
    paid = Money(line.total_minor, order.currency)
    cards = make_sold_cards(
        source=line.source,
        amounts=paid.split([1] * line.quantity),
        valid_days=terms["valid_days"],
        actor=actor,
        now=now,
    )
    return tuple(card.code for card in cards)


def _bringing(lines: Iterable[OrderLine]) -> list[OrderLine]:
    """Keep the lines that bring more than access; most bring none and cost no query."""
    return [line for line in lines if line.terms.get("delivers", True) or _is_physical(line)]


def _sources(lines: Iterable[OrderLine]) -> list[str]:
    return [line.source for line in _bringing(lines)]


def _is_physical(line: OrderLine) -> bool:
    """It is sent by post; the line that pays for the sending is not sent itself."""
    is_postage = "shipping_option" in line.terms
    return line.goods_type == Product.GoodsType.PHYSICAL and not is_postage


def _line(line: OrderLine, *, codes: tuple[str, ...] = ()) -> Line:
    return Line(
        source=line.source,
        tier_id=line.tier_id,
        quantity=line.quantity,
        is_physical=_is_physical(line),
        codes=codes,
    )
