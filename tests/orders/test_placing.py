"""A price that was confirmed becomes an order that holds it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import ProductTier, TierStock
from catalog.services import unpublish
from entitlements.models import Grant
from orders.errors import NotForSale, PriceChanged, RegionNeeded, SoldOut
from orders.models import Order, OrderLine
from orders.models.order import NUMBER_ALPHABET, new_order_number
from orders.quoting import quote_for_customer
from pricing.errors import NotForSale as NotPriced
from pricing.errors import PromoRefused
from pricing.models import StoredQuote
from shopbot.kernel.models import Event

pytestmark = pytest.mark.django_db

MOST_STATEMENTS = 12


def test_writes_the_order_and_its_line_as_they_were_promised(place, customer, tier, now):
    order = place(months=12)

    line = order.lines.get()
    assert (order.status, order.currency, order.base_minor, order.total_minor) == (
        "pending",
        "USD",
        24000,
        19200,
    )
    assert (line.product_name, line.tier_name, line.level, line.months) == (
        tier.product.name,
        tier.name,
        "premium",
        12,
    )
    assert (line.unit_minor, line.total_minor, line.goods_type) == (2000, 19200, "digital")
    assert order.priced().total == order.total


def test_writes_down_what_the_tier_gives_so_that_later_edits_do_not_change_it(place, signals):
    order = place()

    assert order.lines.get().terms["grants"] == [
        {"type_id": signals.pk, "level": "premium", "seats": 0}
    ]


def test_costs_a_referred_customer_from_the_us_17280_for_twelve_months(place, make_customer):
    friend = make_customer()
    referred = make_customer(referrer=friend)

    order = place(customer=referred, months=12)

    assert order.total_minor == 17280


def test_the_same_tap_is_the_same_order_whatever_else_it_asks(place):
    first = place(placement_key="tap", months=1)

    second = place(placement_key="tap", months=12)

    assert second == first
    assert Order.objects.count() == 1
    assert Event.objects.filter(kind="order.placed").count() == 1


def test_two_customers_may_have_the_same_key(place, make_customer):
    first = place(placement_key="tap")

    second = place(placement_key="tap", customer=make_customer())

    assert second != first


def test_keeps_the_quote_so_that_it_can_be_replayed(place):
    order = place()

    stored = StoredQuote.objects.get(key=order.holder)
    assert stored.result == order.quote


def test_accepts_the_price_that_was_shown(place, customer, tier, now):
    shown = quote_for_customer(customer_id=customer.pk, tier_id=tier.pk, months=3, now=now)

    order = place(months=3, expected_fingerprint=shown.fingerprint)

    assert order.total_minor == shown.total_minor


def test_a_price_that_changed_is_asked_again_and_nothing_is_placed(place, customer, tier, now):
    shown = quote_for_customer(customer_id=customer.pk, tier_id=tier.pk, months=1, now=now)
    ProductTier.objects.filter(pk=tier.pk).update(base_price_minor=2100)

    with pytest.raises(PriceChanged) as refused:
        place(expected_fingerprint=shown.fingerprint)

    assert refused.value.quote.total_minor == 2100
    assert not Order.objects.exists()
    assert not Event.objects.exists()


def test_a_customer_without_a_confirmed_region_is_asked_for_it_first(place, make_customer):
    with pytest.raises(RegionNeeded):
        place(customer=make_customer(region=""))

    assert not Order.objects.exists()


def test_the_last_unit_is_held_for_its_order(place, make_tier):
    tier = make_tier(stock=1)

    place(tier=tier)

    assert TierStock.objects.get(tier=tier).available == 0


def test_what_is_sold_out_is_refused_without_an_order(place, make_tier):
    tier = make_tier(stock=0)

    with pytest.raises(SoldOut):
        place(tier=tier)

    assert not Order.objects.exists()
    assert not OrderLine.objects.exists()
    assert TierStock.objects.get(tier=tier).available == 0


def test_what_is_not_offered_is_refused(place, tier, now):
    unpublish(product_id=tier.product_id, actor="staff:1", now=now)

    with pytest.raises((NotForSale, NotPriced)):
        place()

    assert not Order.objects.exists()


def test_an_unknown_code_is_refused_without_an_order(place):
    with pytest.raises(PromoRefused):
        place(promo_code="NOSUCH")

    assert not Order.objects.exists()


def test_what_costs_nothing_is_delivered_at_once_without_a_receipt(place, make_tier, customer):
    free = make_tier(level="free", base_price_minor=0)

    order = place(tier=free)

    assert (order.status, order.payment_method, order.paid_minor) == ("fulfilled", "free", 0)
    assert Grant.objects.get(customer=customer).source == order.lines.get().source
    assert not hasattr(order, "receipt")


def test_takes_at_most_twelve_statements(place, make_tier):
    tier = make_tier(stock=5)
    place(tier=tier)

    with CaptureQueriesContext(
        connection,
    ) as seen:
        place(tier=tier)

    statements = [each["sql"] for each in seen if "SAVEPOINT" not in each["sql"]]
    assert len(statements) <= MOST_STATEMENTS, statements


def test_numbers_are_easy_to_read_aloud_and_hard_to_guess():
    numbers = {new_order_number() for _ in range(1000)}

    assert len(numbers) == 1000
    assert {letter for number in numbers for letter in number} == {*NUMBER_ALPHABET, "-"}
    assert {len(number) for number in numbers} == {9}
