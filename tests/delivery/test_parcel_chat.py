# ruff: noqa: F811  a fixture is asked for by its name
"""A parcel as a customer lives it: the address, the way, the payment, how far it has come."""

from __future__ import annotations

import pytest

from delivery.models import Parcel, ShippingOption
from orders.models import Order
from tests.catalog.factories import make_product, make_tier
from tests.telegram_bot.conftest import (  # noqa: F401  the same shop and phone
    ann,
    make_customer,
    settle_region,
    shop,
    telegram,
)

pytestmark = pytest.mark.django_db

ADDRESS = "Ada Lovelace\n1 High <Street>\nLondon W1\nUnited Kingdom"


@pytest.fixture
def mug(shop):
    product = make_product(
        name="Mug", category=shop.course.category, goods_type="physical", tiers=()
    )
    return make_tier(product=product, name="One", billing_period="once")


@pytest.fixture
def orders_mug(mug, ann, settle_region):
    """Let Ann order a mug."""

    def order():
        settle_region(ann)
        ann.types("/shop")
        for label in ("Courses", "Mug", "One", "Buy for"):
            ann.presses(label)

    return order


def labels(who):
    return [button["text"] for button in who.buttons()]


def test_the_address_and_the_way_come_before_the_payment(ann, orders_mug):
    ShippingOption.objects.create(name="Post", region="US", price_minor=300, currency="USD")
    orders_mug()
    assert "📮 Give the address" in labels(ann)
    assert not [label for label in labels(ann) if "Demo" in label]

    ann.presses("Give the address")
    assert "Where shall we send it?" in ann.types("x")
    assert "1 High &lt;Street&gt;" in ann.types(ADDRESS)
    ann.presses("Post")
    assert "$23.00" in ann.screen["text"]
    ann.presses("Demo")
    ann.presses("Pay $23.00")

    order = Order.objects.get()
    assert (order.status, order.paid_minor) == ("paid", 2300)
    ann.types("/orders")
    ann.presses("Mug")
    assert "being packed" in ann.screen["text"]


def test_where_nothing_is_to_choose_the_address_is_enough(ann, orders_mug):
    orders_mug()
    ann.presses("Give the address")
    ann.types(ADDRESS)

    assert [label for label in labels(ann) if "Demo" in label]
    assert Parcel.objects.get().address == ADDRESS
