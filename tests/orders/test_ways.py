"""Only what may sell something, and can take its price, is offered."""

from __future__ import annotations

import pytest

from orders.checks import check_demo_is_off, check_goods_exceptions, check_seller_is_named
from orders.errors import WayNotAllowed
from orders.gateways.registry import gateways
from orders.models import Payment
from orders.services.paying import open_payment
from orders.ways import ALLOWED_GOODS, payment_ways, ways_for
from shopbot.kernel.money import Money

pytestmark = pytest.mark.django_db


@pytest.fixture
def real(settings):
    """A real bot with real keys: no simulator, no demo payments."""
    settings.SIMULATOR_ENABLED = False
    settings.DEMO_GATEWAY_ENABLED = False
    settings.STARS_ENABLED = True
    settings.STRIPE_ENABLED = True
    settings.STRIPE_SECRET_KEY = "sk_live_x"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_x"
    settings.STRIPE_API_URL = ""
    settings.GOODS_EXCEPTIONS = ()
    return settings


def names(goods_type: str, *, total: Money | None = None) -> list[str]:
    found = ways_for(
        goods_types=[goods_type],
        total=Money(2000, "USD") if total is None else total,
        is_monthly=True,
        months=1,
    )
    return [way.gateway for way in found]


@pytest.mark.parametrize(
    ("goods_type", "expected"),
    [("digital", ["stars"]), ("service", ["stars", "stripe"]), ("physical", ["stripe"])],
)
def test_a_real_shop_offers_what_telegrams_terms_allow(real, goods_type, expected):
    assert names(goods_type) == expected


def test_an_owner_may_depart_from_the_terms_and_is_warned(real):
    real.GOODS_EXCEPTIONS = ("stripe:digital",)

    assert names("digital") == ["stars", "stripe"]
    assert [found.id for found in check_goods_exceptions(None)] == ["orders.W001"]


def test_an_exception_that_the_terms_allow_anyway_is_no_departure(real):
    real.GOODS_EXCEPTIONS = ("stripe:physical",)

    assert check_goods_exceptions(None) == []


def test_an_exception_for_a_way_that_does_not_exist_is_an_error(real):
    real.GOODS_EXCEPTIONS = ("paypal:digital",)

    assert "orders.E001" in [found.id for found in check_goods_exceptions(None)]


def test_stars_never_sell_what_is_sent_by_post(real):
    real.GOODS_EXCEPTIONS = ("stars:physical",)

    assert names("physical") == ["stripe"]


@pytest.mark.parametrize("goods_type", ["digital", "service"])
def test_a_local_trial_offers_everything_and_says_that_nothing_is_real(settings, goods_type):
    settings.SIMULATOR_ENABLED = True
    settings.STARS_ENABLED = True

    found = ways_for(
        goods_types=[goods_type], total=Money(2000, "USD"), is_monthly=True, months=1
    )

    assert [(way.gateway, way.is_test) for way in found] == [("stars", True), ("demo", True)]


def test_stars_are_offered_in_their_own_currency(real):
    (way,) = ways_for(
        goods_types=["digital"], total=Money(2000, "USD"), is_monthly=True, months=1
    )

    assert (way.currency, way.may_renew) == ("XTR", True)


def test_stars_renew_by_the_month_only(real):
    (way,) = ways_for(
        goods_types=["digital"], total=Money(2000, "USD"), is_monthly=True, months=12
    )

    assert not way.may_renew


def test_a_price_in_stars_is_paid_with_stars_only(real):
    assert names("service", total=Money(100, "XTR")) == ["stars"]


def test_an_order_is_offered_by_what_it_holds(place, make_tier, settings):
    settings.SIMULATOR_ENABLED = True

    ways = payment_ways(place(tier=make_tier(goods_type="physical")))

    assert [way.gateway for way in ways] == ["demo"]


def test_what_is_not_offered_is_refused_also_to_those_who_ask(place, real, now):
    order = place()

    with pytest.raises(WayNotAllowed):
        open_payment(order_id=order.pk, gateway="stripe", now=now)

    assert not Payment.objects.exists()


def test_every_gateway_has_its_row_in_the_table(settings):
    assert set(gateways()) <= set(ALLOWED_GOODS)


def test_a_deployed_shop_takes_no_demo_payments(settings):
    settings.DEMO_GATEWAY_ENABLED = True

    assert [found.id for found in check_demo_is_off(None)] == ["orders.E002"]


def test_a_deployed_shop_names_its_seller(settings):
    settings.SELLER_NAME = ""
    assert [found.id for found in check_seller_is_named(None)] == ["orders.W002"]

    settings.SELLER_NAME = "Example Signals Ltd"
    assert check_seller_is_named(None) == []
