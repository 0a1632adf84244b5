"""Which promotions apply, which one of a group, and what they take and reserve."""

from datetime import timedelta

import pytest

from pricing.engine import PromoRefused, quote
from shopbot.kernel.money import Money
from tests.pricing.books import (
    CATEGORY,
    NOW,
    PRODUCT,
    TIER,
    limit,
    make_book,
    make_promotion,
    make_request,
    make_tier,
    moves,
    with_code,
)


def test_a_promotion_takes_its_share_of_what_earlier_steps_left():
    """A percentage of the list price instead would give goods away for nothing."""
    book = make_book(promotions=(make_promotion(percent_bps=9000),))

    made = quote(make_request(months=12, is_referred=True), book)

    assert moves(made)[-1] == ("promotion", -15552)
    assert made.total_minor == 1728


def test_percentages_of_a_hundred_leave_nothing_and_not_less():
    book = make_book(promotions=(make_promotion(percent_bps=10_000),))

    made = quote(make_request(months=12, is_referred=True), book)

    assert made.total == Money(0, "USD")


def test_a_percentage_works_in_every_currency():
    book = make_book(promotions=(make_promotion(percent_bps=5000),))

    totals = {
        region: quote(make_request(region=region), book).total_minor
        for region in ("US", "EU", "JP", "KW")
    }

    assert totals == {"US": 1000, "EU": 800, "JP": 1406, "KW": 2720}


def test_an_amount_counts_only_in_the_currencies_it_is_given_in():
    book = make_book(promotions=(make_promotion(amounts={"USD": 500}),))

    assert quote(make_request(), book).total_minor == 1500
    assert quote(make_request(region="EU"), book).total_minor == 1599


def test_an_amount_beyond_the_price_takes_the_price():
    book = make_book(promotions=(make_promotion(amounts={"USD": 5000}),))

    assert moves(quote(make_request(), book)) == [("base", 2000), ("promotion", -2000)]


def test_a_percentage_with_a_cap_ends_there_and_skips_currencies_without_one():
    book = make_book(promotions=(make_promotion(percent_bps=5000, caps={"USD": 300}),))

    assert quote(make_request(), book).total_minor == 1700
    assert quote(make_request(months=1, region="EU"), book).total_minor == 1599


def test_of_a_group_only_the_best_applies_whatever_the_order_of_entry():
    small = make_promotion(id=1, key="small", percent_bps=1000, group="spring", priority=1)
    big = make_promotion(id=2, key="big", percent_bps=2000, group="spring", priority=9)
    for entered in [(small, big), (big, small)]:
        made = quote(make_request(), make_book(promotions=entered))

        assert [line.detail["key"] for line in made.lines if line.code == "promotion"] == [
            "big"
        ]
        assert made.total_minor == 1600


def test_the_best_of_a_group_depends_on_the_amount():
    share = make_promotion(id=1, key="share", percent_bps=1000, group="spring")
    amount = make_promotion(id=2, key="amount", amounts={"USD": 500}, group="spring")
    book = make_book(promotions=(share, amount))

    assert quote(make_request(), book).total_minor == 1500
    assert quote(make_request(months=12), book).total_minor == 19200 - 1920


def test_of_two_equal_ones_in_a_group_the_alphabet_decides():
    first = make_promotion(id=2, key="apple", group="fruit")
    second = make_promotion(id=1, key="pear", group="fruit")

    made = quote(make_request(), make_book(promotions=(second, first)))

    assert [line.detail["key"] for line in made.lines if line.code == "promotion"] == ["apple"]


def test_priority_decides_whether_an_amount_or_a_percentage_comes_first():
    def total(share_priority):
        share = make_promotion(id=1, key="share", percent_bps=5000, priority=share_priority)
        amount = make_promotion(id=2, key="amount", amounts={"USD": 500}, priority=5)
        return quote(make_request(), make_book(promotions=(share, amount))).total_minor

    assert (total(1), total(9)) == (500, 750)


