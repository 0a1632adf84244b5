"""Which ways of paying are switched on?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.module_loading import import_string

from orders.gateways.protocol import Gateway, NotSupported


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a gateway lives and which settings switch it on.

    ``path`` names a function without parameters that builds the gateway from settings; it is
    imported only when on, so that a shop without Stripe never loads Stripe's SDK.
    """

    path: str
    is_on: Callable[[], bool]


def _demo_is_on() -> bool:
    return bool(settings.DEMO_GATEWAY_ENABLED)


def _stars_is_on() -> bool:
    return bool(settings.STARS_ENABLED)


def _stripe_is_on() -> bool:
    return bool(settings.STRIPE_ENABLED)


# In the order in which customers are offered them.
GATEWAYS: Final[Mapping[str, Entry]] = {
    "stars": Entry("orders.gateways.stars.from_settings", _stars_is_on),
    "stripe": Entry("orders.gateways.stripe.from_settings", _stripe_is_on),
    "demo": Entry("orders.gateways.demo.from_settings", _demo_is_on),
}


def gateways() -> Mapping[str, Gateway]:
    """Build every gateway that is on, in the order in which customers are offered them."""
    return {name: _build(entry) for name, entry in GATEWAYS.items() if entry.is_on()}


def gateway(name: str) -> Gateway:
    """Build one gateway.

    Raises:
        NotSupported: there is none of this name, or it is switched off.
    """
    entry = GATEWAYS.get(name)
    if entry is None or not entry.is_on():
        raise NotSupported(f"the gateway {name!r} is not switched on", gateway=name)
    return _build(entry)


def _build(entry: Entry) -> Gateway:
    built: Gateway = import_string(entry.path)()
    return built
