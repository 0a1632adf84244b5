"""What is for a first purchase goes to one order, however many wait at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from orders.errors import PriceChanged
from orders.models import Order
from orders.quoting import quote_for_customer
from orders.services.closing import cancel_order, expire_order
from pricing.errors import PromoRefused
from pricing.models import AffiliateProgram
from tests.pricing.rows import make_code, make_promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def half_price() -> None:
    make_promotion(percent_bps=5000, first_purchase_only=True)


@pytest.mark.usefixtures("half_price")
def test_a_second_waiting_order_pays_the_usual_price(place):
    first, second = place(), place()

    assert [first.total_minor, second.total_minor] == [1000, 2000]
    assert [first.holds_first_purchase, second.holds_first_purchase] == [True, False]


@pytest.mark.usefixtures("half_price")
def test_the_lower_price_that_was_shown_is_not_charged_but_shown_anew(
    place, customer, tier, now
):
    shown = quote_for_customer(customer_id=customer.pk, tier_id=tier.pk, months=1, now=now)
    place()

    with pytest.raises(PriceChanged) as changed:
        place(expected_fingerprint=shown.fingerprint)

    assert changed.value.quote.total_minor == 2000
    assert Order.objects.count() == 1


@pytest.mark.usefixtures("half_price")
def test_a_program_is_told_what_a_second_order_would_cost(place, customer, tier, now):
    place()

    told = quote_for_customer(customer_id=customer.pk, tier_id=tier.pk, months=1, now=now)

    assert told.total_minor == place(expected_fingerprint=told.fingerprint).total_minor == 2000


def test_the_affiliate_discount_of_a_first_purchase_goes_to_one_order(place, make_customer):
    AffiliateProgram.objects.update(first_purchase_only=True)
    referred = make_customer(referrer=make_customer())

    totals = [place(customer=referred).total_minor for _ in range(2)]

    assert totals == [1800, 2000]


def test_two_codes_for_a_first_purchase_are_one_first_purchase(place):
    codes = [
        make_code(make_promotion(trigger="code", first_purchase_only=True)).code
        for _ in range(2)
    ]
    place(promo_code=codes[0])

    with pytest.raises(PromoRefused) as refused:
        place(promo_code=codes[1])

    assert refused.value.reason == "first_purchase_only"
    assert Order.objects.count() == 1


@pytest.mark.usefixtures("half_price")
def test_a_cancelled_order_gives_the_first_purchase_back(place, now):
    cancel_order(order_id=place().pk, actor="staff:1", now=now)

    assert place().total_minor == 1000


@pytest.mark.usefixtures("half_price")
def test_an_expired_order_gives_the_first_purchase_back(place, now):
    first = place()
    late = first.expires_at + timedelta(seconds=1)
    expire_order(order_id=first.pk, now=late)

    assert place(now=late).total_minor == 1000


@pytest.mark.usefixtures("half_price")
def test_a_paid_order_keeps_it(place, pay):
    pay(place())

    assert place().total_minor == 2000


def test_an_order_at_the_usual_price_leaves_the_first_purchase_to_the_next(place):
    usual = place()
    make_promotion(percent_bps=5000, first_purchase_only=True)

    assert (usual.total_minor, place().total_minor) == (2000, 1000)


@pytest.mark.usefixtures("half_price")
def test_another_customer_has_a_first_purchase_too(place, make_customer):
    assert place().total_minor == place(customer=make_customer()).total_minor == 1000


@pytest.mark.usefixtures("half_price")
def test_the_database_refuses_a_second_waiting_holder(place):
    place()
    second = place()

    with (
        pytest.raises(IntegrityError, match=r"order_first_purchase_once|customer_id"),
        transaction.atomic(),
    ):
        Order.objects.filter(pk=second.pk).update(holds_first_purchase=True)


@pytest.fixture
def buyer(buy, make_customer, tier):
    """Somebody who has bought the tier once."""
    who = make_customer()
    buy(customer=who)
    return who


@pytest.mark.usefixtures("half_price")
@pytest.mark.parametrize(
    ("told", "price"), [([], "$20.00"), (["--first"], "$10.00"), (["--returning"], "$20.00")]
)
def test_the_command_knows_who_has_bought_unless_it_is_told(buyer, tier, told, price, capsys):
    path = f"{tier.product.slug}/{tier.level}"

    call_command("quote", path, "--customer", str(buyer.telegram_id), *told)

    assert capsys.readouterr().out.split()[-1] == price


@pytest.mark.usefixtures("half_price")
def test_the_command_prices_beside_a_waiting_order_as_the_next_one_will_cost(
    place, customer, tier, capsys
):
    path, quoted = f"{tier.product.slug}/{tier.level}", []
    for _ in range(2):
        call_command("quote", path, "--customer", str(customer.telegram_id))
        quoted.append(capsys.readouterr().out.split()[-1])
        place()

    assert quoted == ["$10.00", "$20.00"]


@pytest.mark.usefixtures("half_price")
@pytest.mark.parametrize(
    ("chosen", "price"), [("", "20.00"), ("first", "10.00"), ("later", "20.00")]
)
def test_the_simulator_knows_who_has_bought_unless_it_is_told(
    admin_client, buyer, chosen, price
):
    query = {
        "customer": buyer.telegram_id,
        "purchase": chosen,
        "region": "US",
        "format": "csv",
    }

    file = admin_client.get(reverse("admin:pricing_region_simulator"), query)

    one_month = b"".join(file).decode().splitlines()[1]
    assert one_month.split(",")[2:5] == ["1", "USD", price]
