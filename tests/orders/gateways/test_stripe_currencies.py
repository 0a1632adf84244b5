"""Amounts on Stripe's wire, in both directions."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orders.fake_stripe.currencies import SUPPORTED, check_precision
from orders.gateways.protocol import GatewayError
from orders.gateways.stripe_currencies import CURRENCIES, from_stripe, to_stripe
from shopbot.kernel.money import Money, exponent

currencies = st.sampled_from(sorted(CURRENCIES))


@pytest.mark.parametrize(
    ("minor", "currency", "number"),
    [
        (17280, "USD", 17280),
        (500, "JPY", 500),
        (1250, "KWD", 1250),
        (5120, "KWD", 5120),
        (5, "ISK", 500),
        (150, "MGA", 150),
        (990, "HUF", 990),
    ],
)
def test_names_an_amount_as_stripes_table_says(minor, currency, number):
    assert to_stripe(Money(minor, currency)) == number
    assert from_stripe(number, currency.lower()) == Money(minor, currency)


@pytest.mark.parametrize(
    ("minor", "currency"),
    [(5124, "KWD"), (1, "BHD")],
)
def test_refuses_an_amount_that_the_wire_cannot_express(minor, currency):
    with pytest.raises(GatewayError) as caught:
        to_stripe(Money(minor, currency))

    assert caught.value.permanent is True


@pytest.mark.parametrize("currency", ["XTR", "UGX", "BTC"])
def test_refuses_currencies_that_are_not_offered(currency):
    with pytest.raises(GatewayError):
        to_stripe(Money(100, currency))
    with pytest.raises(GatewayError):
        from_stripe(100, currency)


def test_offers_what_the_shops_regions_are_priced_in():
    assert {"USD", "GBP", "EUR", "JPY", "KRW", "SGD", "CNY"} <= CURRENCIES


def test_offers_only_currencies_of_which_any_refund_can_be_booked():
    for currency in CURRENCIES:
        assert from_stripe(1000, currency).currency == currency


@given(currency=currencies, minor=st.integers(0, 10**9))
def test_what_goes_out_comes_back_and_is_what_stripe_takes(currency, minor):
    money = Money(minor, currency)
    try:
        number = to_stripe(money)
    except GatewayError:
        assume(False)

    assert from_stripe(number, currency) == money
    assert currency.lower() in SUPPORTED
    check_precision(number, currency.lower(), param="amount")


@given(currency=currencies, units=st.integers(0, 10**6))
def test_whole_units_can_always_be_charged(currency, units):
    money = Money(units * 10 ** exponent(currency), currency)

    assert from_stripe(to_stripe(money), currency) == money
