"""A waiting order is paid in another currency or by gift card: what it holds stays its own."""

import pytest

from catalog.models import ProductTier
from customers.models import Customer as CustomerRow
from orders.models import Order
from pricing.models import Reservation
from pricing.services.gift_cards import issue_gift_cards
from shopbot.kernel.money import Money
from tests.pricing.rows import make_code, make_promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def one_use_code(shop):
    """The only use of a code that takes 10 % off."""
    promotion = make_promotion(trigger="code")
    return make_code(promotion, code="ONCE", limits={"total": 1})


@pytest.fixture
def one_each(shop):
    """Half off, for each customer once."""
    return make_promotion(percent_bps=5000, limits={"customer": 1})


@pytest.fixture
def coded_order(ann, one_use_code, settle_region):
    """Let Ann order with the code, up to the choice of how to pay."""
    settle_region(ann)
    ann.types("/start promo_ONCE")
    ann.types("/start p_signals")
    for label in ("Premium", "1 month", "Buy for $18.00"):
        ann.presses(label)
    return Order.objects.get()


def newest():
    return Order.objects.order_by("-pk")[0]


def held():
    """Return who holds how much of the limits."""
    rows = Reservation.objects.filter(status="reserved").order_by("pk")
    return list(rows.values_list("holder", "amount"))


def test_the_only_use_of_a_code_goes_on_to_the_stars(ann, coded_order):
    assert "⭐ 1,386" in ann.presses("Stars")
    ann.presses("Pay ⭐ 1,386")

    assert (newest().currency, newest().total_minor) == ("XTR", 1386)
    assert held() == [(newest().holder, 1)]


def test_the_only_use_of_a_code_goes_on_to_the_gift_card(ann, now, coded_order):
    (card,) = issue_gift_cards(amount=Money(1500, "USD"), count=1, actor="staff:1", now=now)
    ann.types(f"/start card_{card.code}")
    ann.types(f"/start o_{coded_order.number}")

    assert "To pay: $3.00" in ann.presses("Gift card")
    ann.presses("Use the gift card")

    assert newest().total_minor == 300
    assert held() == [(newest().holder, 1)]


def test_what_each_customer_gets_once_is_in_the_price_in_stars_from_the_start(
    ann, one_each, orders
):
    first = orders(ann)
    assert first.total_minor == 1000

    assert "⭐ 770" in ann.presses("Stars")
    ann.presses("Pay ⭐ 770")

    assert newest().total_minor == 770
    first.refresh_from_db()
    assert first.status == "cancelled"


def test_a_changed_price_in_stars_leaves_the_promised_order_as_it_was(ann, one_each, orders):
    first = orders(ann)
    ann.presses("Stars")
    ProductTier.objects.filter(pk=first.lines.get().tier_id).update(base_price_minor=4000)

    assert "⭐ 1,539" in ann.presses("Pay ⭐ 770")

    assert Order.objects.get().status == "pending"
    assert held() == [(first.holder, 1)]
    assert CustomerRow.objects.get().orders.get().total_minor == 1000
