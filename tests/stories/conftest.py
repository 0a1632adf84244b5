"""Whole lives need the chat, the shop and the API at once, and a clock for everybody."""

from datetime import UTC, datetime

import pytest

from catalog.models import Product, ProductTier
from orders.fake_stripe import scheduler
from telegram_bot.simulator.testing import running_simulator
from tests.api.conftest import make_program
from tests.orders.fake_stripe.harness import PostedShop, plugged_in
from tests.stories.buying import Phone
from tests.telegram_bot.conftest import ann, make_customer, settle_region, shop, telegram

__all__ = ["ann", "make_customer", "make_program", "settle_region", "shop", "telegram"]


@pytest.fixture
def cards(client, monkeypatch):
    stripe = PostedShop(client)
    with plugged_in(stripe, monkeypatch):
        yield stripe


@pytest.fixture
def on(ann, cards, shop, time_machine):
    """Move everybody's clock to one in the afternoon of a day, and let the post arrive."""
    Product.objects.update(goods_type="service")
    ProductTier.objects.filter(product=shop.product).update(grace_days=7)

    def move(month, day):
        ann.now = datetime(2027, month, day, 13, 30, tzinfo=UTC)
        time_machine.move_to(ann.now, tick=False)
        scheduler.run_due(cards.world)
        cards.deliver()

    return move


@pytest.fixture
def sim(settings, tmp_path):
    settings.CLOCK_FILE = tmp_path / "clock"
    with running_simulator(clock_file=settings.CLOCK_FILE) as simulator:
        settings.TELEGRAM_API_URL = simulator.url
        settings.TELEGRAM_BOT_TOKEN = simulator.token
        settings.STARS_ENABLED = True
        yield simulator


@pytest.fixture
def phone(sim, make_customer, shop):
    Product.objects.update(goods_type="service")
    ProductTier.objects.filter(product=shop.product).update(grace_days=7)
    return Phone(sim, make_customer)
