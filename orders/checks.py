"""Do the settings let the shop take money the way its provider's terms allow?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from orders.gateways.registry import GATEWAYS
from orders.ways import departures, goods_exceptions


@register("orders")
def check_goods_exceptions(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse names that mean nothing, and warn of what Telegram's terms forbid."""
    unknown = sorted({name for name, _ in goods_exceptions() if name not in GATEWAYS})
    found: list[CheckMessage] = [
        Error(
            f"GOODS_EXCEPTIONS names {name!r}, and there is no such way of paying.",
            hint=f"There are: {', '.join(GATEWAYS)}.",
            id="orders.E001",
        )
        for name in unknown
    ]
    found.extend(
        Warning(
            f"{each.gateway} may sell {each.goods_type} goods inside of Telegram.",
            hint="Telegram's terms for bots (6.2) allow digital goods for Stars only, and may"
            " end a bot that departs from them. Take it out of GOODS_EXCEPTIONS to comply.",
            id="orders.W001",
        )
        for each in departures()
    )
    return found


@register("orders", deploy=True)
def check_demo_is_off(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse to deploy a shop where anyone can pay without money."""
    if not settings.DEMO_GATEWAY_ENABLED:
        return []
    return [
        Error(
            "The demo gateway is on: anyone can pay without money.",
            hint="Set DEBUG to 0.",
            id="orders.E002",
        )
    ]


@register("orders", deploy=True)
def check_seller_is_named(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of receipts that do not say who sold."""
    if settings.SELLER_NAME:
        return []
    return [
        Warning(
            "Receipts do not name the seller.",
            hint="Set SELLER_NAME, SELLER_ADDRESS and what the law asks for.",
            id="orders.W002",
        )
    ]
