"""Faults that other shops' engines had, and where they were reported: none is here."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.engine import PromoRefused, quote
from shopbot.kernel.money import Money
from tests.pricing.books import (
    limit,
    make_book,
    make_promotion,
    make_request,
    make_tier,
    with_code,
)
from tests.pricing.test_quote_properties import books, calm, requests


def test_a_percentage_is_of_the_price_and_nothing_goes_out_free():
    """Saleor #17453: a percentage of the wrong base gave goods away."""
    book = make_book(promotions=(make_promotion(percent_bps=5_000),))

    made = quote(make_request(months=1, quantity=3), book)

    assert (made.base_minor, made.total_minor) == (6000, 3000)


@pytest.mark.parametrize(("price", "quantity", "total"), [(333, 3, 899), (5, 1, 5), (1, 7, 6)])
def test_a_discount_is_rounded_once_half_up_and_not_for_each_unit(price, quantity, total):
    """Saleor #12040 and vendure #3003: rounded down, or for each unit."""
    book = make_book(tier=make_tier(price=price), promotions=(make_promotion(),))

    made = quote(make_request(months=1, quantity=quantity), book)

    assert made.total_minor == total
    exact = Fraction(price * quantity * 9, 10)
    assert made.total_minor == int(exact + Fraction(1, 2))


def test_a_discount_of_nothing_uses_up_no_code():
    """Vendure #5278: a discount of zero used the code up."""
    rule = make_promotion(id=5, needs_code=True, limits=(limit(1),))
    book = make_book(promotions=(rule,), max_discount_bps=0)

    with pytest.raises(PromoRefused) as refused:
        quote(make_request(**with_code(5), limits_left=((1, 1),)), book)

    assert refused.value.reason == "gives_nothing"


def test_limits_bind_promotions_that_apply_by_themselves():
    """Vendure #4353: limits were ignored where no code was typed."""
    book = make_book(promotions=(make_promotion(limits=(limit(1),)),))

    free, full = (
        quote(make_request(months=1, limits_left=((1, left),)), book) for left in (1, 0)
    )

    assert (free.total_minor, free.reservations) == (1800, ((1, 1),))
    assert (full.total_minor, full.reservations) == (2000, ())


def test_the_best_of_a_group_wins_in_whichever_order_they_were_entered():
    """Oscar #4016: exclusive offers depended on the order of adding."""
    rules = [
        make_promotion(id=number, key=key, percent_bps=bps, group="sale")
        for number, (key, bps) in enumerate([("a", 1_000), ("b", 3_000), ("c", 2_000)], 1)
    ]

    totals = {
        quote(make_request(months=1), make_book(promotions=order)).total_minor
        for order in (tuple(rules), tuple(reversed(rules)), (rules[1], rules[0], rules[2]))
    }

    assert totals == {1400}


@pytest.mark.parametrize("currency", ["USD", "EUR", "GBP", "JPY", "KWD", "XTR"])
def test_a_percentage_works_in_every_currency(currency):
    """Medusa #14765: a percentage was tied to one currency."""
    request = make_request(months=1, currency=currency)
    plain = quote(request, make_book())

    made = quote(request, make_book(promotions=(make_promotion(percent_bps=5_000),)))

    assert abs(Fraction(made.total_minor) - Fraction(plain.total_minor, 2)) <= Fraction(1, 2)


@calm
@given(books(), requests(), st.integers(1, 12), st.integers(0, 60_000), st.integers(0, 60_000))
def test_more_months_never_cost_less_with_a_code_a_credit_and_a_gift_card(
    book, request, more, credit, gift
):
    from_code = make_promotion(id=50, key="code", needs_code=True, amounts={"USD": 500})
    book = make_book(
        **{
            name: getattr(book, name)
            for name in ("tiers", "currencies", "volume", "quantity", "affiliate")
        },
        promotions=(*book.promotions, from_code),
        max_discount_bps=book.max_discount_bps,
    )
    currency = quote(request, book).currency
    paid = {
        "upgrade_credit": Money(credit, currency),
        "gift_balance": Money(gift, currency),
    }

    def total(months):
        asked = {**_fields(request), "months": months, **paid}
        try:
            return quote(make_request(**asked, **with_code(50)), book).total_minor
        except PromoRefused:
            return quote(make_request(**asked), book).total_minor

    assert total(request.months + more) >= total(request.months)


@calm
@given(books(), requests(), st.integers(0, 600_000))
def test_a_gift_card_pays_at_most_the_price_and_changes_none_of_it(book, request, gift):
    plain = quote(request, book)
    paid = Money(gift, plain.currency)

    made = quote(make_request(**{**_fields(request), "gift_balance": paid}), book)

    assert made.price == plain.total
    assert made.gift.minor == min(gift, plain.total_minor)
    assert made.total_minor == plain.total_minor - made.gift.minor
    assert sum(line.amount_minor for line in made.lines) == made.total_minor
    assert made.discount == plain.discount
    assert made.reservations == plain.reservations


def _fields(request):
    names = ("months", "quantity", "region", "currency", "limits_left", "buyer")
    return {name: getattr(request, name) for name in names}
