"""Which ways of paying may sell this, to this customer, here?

Telegram's terms let digital goods be sold inside of Telegram for Stars only; what is delivered
outside of it may be paid by card. The table below is that rule. An owner may depart from it
with ``GOODS_EXCEPTIONS``, and the admin then says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.conf import settings

from catalog.models import Product
from orders.errors import WayNotAllowed
from orders.gateways.protocol import Capabilities, Gateway
from orders.gateways.registry import gateways
from orders.gifts import is_gift
from orders.models import Order, OrderLine
from shopbot.kernel.money import STARS, Money

_DIGITAL = Product.GoodsType.DIGITAL
_SERVICE = Product.GoodsType.SERVICE
_PHYSICAL = Product.GoodsType.PHYSICAL

# What each gateway may sell inside of Telegram.
ALLOWED_GOODS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "stars": frozenset({_DIGITAL, _SERVICE}),
        "stripe": frozenset({_SERVICE, _PHYSICAL}),
        "demo": frozenset({_DIGITAL, _SERVICE, _PHYSICAL}),
    }
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a customer may pay an order.

    ``currency`` differs from the order's where the way has its own (Stars): the price must then
    be quoted anew in it before paying.
    """

    gateway: str
    label: str
    is_test: bool
    may_renew: bool
    currency: str


@dataclass(frozen=True, slots=True)
class Departure:
    """A goods type that the owner lets a gateway sell against Telegram's terms."""

    gateway: str
    goods_type: str


def goods_exceptions() -> frozenset[tuple[str, str]]:
    """Return what the owner allows beyond the table, as ``(gateway, goods_type)``."""
    pairs = (entry.partition(":") for entry in settings.GOODS_EXCEPTIONS)
    return frozenset((name.strip(), kind.strip()) for name, _, kind in pairs)


def departures() -> tuple[Departure, ...]:
    """Return the owner's exceptions that Telegram's terms do not allow."""
    return tuple(
        Departure(gateway=name, goods_type=kind)
        for name, kind in sorted(goods_exceptions())
        if kind not in ALLOWED_GOODS.get(name, frozenset())
    )


def may_sell(gateway: Gateway, goods_type: str) -> bool:
    """Whether a gateway may sell a goods type in this shop.

    Where no real money moves nothing real is sold, so test and demo payments may sell all.
    """
    if goods_type not in gateway.capabilities.goods_types:
        return False
    if gateway.is_test:
        return True
    return (
        goods_type in ALLOWED_GOODS.get(gateway.name, frozenset())
        or (gateway.name, goods_type) in goods_exceptions()
    )


def ways_for(
    *, goods_types: Iterable[str], total: Money, is_monthly: bool, months: int
) -> tuple[Way, ...]:
    """Return the ways in which something could be paid, before there is an order; no query."""
    wanted = frozenset(goods_types)
    return tuple(
        _way(gateway, total, is_monthly=is_monthly, months=months)
        for gateway in gateways().values()
        if all(may_sell(gateway, kind) for kind in wanted)
        and _fits(gateway.capabilities, total)
    )


def payment_ways(order: Order) -> tuple[Way, ...]:
    """Return the ways in which an order could be paid; one query, none if lines are at hand."""
    lines = order.sold
    return ways_for(
        goods_types={line.goods_type for line in lines},
        total=order.total,
        is_monthly=_is_monthly(lines),
        months=max((line.months for line in lines), default=0),
    )


def require_way(*, order: Order, lines: Iterable[OrderLine], gateway: Gateway) -> None:
    """Refuse what this gateway may not sell, or cannot take.

    Raises:
        WayNotAllowed: by goods type, currency or amount.
    """
    for line in lines:
        if not may_sell(gateway, line.goods_type):
            raise WayNotAllowed(
                f"{gateway.name} may not sell {line.goods_type} goods here",
                gateway=gateway.name,
                goods_type=line.goods_type,
            )
    if not takes(gateway.capabilities, order.total):
        raise WayNotAllowed(f"{gateway.name} cannot take {order.total}", gateway=gateway.name)


def takes(capabilities: Capabilities, amount: Money) -> bool:
    """Whether a gateway can take this amount in this currency."""
    if capabilities.currencies is not None and amount.currency not in capabilities.currencies:
        return False
    within = capabilities.max_minor is None or amount.minor <= capabilities.max_minor
    return within and amount.minor >= capabilities.min_minor


def _fits(capabilities: Capabilities, total: Money) -> bool:
    """A gateway for Stars fits any order, since the price can be quoted in Stars."""
    return capabilities.currencies == frozenset({STARS}) or takes(capabilities, total)


def _way(gateway: Gateway, total: Money, *, is_monthly: bool, months: int) -> Way:
    capabilities = gateway.capabilities
    only_stars = capabilities.currencies == frozenset({STARS})
    return Way(
        gateway=gateway.name,
        label=gateway.label,
        is_test=gateway.is_test,
        may_renew=is_monthly
        and capabilities.recurring
        and months in capabilities.recurring_months,
        currency=STARS if only_stars else total.currency,
    )


def _is_monthly(lines: Iterable[OrderLine]) -> bool:
    """What may renew: a gift is given once."""
    return all(line.months > 0 and not is_gift(line) for line in lines)
