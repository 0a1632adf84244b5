"""The cast of these tests: a shop with one product, who buys, and short ways to do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from typing import Any

import pytest

from catalog.models import ProductTier
from customers.models import Customer
from entitlements.models import EntitlementType, TierGrant
from orders.models import Order, Payment
from orders.quoting import Wish
from orders.services.demo_paying import say_demo
from orders.services.paying import open_payment
from orders.services.placing import place_order
from pricing.defaults import write_defaults
from pricing.models import Region
from tests.catalog.factories import make_product
from tests.catalog.factories import make_tier as new_tier
from tests.customers.factories import make_customer as new_customer
from tests.orders.fake_telegram import FakeTelegram, serving

_numbers = count(1)


@pytest.fixture(autouse=True)
def _local_trial(settings) -> None:
    """The demo gateway is on, and nothing real is."""
    settings.DEMO_GATEWAY_ENABLED = True
    settings.STRIPE_ENABLED = False


@pytest.fixture
def make_customer() -> Callable[..., Customer]:
    def make(**fields: Any) -> Customer:
        # What migrations wrote is gone after a test that commits.
        if not Region.objects.exists():
            write_defaults()
        return new_customer(**{"region": "US", **fields})

    return make


@pytest.fixture
def customer(make_customer) -> Customer:
    return make_customer()


@pytest.fixture
def signals() -> EntitlementType:
    return EntitlementType.objects.create(code="signals", name="Signals")


@pytest.fixture
def make_tier(signals) -> Callable[..., ProductTier]:
    """Make an offer at 20.00 USD a month that gives ``signals`` at its own level."""

    def make(**fields: Any) -> ProductTier:
        product_fields = {
            name: fields.pop(name) for name in ("goods_type", "slug") if name in fields
        }
        if "product" not in fields:
            fields["product"] = make_product(tiers=(), **product_fields)
        tier = new_tier(**fields)
        TierGrant.objects.create(tier=tier, type=signals, level=tier.level)
        return tier

    return make


@pytest.fixture
def tier(make_tier) -> ProductTier:
    return make_tier()


@pytest.fixture
def place(customer, tier, now) -> Callable[..., Order]:
    """Place an order for one month of the tier, unless told otherwise."""

    def make(**wish: Any) -> Order:
        who = wish.pop("customer", customer)
        what = wish.pop("tier", tier)
        how = {
            "expected_fingerprint": None,
            "placement_key": f"tap-{next(_numbers)}",
            "now": now,
        }
        how |= {name: wish.pop(name) for name in how.keys() & wish.keys()}
        wanted = Wish(**{"tier_id": what.pk, "months": 1, **wish})
        return place_order(customer_id=who.pk, wish=wanted, **how)

    return make


@pytest.fixture
def open_demo(now) -> Callable[..., Payment]:
    """Open the demo gateway for an order and return the attempt."""

    def make(order: Order, *, at: datetime | None = None) -> Payment:
        open_payment(order_id=order.pk, gateway="demo", now=at or now)
        return order.payments.filter(gateway="demo").order_by("-pk")[0]

    return make


@pytest.fixture
def pay(open_demo, now) -> Callable[..., Order]:
    """Pay an order through the demo gateway, as its provider would tell it."""

    def make(order: Order, *, at: datetime | None = None, **said: Any) -> Order:
        payment = open_demo(order, at=at)
        say_demo("demo.payment", payment=payment, now=at or now, status="paid", **said)
        order.refresh_from_db()
        return order

    return make


@pytest.fixture
def buy(place, pay) -> Callable[..., Order]:
    """Place and pay an order."""

    def make(**wish: Any) -> Order:
        return pay(place(**wish), at=wish.get("now"))

    return make


@pytest.fixture
def telegram(settings) -> Iterator[FakeTelegram]:
    """Telegram, as far as money goes, for a real bot."""
    with serving(FakeTelegram()) as fake:
        settings.TELEGRAM_API_URL = fake.url
        settings.TELEGRAM_BOT_TOKEN = "1000001:TOKEN"
        settings.STARS_ENABLED = True
        yield fake


@pytest.fixture
def place_stars(place) -> Callable[..., Order]:
    """Place an order priced in Stars."""
    return lambda **wish: place(currency="XTR", **wish)
