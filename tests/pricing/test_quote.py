"""The thirteen steps, one after another."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import floor

import pytest

from pricing.engine import (
    BadTerms,
    NoRate,
    NotForSale,
    Quote,
    UnknownCurrency,
    UnknownRegion,
    UnknownTier,
    inputs_of,
    quote,
    replay,
)
from pricing.engine.book import AffiliateBook, CurrencyBook, PricePoint, RegionBook
from shopbot.kernel.money import LARGEST_MINOR, Money
from tests.pricing.books import (
    NOW,
    PRODUCT,
    make_book,
    make_experiment,
    make_promotion,
    make_rate,
    make_request,
    make_tier,
    moves,
)


def test_twelve_months_and_a_referral_cost_72_percent_of_the_list_price():
    made = quote(make_request(months=12, is_referred=True), make_book())

    assert moves(made) == [
        ("base", 2000),
        ("months", 22000),
        ("volume", -4800),
        ("affiliate", -1920),
    ]
    assert made.total == Money(17280, "USD")
    assert made.base == Money(24000, "USD")
    assert made.unit == Money(2000, "USD")


def test_says_each_step_in_english_for_programs():
    made = quote(make_request(months=12, is_referred=True), make_book())

    assert [line.label for line in made.lines] == [
        "List price",
        "12 months",
        "12 months or more: 20% off",
        "Referred by a friend: 10% off",
    ]


@pytest.mark.parametrize(
    ("months", "bps", "total"),
    [
        (1, 0, 2000),
        (2, 0, 4000),
        (3, 500, 5700),
        (5, 500, 9500),
        (6, 1000, 10800),
        (24, 2000, 38400),
    ],
)
def test_the_highest_threshold_reached_sets_the_volume_discount(months, bps, total):
    made = quote(make_request(months=months), make_book())

    assert made.total_minor == total
    assert [line.detail["bps"] for line in made.lines if line.code == "volume"] == (
        [bps] if bps else []
    )


def test_eleven_months_never_cost_more_than_twelve():
    eleven = quote(make_request(months=11), make_book())
    twelve = quote(make_request(months=12), make_book())

    assert eleven.total == twelve.total == Money(19200, "USD")
    assert moves(eleven)[-1] == ("volume_guard", -600)
    assert eleven.lines[-1].detail == {"months": 12}


def test_the_rate_the_markup_and_charm_rounding_make_a_regional_list_price():
    made = quote(make_request(region="EU"), make_book())

    assert moves(made) == [("base", 1600), ("fx", 0), ("markup", 48), ("charm", -49)]
    assert made.total == Money(1599, "EUR")
    assert made.fx is not None
    assert made.fx._asdict() == {
        "id": 1,
        "date": "2026-03-13",
        "source": "ecb",
        "rate": "0.8",
        "ids": (1,),
    }


def test_a_rate_between_two_currencies_without_the_euro_names_both_rates():
    made = quote(make_request(region="GB"), make_book())

    assert moves(made)[:2] == [("base", 1280), ("fx", 0)]
    assert made.fx is not None
    assert (made.fx.rate, made.fx.ids) == ("0.64", (2, 1))


def test_a_markup_in_the_currency_of_the_price_needs_no_rate():
    made = quote(make_request(region="ASIA"), make_book(rates={}))

    assert moves(made) == [("base", 2000), ("markup", 100)]
    assert made.fx is None


def test_a_price_typed_for_the_currency_is_neither_converted_nor_marked_up_nor_rounded():
    tier = make_tier(local={"EUR": 1888})

    made = quote(make_request(region="EU", months=3), make_book(tier=tier, rates={}))

    assert moves(made) == [("local_price", 1888), ("months", 3776), ("volume", -283)]


def test_a_price_typed_in_the_regions_own_currency_keeps_its_form():
    us_charm = {**make_book().currencies, "USD": CurrencyBook("USD", 2, 100, 1)}

    made = quote(make_request(), make_book(currencies=us_charm))

    assert moves(made) == [("base", 2000)]


@pytest.mark.parametrize(
    ("step", "offset", "price"),
    [
        (1, 0, 1648),
        (100, 1, 1599),
        (100, 5, 1695),
        (100, 0, 1600),
        (50, 0, 1650),
        (5000, 1, 4999),
    ],
)
def test_charm_rounding_takes_the_nearest_price_of_the_form(step, offset, price):
    currencies = {**make_book().currencies, "EUR": CurrencyBook("EUR", 2, step, offset)}

    made = quote(make_request(region="EU"), make_book(currencies=currencies))

    assert made.unit_minor == price


def test_a_free_tier_stays_free_under_charm_rounding():
    made = quote(make_request(region="EU"), make_book(tier=make_tier(price=0)))

    assert made.total == Money(0, "EUR")


def test_a_customer_pays_the_arm_that_was_shown_before():
    book = make_book(experiments={1: (make_experiment(),)})

    made = quote(make_request(months=12, customer_id=5, arms=((7, 72),)), book)

    assert moves(made) == [
        ("base", 2000),
        ("experiment", 200),
        ("months", 24200),
        ("volume", -5280),
    ]
    assert made.experiment is not None
    assert made.experiment._asdict() == {"experiment_id": 7, "arm_id": 72, "name": "B"}


def test_the_draw_gives_a_customer_the_same_arm_every_time_and_both_arms_someone():
    book = make_book(experiments={1: (make_experiment(),)})

    drawn = [
        [quote(make_request(customer_id=customer), book).experiment for _ in range(2)]
        for customer in range(1, 41)
    ]

    assert all(first == second for first, second in drawn)
    assert {first.arm_id for first, _ in drawn if first} == {71, 72}


def test_nobody_in_particular_is_in_no_experiment():
    book = make_book(experiments={1: (make_experiment(),)})

    made = quote(make_request(), book)

    assert (made.experiment, made.total_minor) == (None, 2000)


def test_a_stopped_experiment_takes_nobody_new_and_keeps_its_word():
    stopped = make_experiment(ends_at=NOW, honored_until=NOW + timedelta(days=30))
    book = make_book(experiments={1: (stopped,)})

    new = quote(make_request(customer_id=5), book)
    shown = quote(make_request(customer_id=5, arms=((7, 72),)), book)
    later = quote(
        make_request(customer_id=5, arms=((7, 72),), at=NOW + timedelta(days=30)), book
    )

    assert (new.total_minor, shown.total_minor, later.total_minor) == (2000, 2200, 2000)


@pytest.mark.parametrize("local", [{}, {"EUR": 1450}])
@pytest.mark.parametrize("region", ["US", "ASIA", "GB", "EU", "JP"])
def test_a_tested_price_stays_the_same_though_its_tier_changes_the_currency(region, local):
    """Markup, exchange rate and local prices of then included; so does its replay."""
    asked = make_request(region=region, customer_id=5, arms=((7, 72),))
    shown = quote(
        asked, make_book(tier=make_tier(local=local), experiments={1: (make_experiment(),)})
    )
    stopped = make_experiment(
        ends_at=NOW,
        honored_until=NOW + timedelta(days=30),
        ended_with={"USD": 2000, **local},
        ended_in="USD",
    )
    dearer = make_tier(currency="EUR", price=9000)

    made = quote(asked, make_book(tier=dearer, experiments={1: (stopped,)}))

    assert made.total == shown.total
    assert replay(inputs_of(made)).as_json() == made.as_json()


def test_a_tested_price_whose_currency_has_no_rate_any_more_is_a_share_of_the_new_one():
    stopped = make_experiment(
        ends_at=NOW,
        honored_until=NOW + timedelta(days=30),
        ended_with={"KWD": 6000},
        ended_in="KWD",
    )
    rates = make_book().rates
    without = {code: rates[code] for code in rates if code != "KWD"}
    book = make_book(rates=without, experiments={1: (stopped,)})

    made = quote(make_request(customer_id=5, arms=((7, 72),)), book)

    assert made.total_minor == 2200


def test_units_multiply_and_have_their_own_table():
    book = make_book(quantity={0: ((5, 500), (10, 1000))})

    made = quote(make_request(quantity=5), book)

    assert moves(made) == [("base", 2000), ("quantity", 8000), ("quantity_discount", -500)]


def test_a_products_own_table_replaces_the_general_one():
    book = make_book(quantity={0: ((5, 500),), PRODUCT: ((5, 2500),)})

    made = quote(make_request(quantity=5), book)

    assert moves(made)[-1] == ("quantity_discount", -2500)


def test_nine_units_never_cost_more_than_ten():
    book = make_book(quantity={0: ((10, 2000),)})

    nine = quote(make_request(quantity=9), book)
    ten = quote(make_request(quantity=10), book)

    assert nine.total == ten.total == Money(16000, "USD")
    assert moves(nine)[-1] == ("quantity_guard", -2000)


def test_a_referral_counts_only_while_the_program_runs_and_for_whom_it_is_meant():
    off = make_book(affiliate=AffiliateBook(is_active=False, discount_bps=1000))
    first_only = make_book(affiliate=AffiliateBook(discount_bps=1000, first_purchase_only=True))
    referred = {"is_referred": True}

    assert quote(make_request(**referred), off).total_minor == 2000
    assert quote(make_request(**referred), first_only).total_minor == 1800
    assert (
        quote(make_request(is_first_purchase=False, **referred), first_only).total_minor == 2000
    )


def test_an_affiliates_own_terms_replace_the_programs():
    book = make_book(affiliate=AffiliateBook(discount_bps=1000, overrides={42: 2500}))

    assert quote(make_request(is_referred=True, affiliate_id=42), book).total_minor == 1500
    assert quote(make_request(is_referred=True, affiliate_id=43), book).total_minor == 1800


def test_a_credit_comes_off_at_the_end_and_is_no_discount():
    made = quote(
        make_request(months=12, upgrade_credit=Money(5000, "USD")),
        make_book(max_discount_bps=2000),
    )

    assert moves(made)[-1] == ("upgrade_credit", -5000)
    assert made.total == Money(14200, "USD")


def test_a_credit_beyond_the_price_makes_it_free_and_not_negative():
    made = quote(make_request(upgrade_credit=Money(5000, "USD")), make_book())

    assert moves(made)[-1] == ("upgrade_credit", -2000)
    assert made.lines[-1].detail == {"credit_minor": 5000, "used_minor": 2000}
    assert made.total == Money(0, "USD")


def test_a_credit_of_another_currency_is_converted():
    made = quote(make_request(upgrade_credit=Money(400, "EUR")), make_book())

    assert moves(made)[-1] == ("upgrade_credit", -500)


def test_discounts_end_at_the_cap():
    book = make_book(max_discount_bps=2500)

    made = quote(make_request(months=12, is_referred=True), book)

    assert moves(made)[-1] == ("cap", 720)
    assert made.total_minor == 18000


def test_discounts_end_at_the_floor_and_a_credit_goes_below_it():
    book = make_book(tier=make_tier(floor_minor=1500))

    made = quote(
        make_request(months=12, is_referred=True, upgrade_credit=Money(1000, "USD")), book
    )

    assert moves(made)[-2:] == [("upgrade_credit", -1000), ("floor", 720)]
    assert made.total_minor == 12 * 1500 - 1000


def test_the_floor_follows_the_exchange_rate():
    book = make_book(tier=make_tier(floor_minor=1500))

    made = quote(make_request(region="EU", months=12, is_referred=True), book)

    assert made.total_minor == 12 * 1200
    assert moves(made)[-1][0] == "floor"


def test_a_floor_above_the_price_stops_discounts_and_raises_nothing():
    book = make_book(tier=make_tier(local={"EUR": 900}, floor_minor=1500))

    made = quote(make_request(region="EU", months=12, is_referred=True), book)

    assert made.total_minor == 12 * 900


def test_without_a_rate_the_floor_keeps_its_share_of_a_local_price():
    book = make_book(tier=make_tier(local={"XTR": 1000}, floor_minor=1500), rates={})

    made = quote(make_request(currency="XTR", months=12, is_referred=True), book)

    assert made.total_minor == 12 * 750


def test_stars_come_from_the_same_steps_with_a_rate_of_their_own():
    book = make_book(tier=make_tier(price=1999))

    made = quote(make_request(currency="XTR", months=3), book)

    assert moves(made) == [("base", 1000), ("fx", 0), ("months", 2000), ("volume", -150)]
    assert made.total == Money(2850, "XTR")


def test_stars_are_rounded_up_where_money_would_be_rounded_down():
    stars = make_book(tier=make_tier(local={"XTR": 1003}))
    cents = make_book(tier=make_tier(price=1003))

    in_stars = quote(make_request(currency="XTR", is_referred=True), stars)
    in_cents = quote(make_request(is_referred=True), cents)

    assert in_cents.total_minor == 903  # 902.7
    assert in_stars.total_minor == 903
    low = make_book(
        tier=make_tier(local={"XTR": 1000}), affiliate=AffiliateBook(discount_bps=1001)
    )
    assert moves(quote(make_request(currency="XTR", is_referred=True), low)) == [
        ("local_price", 1000),
        ("affiliate", -100),
    ]  # 899.9
    lower = make_book(
        tier=make_tier(local={"XTR": 1000}), affiliate=AffiliateBook(discount_bps=1007)
    )
    assert moves(quote(make_request(currency="XTR", is_referred=True), lower)) == [
        ("local_price", 1000),
        ("affiliate", -101),
        ("stars", 1),
    ]  # 899.3


def test_rounds_once_at_the_end_and_not_with_every_step():
    book = make_book(
        tier=make_tier(price=99),
        affiliate=AffiliateBook(discount_bps=333),
        quantity={0: ((7, 333),)},
    )

    made = quote(make_request(months=3, quantity=7, is_referred=True), book)

    exact = Fraction(99 * 3 * 7) * Fraction(95, 100) * Fraction(9667, 10_000) ** 2
    assert made.total_minor == floor(exact + Fraction(1, 2)) == 1846
    assert sum(line.amount_minor for line in made.lines) == made.total_minor


def test_the_newest_price_version_that_has_begun_is_in_force():
    tier = make_tier(
        versions=[
            PricePoint(1, NOW - timedelta(days=30), None, {"USD": 2500}),
            PricePoint(2, NOW + timedelta(days=30), None, {"USD": 3000}),
        ]
    )
    book = make_book(tier=tier)

    def price(at):
        return quote(make_request(at=at), book).total_minor

    assert price(NOW - timedelta(days=31)) == 2000
    assert price(NOW - timedelta(days=30)) == 2500
    assert price(NOW) == 2500
    assert price(NOW + timedelta(days=30)) == 3000


def test_a_running_subscriber_keeps_the_price_until_a_version_moves_everybody():
    start = NOW - timedelta(days=90)
    tier = make_tier(
        versions=[
            PricePoint(1, NOW - timedelta(days=60), None, {"USD": 2500}),
            PricePoint(2, NOW - timedelta(days=30), NOW + timedelta(days=1), {"USD": 3000}),
        ]
    )
    book = make_book(tier=tier)

    kept = quote(make_request(subscribed_at=start), book)
    moved = quote(make_request(subscribed_at=start, at=NOW + timedelta(days=1)), book)
    newer = quote(make_request(subscribed_at=NOW - timedelta(days=45)), book)

    assert (kept.total_minor, moved.total_minor, newer.total_minor) == (2000, 3000, 2500)


def test_a_manual_rate_wins_until_its_end():
    override = make_rate(
        id=9,
        numerator=2,
        denominator=1,
        source="manual",
        applied_at=NOW,
        until=NOW + timedelta(days=1),
    )
    book = make_book(rates={"USD": (make_rate(), override)})

    def rate_id(at):
        used = quote(make_request(region="EU", at=at), book).fx
        return used and used.id

    assert rate_id(NOW - timedelta(seconds=1)) == 1
    assert rate_id(NOW) == 9
    assert rate_id(NOW + timedelta(days=1)) == 1


def test_before_the_first_rate_the_first_one_holds():
    book = make_book(rates={"USD": (make_rate(applied_at=NOW),)})

    assert (
        quote(make_request(region="EU", at=NOW - timedelta(days=365)), book).total_minor == 1599
    )


def test_a_stale_rate_sells_nothing_where_the_shop_says_so():
    fresh = {"USD": date(2026, 3, 14)}
    stale = make_book(stale_after_days=1, rates_checked_on={})
    checked = make_book(stale_after_days=1, rates_checked_on=fresh)

    with pytest.raises(NoRate):
        quote(make_request(region="EU"), stale)
    assert quote(make_request(region="EU"), checked).total_minor == 1599
    with pytest.raises(NoRate):
        quote(make_request(region="EU", at=NOW + timedelta(days=1)), checked)


@pytest.mark.parametrize(
    "at", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]
)
def test_a_price_has_an_answer_at_the_ends_of_the_calendar(at):
    book = make_book(stale_after_days=30, rates={"USD": (make_rate(source="seed"),)})
    checked = make_book(stale_after_days=30, rates_checked_on={"USD": date(2026, 3, 14)})

    request = make_request(region="EU", at=at)

    assert quote(request, book).total_minor == 1599
    if at.year == 1:
        assert quote(request, checked).total_minor == 1599
    else:
        with pytest.raises(NoRate, match="too old"):
            quote(request, checked)


def test_a_missing_rate_is_refused():
    with pytest.raises(NoRate):
        quote(make_request(region="EU"), make_book(rates={}))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"tier_id": 999}, UnknownTier),
        ({"region": "MARS"}, UnknownRegion),
        ({"currency": "CHF"}, UnknownCurrency),
        ({"months": 0}, BadTerms),
        ({"months": 121}, BadTerms),
        ({"quantity": 0}, BadTerms),
        ({"quantity": 1001}, BadTerms),
        ({"upgrade_credit": Money(-1, "USD")}, BadTerms),
    ],
)
def test_refuses_what_cannot_be_priced(fields, error):
    with pytest.raises(error):
        quote(make_request(**fields), make_book())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"months": 0}, "at least 1 month, not 0"),
        ({"months": 121}, "at most 120 months, not 121"),
        ({"quantity": 0}, "at least 1 unit, not 0"),
        ({"quantity": -3}, "at least 1 unit, not -3"),
        ({"quantity": 1001}, "at most 1000 units of this at a time, not 1001"),
    ],
)
def test_says_what_is_wrong_with_a_number(fields, said):
    with pytest.raises(BadTerms, match=f"^{said}$"):
        quote(make_request(**fields), make_book())


def test_says_that_one_unit_is_sold_at_a_time():
    book = make_book(tier=make_tier(max_quantity=1))

    for quantity, said in ((2, "at most 1 unit of this at a time, not 2"), (0, "at least 1")):
        with pytest.raises(BadTerms, match=said):
            quote(make_request(quantity=quantity), book)


@pytest.mark.parametrize(
    ("highest", "fields"),
    [
        (LARGEST_MINOR // 120, {"months": 120}),
        (LARGEST_MINOR // 1000, {"quantity": 1000}),
        (LARGEST_MINOR // 50_000, {"months": 50, "quantity": 1000}),
        # A cent is 1.40544 yen.
        (LARGEST_MINOR * 100_000 // 140_544, {"region": "JP"}),
    ],
)
def test_prices_up_to_what_an_amount_can_be_and_refuses_a_little_more(highest, fields):
    made = quote(make_request(**fields), make_book(tier=make_tier(price=highest)))

    assert LARGEST_MINOR - 50_000 < made.base_minor <= LARGEST_MINOR
    assert replay(inputs_of(made)).as_json() == made.as_json()
    with pytest.raises(BadTerms, match="more than an amount of money can be"):
        quote(make_request(**fields), make_book(tier=make_tier(price=highest + 2)))


def test_a_credit_beyond_every_amount_pays_the_whole_price():
    asked = make_request(region="JP", upgrade_credit=Money(LARGEST_MINOR, "USD"))

    made = quote(asked, make_book())

    assert made.total_minor == 0
    assert replay(inputs_of(made)).as_json() == made.as_json()


def test_refuses_a_region_that_is_switched_off():
    regions = {"US": RegionBook("US", "United States", "USD", 0, False)}

    with pytest.raises(UnknownRegion):
        quote(make_request(), make_book(regions=regions))


def test_refuses_months_of_what_is_sold_for_good():
    book = make_book(tier=make_tier(is_monthly=False))

    assert quote(make_request(), book).total_minor == 2000
    with pytest.raises(BadTerms):
        quote(make_request(months=2), book)


@pytest.mark.parametrize(
    "fields",
    [
        {"is_sold": False},
        {"sold_from": NOW + timedelta(seconds=1)},
        {"sold_until": NOW},
    ],
)
def test_refuses_what_is_not_for_sale_now(fields):
    with pytest.raises(NotForSale):
        quote(make_request(), make_book(tier=make_tier(**fields)))


def test_the_fingerprint_changes_with_price_and_terms_alone():
    book = make_book()
    first = quote(make_request(months=12), book)

    assert first.fingerprint == quote(make_request(months=12), make_book(version=2)).fingerprint
    assert first.fingerprint != quote(make_request(months=11), book).fingerprint
    assert (
        first.fingerprint != quote(make_request(months=12, is_referred=True), book).fingerprint
    )
    assert len(first.fingerprint) == 8


def test_an_arm_that_no_longer_exists_is_drawn_anew():
    book = make_book(experiments={1: (make_experiment(),)})

    shown = quote(make_request(customer_id=5, arms=((7, 999),)), book)

    assert shown.experiment == quote(make_request(customer_id=5), book).experiment


def test_a_credit_of_an_unknown_currency_is_refused():
    with pytest.raises(UnknownCurrency):
        quote(make_request(upgrade_credit=Money(1, "CHF")), make_book())


def test_a_stored_quote_does_not_carry_its_question():
    made = quote(make_request(), make_book())
    stored = Quote.from_json(made.as_json())

    assert made.request == make_request()
    with pytest.raises(ValueError, match="question"):
        stored.request  # noqa: B018


def test_odd_questions_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr("pricing.engine.book.MOST_KEPT", 30)
    book = make_book(tier=make_tier(max_quantity=1000))

    totals = [quote(make_request(quantity=many), book).total_minor for many in range(1, 101)]

    assert totals == [2000 * many for many in range(1, 101)]
    assert len(book._kept) <= 30


def test_a_floor_moves_with_the_rate_where_the_rounded_price_does_not():
    later = NOW + timedelta(days=1)
    dearer = make_rate(id=9, numerator=63, denominator=50, applied_at=later)
    usual = make_book()
    book = make_book(
        tier=make_tier(floor_minor=1500),
        promotions=(make_promotion(percent_bps=10_000),),
        rates={**usual.rates, "USD": (*usual.rates["USD"], dearer)},
    )

    before, after = (
        quote(make_request(region="EU", at=moment), book) for moment in (NOW, later)
    )

    assert (before.unit_minor, after.unit_minor) == (1599, 1599)
    assert (before.total_minor, after.total_minor) == (1200, 1191)
