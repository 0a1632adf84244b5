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
    bring = [_line(line) for line in _bringing(lines)]
    if bring:
        deliver_all(customer_id=order.customer_id, lines=bring, actor=actor, now=now)


def let_go_delivery(*, lines: Iterable[OrderLine], now: datetime) -> None:
    """Free what an order's lines held that nobody paid."""
    let_go(sources=_sources(lines), now=now)


def take_delivery_back(*, lines: Iterable[OrderLine], actor: str, now: datetime) -> None:
    """Note that what lines delivered is no longer the customer's."""
    if sources := _sources(lines):
        take_back(sources=sources, actor=actor, now=now)


def give_delivery_again(*, lines: Iterable[OrderLine], actor: str, now: datetime) -> None:
    """Undo ``take_delivery_back``."""
    if sources := _sources(lines):
        give_again(sources=sources, actor=actor, now=now)


def _bringing(lines: Iterable[OrderLine]) -> list[OrderLine]:
    """Keep the lines that bring more than access; most bring none and cost no query."""
    return [line for line in lines if line.terms.get("delivers", True) or _is_physical(line)]


def _sources(lines: Iterable[OrderLine]) -> list[str]:
    return [line.source for line in _bringing(lines)]


def _is_physical(line: OrderLine) -> bool:
    """It is sent by post; the line that pays for the sending is not sent itself."""
    is_postage = "shipping_option" in line.terms
    return line.goods_type == Product.GoodsType.PHYSICAL and not is_postage


def _line(line: OrderLine) -> Line:
    return Line(
        source=line.source,
        tier_id=line.tier_id,
        quantity=line.quantity,
        is_physical=_is_physical(line),
    )