@pytest.mark.parametrize(
    ("scope", "applies"),
    [
        ({}, True),
        ({"tiers": {TIER}}, True),
        ({"tiers": {TIER + 1}}, False),
        ({"products": {PRODUCT}}, True),
        ({"products": {PRODUCT + 1}}, False),
        ({"categories": {CATEGORY}}, True),
        ({"categories": {CATEGORY + 1}}, False),
        ({"categories": {CATEGORY + 1}, "tiers": {TIER}}, True),
        ({"regions": {"US"}}, True),
        ({"regions": {"EU"}}, False),
        ({"regions": {"EU"}, "tiers": {TIER}}, False),
    ],
)
def test_applies_within_its_scope(scope, applies):
    fields = {name: frozenset(members) for name, members in scope.items()}
    book = make_book(promotions=(make_promotion(**fields),))

    assert quote(make_request(), book).total_minor == (1800 if applies else 2000)


@pytest.mark.parametrize(
    ("fields", "buyer", "applies"),
    [
        ({"is_active": False}, {}, False),
        ({"starts_at": NOW}, {}, True),
        ({"starts_at": NOW + timedelta(seconds=1)}, {}, False),
        ({"ends_at": NOW + timedelta(seconds=1)}, {}, True),
        ({"ends_at": NOW}, {}, False),
        ({"first_purchase_only": True}, {"is_first_purchase": True}, True),
        ({"first_purchase_only": True}, {"is_first_purchase": False}, False),
        ({"staff_only": True}, {"is_staff": True}, True),
        ({"staff_only": True}, {"is_staff": False}, False),
        ({"needs_code": True}, {}, False),
    ],
)
def test_applies_within_its_schedule_and_for_whom_it_is_meant(fields, buyer, applies):
    book = make_book(promotions=(make_promotion(**fields),))

    assert quote(make_request(**buyer), book).total_minor == (1800 if applies else 2000)


def test_a_code_calls_its_promotion_and_says_so():
    book = make_book(promotions=(make_promotion(id=3, needs_code=True),))

    made = quote(make_request(**with_code(3)), book)

    assert moves(made) == [("base", 2000), ("promo_code", -200)]
    assert made.lines[-1].detail["promo_code"] == "HELLO"
    assert made.promo_id == 3


@pytest.mark.parametrize(
    ("promotion", "asked", "reason"),
    [
        ({}, {"coupon": None}, "unknown"),
        ({"id": 99}, {}, "unknown"),
        ({"is_active": False}, {}, "not_active"),
        ({}, {"is_active": False}, "not_active"),
        ({"starts_at": NOW + timedelta(days=1)}, {}, "not_started"),
        ({"ends_at": NOW}, {}, "ended"),
        ({}, {"customer_id": 77}, "not_yours"),
        ({"staff_only": True}, {}, "staff_only"),
        ({"regions": frozenset({"EU"})}, {}, "not_in_region"),
        ({"products": frozenset({PRODUCT + 1})}, {}, "not_for_this"),
        ({"amounts": {"EUR": 100}}, {}, "not_in_currency"),
        ({"caps": {"EUR": 100}}, {}, "not_in_currency"),
        ({"limits": (limit(5, "budget", "EUR"),)}, {}, "not_in_currency"),
    ],
)
def test_a_refused_code_says_why(promotion, asked, reason):
    book = make_book(promotions=(make_promotion(**{"id": 3, "needs_code": True, **promotion}),))
    code = with_code(3, **asked) if "coupon" not in asked else {"promo_code": "x", **asked}

    with pytest.raises(PromoRefused) as refused:
        quote(make_request(**code), book)

    assert refused.value.reason == reason


def test_a_code_for_a_first_purchase_is_refused_at_the_second():
    promotion = make_promotion(id=3, needs_code=True, first_purchase_only=True)

    with pytest.raises(PromoRefused) as refused:
        quote(
            make_request(is_first_purchase=False, **with_code(3)),
            make_book(promotions=(promotion,)),
        )

    assert refused.value.reason == "first_purchase_only"


@pytest.mark.parametrize(
    ("kind", "reason"), [("total", "used_up"), ("customer", "used_by_you")]
)
def test_a_code_whose_limit_is_full_is_refused(kind, reason):
    promotion = make_promotion(id=3, needs_code=True, limits=(limit(5, kind),))

    with pytest.raises(PromoRefused) as refused:
        quote(
            make_request(limits_left=((5, 0),), **with_code(3)),
            make_book(promotions=(promotion,)),
        )

    assert refused.value.reason == reason


