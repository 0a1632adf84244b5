"""A shop with a customer in its chat."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from catalog.models import Product, ProductTier
from customers.models import Customer as CustomerRow
from entitlements.models import EntitlementType, TierGrant
from orders.models import Order
from pricing.defaults import write_defaults
from telegram_bot.default_commands import write_commands
from tests.catalog.factories import make_category, make_product, make_tier
from tests.telegram_bot import recording
from tests.telegram_bot.chat import Customer
from tests.telegram_bot.recording import Telegram


@dataclass(frozen=True)
class Shop:
    """What is for sale."""

    product: Product
    course: Product
    tiers: dict[str, ProductTier]
    signals: EntitlementType


@pytest.fixture(autouse=True)
def telegram(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Telegram:
    """The Telegram that every call of the test ends in."""
    settings.TELEGRAM_SESSION = "tests.telegram_bot.recording.RecordingSession"
    settings.DEMO_GATEWAY_ENABLED = True
    fresh = Telegram()
    monkeypatch.setattr(recording, "TELEGRAM", fresh)
    return fresh


@pytest.fixture
def make_customer(telegram: Telegram, now: datetime) -> Callable[..., Customer]:
    """Build people with a phone."""

    def make(**fields: object) -> Customer:
        return Customer(telegram=telegram, now=now, **fields)  # type: ignore[arg-type]

    return make


@pytest.fixture
def ann(make_customer: Callable[..., Customer]) -> Customer:
    """Buys; speaks English; lives in the United States."""
    return make_customer()


@pytest.fixture
def shop() -> Shop:
    """Signals in three tiers and a course, each on its shelf; prices in dollars."""
    write_defaults()
    write_commands()
    trading = make_category(name="Trading", slug="trading", icon="📈", name_ru="Трейдинг")
    courses = make_category(name="Courses", slug="courses", icon="🎓", position=1)
    product = make_product(
        name="Signals",
        name_ru="Сигналы",
        slug="signals",
        category=trading,
        tiers=(),
        description="Entries with stop and target.",
        features="Up to five a day\nPrivate channel",
    )
    course = make_product(name="First steps", slug="first-steps", category=courses, tiers=())
    signals = EntitlementType.objects.create(
        code="signals", name="Signals", name_en="Signals", name_ru="Сигналы"
    )
    tiers = {
        level: make_tier(product=product, level=level, base_price_minor=price, position=at)
        for at, (level, price) in enumerate(
            [("premium", 2000), ("vip", 5000), ("enterprise", 20000)]
        )
    }
    tiers["course"] = make_tier(
        product=course, level="premium", name="Course", billing_period="once"
    )
    for level in ("premium", "vip", "enterprise"):
        TierGrant.objects.create(tier=tiers[level], type=signals, level=level)
    return Shop(product=product, course=course, tiers=tiers, signals=signals)


@pytest.fixture
def settle_region(now: datetime) -> Callable[..., None]:
    """Let a customer have confirmed a region before."""

    def settle(who: Customer, region: str = "US") -> None:
        who.types("/start")
        rows = CustomerRow.objects.filter(telegram_id=who.id)
        rows.update(region=region, region_confirmed_at=now)

    return settle


@pytest.fixture
def orders(settle_region: Callable[..., None]) -> Callable[..., Order]:
    """Let a customer order signals in the chat, up to the choice of how to pay."""

    def order(who: Customer, tier: str = "Premium", months: str = "1 month") -> Order:
        settle_region(who)
        who.types("/shop")
        for label in ("Trading", "Signals", tier, months, "Buy for"):
            who.presses(label)
        return Order.objects.filter(customer__telegram_id=who.id).order_by("-pk")[0]

    return order


@pytest.fixture
def buys(orders: Callable[..., Order]) -> Callable[..., Order]:
    """Let a customer order and pay in the chat, with the demo gateway."""

    def buy(who: Customer, tier: str = "Premium", months: str = "1 month") -> Order:
        order = orders(who, tier, months)
        who.presses("Demo")
        who.presses("Pay $")
        order.refresh_from_db()
        return order

    return buy
