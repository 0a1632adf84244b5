"""Why this price? Words for every step and every refusal."""

import pytest

from pricing.engine import PriceLine, quote
from pricing.engine.labels import LABELS, percent
from pricing.engine.refusals import REASONS
from pricing.explain_text import (
    _REFUSALS,
    _TEXTS,
    explain,
    line_amount,
    line_text,
    refusal_text,
)
from tests.pricing.books import make_book, make_promotion, make_request, make_tier, with_code

DETAILS = {
    "base": {},
    "local_price": {"currency": "EUR"},
    "fx": {"rate": "0.86028905", "date": "2026-03-13"},
    "markup": {"bps": 300, "region": "EU"},
    "charm": {},
    "experiment": {},
    "months": {"months": 12},
    "quantity": {"quantity": 5},
    "volume": {"bps": 2000, "from_months": 12},
    "volume_guard": {"months": 12},
    "quantity_discount": {"bps": 250, "from_quantity": 10},
    "quantity_guard": {"quantity": 10},
    "affiliate": {"bps": 1000},
    "promotion": {"name": "Spring", "bps": 1500},
    "promo_code": {"promo_code": "HELLO"},
    "upgrade_credit": {},
    "cap": {"bps": 5000},
    "floor": {},
    "stars": {},
    "gift_card": {},
}


def test_every_step_has_words_for_people_and_for_programs():
    assert set(_TEXTS) == set(LABELS) == set(DETAILS)

    for code, detail in DETAILS.items():
        line = PriceLine(code, 100, "USD", detail)
        assert line.label
        assert "%(" not in line_text(line, "en")


def test_every_refusal_of_a_code_has_words():
    assert set(_REFUSALS) == set(REASONS)
    assert all(refusal_text(reason, "en").endswith(".") for reason in REASONS)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("fx", "Exchange rate 0.8603 of Mar 13, 2026"),
        ("markup", "Prices in your region: +3%"),
        ("volume", "20% off from 12 months on"),
        ("quantity_discount", "2.5% off from 10 units on"),
        ("volume_guard", "You never pay more than for 12 months"),
        ("promotion", "Spring: 15% off"),
        ("local_price", "Price in EUR"),
    ],
)
def test_says_it_in_plain_words(code, words):
    assert line_text(PriceLine(code, 0, "USD", DETAILS[code]), "en") == words


def test_names_stars_and_promotions_without_a_percentage():
    assert line_text(PriceLine("local_price", 1, "XTR", {"currency": "XTR"}), "en") == (
        "Price in Stars"
    )
    assert line_text(PriceLine("promotion", -1, "USD", {"name": "Spring"}), "en") == "Spring"


def test_names_a_promotion_in_the_customers_language_and_else_by_its_own_name():
    detail = {"name": "Spring", "names": {"de": "Frühling"}, "bps": 1500}
    line = PriceLine("promotion", -300, "USD", detail)

    assert line_text(line, "de") == "Frühling: 15% Rabatt"
    assert line_text(line, "ru") == "Spring: скидка 15%"
    assert line.label == "Spring"


def test_amounts_carry_their_sign_and_the_languages_form():
    assert line_amount(PriceLine("months", 22000, "USD", {}), "en") == "+$220.00"
    assert line_amount(PriceLine("volume", -4800, "USD", {}), "en") == "−$48.00"
    assert line_amount(PriceLine("volume", -4800, "EUR", {}), "de") == "−48,00\xa0€"
    assert line_amount(PriceLine("fx", 0, "USD", {}), "en") == ""


def test_answers_why_this_price_line_by_line():
    made = quote(make_request(months=12, is_referred=True), make_book())

    assert explain(made, "en") == (
        "Price: $20.00",
        "For 12 months: +$220.00",
        "20% off from 12 months on: −$48.00",
        "10% off, because a friend sent you: −$19.20",
        "You pay: $172.80",
    )


def test_a_line_that_moves_nothing_stands_alone():
    made = quote(make_request(region="EU"), make_book())

    assert explain(made, "en")[1] == "Exchange rate 0.8 of Mar 13, 2026"


def test_shows_a_promo_code_as_it_is_stored():
    book = make_book(tier=make_tier(), promotions=(make_promotion(id=3, needs_code=True),))

    made = quote(make_request(**with_code(3)), book)

    assert explain(made, "en")[-2] == "Promo code HELLO: −$2.00"


def test_percentages_show_no_needless_zeros():
    assert [percent(each) for each in (2000, 250, 125, 1, -500)] == [
        *["20%", "2.5%", "1.25%", "0.01%", "-5%"]
    ]
