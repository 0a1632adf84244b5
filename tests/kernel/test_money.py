"""Money adds up: exact arithmetic, one rounding, parts that sum to the whole."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbot.kernel.errors import InvalidInput
from shopbot.kernel.money import (
    Money,
    exponent,
    format_money,
    from_decimal,
    parse_money,
    to_decimal,
)

amounts = st.integers(min_value=-(10**15), max_value=10**15)
currencies = st.sampled_from(["USD", "EUR", "JPY", "KWD", "XTR"])


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any))
def test_parts_sum_to_the_whole_and_stay_within_one_unit_of_their_share(minor, weights):
    parts = Money(minor, "USD").split(weights)

    assert sum(part.minor for part in parts) == minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor * sum(weights) - minor * weight) < sum(weights)


@given(amounts, st.integers(0, 10_000))
def test_a_share_is_the_exact_fraction_rounded_half_away_from_zero(minor, bps):
    exact = Decimal(minor) * bps / 10_000
    expected = int(exact.copy_abs().quantize(Decimal(1), rounding="ROUND_HALF_UP"))

    assert Money(minor, "EUR").share(bps).minor == (expected if minor >= 0 else -expected)


@given(amounts, currencies)
def test_written_in_major_units_and_read_back_it_is_the_same_amount(minor, currency):
    money = Money(minor, currency)

    assert from_decimal(to_decimal(money), currency) == money
    assert parse_money(str(to_decimal(money)), currency) == money


@pytest.mark.parametrize(
    ("currency", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("XTR", 0)]
)
def test_knows_the_decimals_of_a_currency(currency, digits):
    assert exponent(currency) == digits


def test_ten_ninety_nine_is_not_truncated_to_ten():
    assert parse_money("10.99", "USD") == Money(1099, "USD")
    assert parse_money(" 10,9 ", "EUR") == Money(1090, "EUR")


@pytest.mark.parametrize(
    "text",
    ["", "ten", "NaN", "inf", "1.234", "1 000,5,5", "1e99", "1e5", "1E1", "1_000", "٣", "."],
)
def test_refuses_what_is_not_an_amount_of_the_currency(text):
    with pytest.raises(InvalidInput):
        parse_money(text, "USD")


@pytest.mark.parametrize(
    ("most", "currency"),
    [
        ("9999999999999999.99", "USD"),
        ("9223372036854775.807", "KWD"),
        ("922337203685477.5807", "CLF"),
    ],
)
def test_reads_amounts_as_long_as_the_database_holds_them(most, currency):
    last = int(most[-1])
    beyond = f"1{most}" if currency == "USD" else f"{most[:-1]}{last + 1}"

    assert to_decimal(parse_money(most, currency)) == Decimal(most)
    for text in (beyond, f"-{beyond}"):
        with pytest.raises(InvalidInput):
            parse_money(text, currency)


def test_refuses_a_currency_nobody_has():
    with pytest.raises(InvalidInput):
        exponent("ZZZ")


def test_never_mixes_currencies():
    for operation in (
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a >= b,
    ):
        with pytest.raises(ValueError, match="cannot mix"):
            operation(Money(1, "USD"), Money(1, "EUR"))


def test_refuses_weights_that_share_nothing():
    for weights in ([0, 0], [3, -1]):
        with pytest.raises(ValueError, match="weights"):
            Money(10, "USD").split(weights)


def test_compares_and_negates_within_a_currency():
    small, large = Money(1, "USD"), Money(2, "USD")

    assert small < large
    assert small <= small
    assert large > small
    assert large >= large
    assert -small == Money(-1, "USD")
    assert not Money.zero("USD")
    assert str(Money(1099, "USD")) == "10.99 USD"


@pytest.mark.parametrize(
    ("money", "language", "text"),
    [
        (Money(17280, "USD"), "en", "$172.80"),
        (Money(17280, "EUR"), "de", "172,80\xa0€"),
        (Money(500, "JPY"), "en", "¥500"),
        (Money(1250, "XTR"), "en", "⭐ 1,250"),
        (Money(1250, "KWD"), "en", "KWD\xa01.250"),
    ],
)
def test_is_written_the_way_its_reader_writes_money(money, language, text):
    assert format_money(money, language) == text
