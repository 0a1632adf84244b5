# ruff: noqa: F811  a fixture is asked for by its name
"""A parcel as a customer lives it: the address, the way, the payment, how far it has come."""

from __future__ import annotations

import pytest

from customers.models import Customer
from delivery.models import Parcel, ShippingOption
from orders.models import Order
from pricing.services.gift_cards import issue_gift_cards
from shopbot.kernel.money import Money
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


@pytest.mark.parametrize(
    ("language", "why"),
    [
        ("en", "Parcels cannot be paid by gift card, sorry."),
        ("ru", "Посылки нельзя оплатить подарочной картой, извините."),
        ("de", "Pakete können leider nicht mit Geschenkkarte bezahlt werden."),
        ("es", "Lo sentimos, los envíos no se pueden pagar con tarjeta regalo."),
    ],
)
def test_whoever_has_a_gift_card_reads_why_it_pays_for_no_parcel(
    ann, orders_mug, now, language, why
):
    amount = Money(1500, "USD")
    (card,) = issue_gift_cards(amount=amount, count=1, actor="staff:1", now=now)
    ann.types(f"/start card_{card.code}")
    orders_mug()
    ann.presses("Give the address")
    Customer.objects.update(language=language)

    said = ann.types(ADDRESS)

    assert why in said
    assert not [label for label in labels(ann) if "🎫" in label]


def test_whoever_has_no_gift_card_reads_nothing_of_them(ann, orders_mug):
    orders_mug()
    ann.presses("Give the address")

    assert "gift card" not in ann.types(ADDRESS)