def test_a_code_beaten_by_a_better_promotion_of_its_group_is_refused():
    code = make_promotion(id=3, key="code", needs_code=True, percent_bps=1000, group="spring")
    better = make_promotion(id=4, key="better", percent_bps=2000, group="spring")

    with pytest.raises(PromoRefused) as refused:
        quote(make_request(**with_code(3)), make_book(promotions=(code, better)))

    assert refused.value.reason == "better_offer"


@pytest.mark.parametrize("group", ["", "spring"])
def test_a_code_that_needs_more_than_is_left_of_its_budget_is_used_up(group):
    budget = (limit(7, "budget", "USD"),)
    code = make_promotion(
        id=3, key="code", needs_code=True, amounts={"USD": 500}, group=group, limits=budget
    )
    less = make_promotion(id=4, key="less", percent_bps=1000, group=group)

    with pytest.raises(PromoRefused) as refused:
        quote(
            make_request(limits_left=((7, 300),), **with_code(3)),
            make_book(promotions=(code, less)),
        )

    assert refused.value.reason == "used_up"


def test_a_code_that_gives_nothing_is_refused_and_not_used_up():
    code = make_promotion(id=3, needs_code=True, limits=(limit(5),))
    book = make_book(tier=make_tier(floor_minor=2000), promotions=(code,))

    with pytest.raises(PromoRefused) as refused:
        quote(make_request(**with_code(3)), book)

    assert refused.value.reason == "gives_nothing"


def test_what_a_promotion_gives_is_reserved_once_for_each_limit():
    limits = (limit(5, "total"), limit(6, "customer"), limit(7, "budget", "USD"))
    book = make_book(promotions=(make_promotion(limits=(*limits, limit(8, "budget", "EUR"))),))

    made = quote(make_request(months=12), book)

    assert made.reservations == ((5, 1), (6, 1), (7, 1920))


def test_a_codes_own_limits_are_reserved_beside_its_promotions():
    book = make_book(promotions=(make_promotion(id=3, needs_code=True, limits=(limit(5),)),))

    made = quote(make_request(**with_code(3, limits=(limit(9),))), book)

    assert made.reservations == ((5, 1), (9, 1))


def test_a_discount_of_nothing_reserves_nothing():
    free = make_book(tier=make_tier(price=0), promotions=(make_promotion(limits=(limit(5),)),))
    at_floor = make_book(
        tier=make_tier(floor_minor=2000), promotions=(make_promotion(limits=(limit(5),)),)
    )

    assert quote(make_request(), free).reservations == ()
    assert quote(make_request(), at_floor).reservations == ()


def test_a_budget_is_charged_with_what_the_floor_left_of_the_discount():
    promotion = make_promotion(percent_bps=5000, limits=(limit(7, "budget", "USD"),))
    book = make_book(tier=make_tier(floor_minor=1500), promotions=(promotion,))

    made = quote(make_request(), book)

    assert moves(made) == [("base", 2000), ("promotion", -1000), ("floor", 500)]
    assert made.reservations == ((7, 500),)


def test_limits_bind_automatic_promotions_as_well():
    book = make_book(promotions=(make_promotion(limits=(limit(5),)),))

    assert quote(make_request(limits_left=((5, 1),)), book).total_minor == 1800
    assert quote(make_request(limits_left=((5, 0),)), book).total_minor == 2000


def test_a_budget_with_too_little_left_gives_nothing():
    book = make_book(promotions=(make_promotion(limits=(limit(7, "budget", "USD"),)),))

    assert quote(make_request(limits_left=((7, 200),)), book).total_minor == 1800
    assert quote(make_request(limits_left=((7, 199),)), book).total_minor == 2000


def test_an_exhausted_promotion_leaves_its_group_to_the_next_best():
    best = make_promotion(id=1, key="best", percent_bps=5000, group="g", limits=(limit(5),))
    next_best = make_promotion(id=2, key="next", percent_bps=1000, group="g")

    made = quote(make_request(limits_left=((5, 0),)), make_book(promotions=(best, next_best)))

    assert made.total_minor == 1800
