"""What holds for every quote, whatever the prices and the rules."""

from dataclasses import replace
from fractions import Fraction
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pricing.engine import PromoRefused, Quote, inputs_of, quote, replay
from pricing.engine.book import AffiliateBook, CurrencyBook
from shopbot.kernel.money import Money
from tests.pricing.books import (
    TIER,
    limit,
    make_book,
    make_experiment,
    make_promotion,
    make_request,
    make_tier,
    with_code,
)

# A busy machine is no reason to fail.
calm = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

bps = st.integers(1, 10_000)
regions = st.sampled_from(["US", "GB", "EU", "ASIA", "JP", "KW"])
currencies = st.sampled_from([None, None, "XTR", "USD", "JPY", "KWD"])
tables = st.dictionaries(st.integers(2, 36), bps, max_size=5).map(
    lambda steps: tuple(sorted(steps.items()))
)


@st.composite
def promotions(draw):
    """Return up to five promotions with every kind of benefit, group, cap and limit."""
    count = draw(st.integers(0, 5))
    made = []
    for number in range(1, count + 1):
        fields = {
            "id": number,
            "key": f"rule-{number}",
            "priority": draw(st.integers(1, 3)),
            "group": draw(st.sampled_from(["", "", "a", "b"])),
            "limits": draw(
                st.sampled_from([(), (limit(number),), (limit(number, "budget", "USD"),)])
            ),
        }
        if draw(st.booleans()):
            fields["amounts"] = {
                code: draw(st.integers(1, 30_000)) for code in ("USD", "EUR", "JPY", "XTR")
            }
        else:
            fields["percent_bps"] = draw(bps)
            if draw(st.booleans()):
                fields["caps"] = {"USD": draw(st.integers(1, 3000)), "XTR": 500}
        made.append(make_promotion(**fields))
    return tuple(made)


@st.composite
def books(draw):
    """Return a price book with arbitrary prices, tables and rules."""
    price = draw(st.integers(0, 500_000))
    tier = make_tier(
        price=price,
        floor_minor=draw(st.none() | st.integers(0, price)),
        local=draw(st.sampled_from([{}, {"EUR": 1234, "JPY": 2999}, {"XTR": 777}])),
    )
    forms = draw(st.sampled_from([(1, 0), (100, 1), (100, 5), (100, 0)]))
    usual = make_book().currencies
    return make_book(
        tier=tier,
        currencies={**usual, "EUR": CurrencyBook("EUR", 2, *forms)},
        volume=draw(tables),
        quantity={0: draw(tables)},
        affiliate=AffiliateBook(discount_bps=draw(st.integers(0, 10_000))),
        promotions=draw(promotions()),
        experiments=draw(st.sampled_from([{}, {TIER: (make_experiment(),)}])),
        max_discount_bps=draw(st.sampled_from([10_000, 5_000, 2_500, 0])),
    )


@st.composite
def requests(draw):
    """Return a request for anything a book of ``books`` sells."""
    return make_request(
        months=draw(st.integers(1, 36)),
        quantity=draw(st.integers(1, 30)),
        region=draw(regions),
        currency=draw(currencies),
        customer_id=draw(st.none() | st.integers(1, 50)),
        is_referred=draw(st.booleans()),
        limits_left=tuple((number, draw(st.integers(0, 5000))) for number in range(1, 6)),
    )


@calm
@given(books(), requests())
def test_lines_sum_to_the_total_and_nothing_is_negative(book, request):
    made = quote(request, book)

    assert sum(line.amount_minor for line in made.lines) == made.total_minor
    steps = sum(line.amount_minor for line in made.from_base)
    assert made.base_minor + steps == made.total_minor
    assert made.total_minor >= 0
    assert made.total_minor <= made.base_minor
    assert {line.currency for line in made.lines} == {made.currency}


@calm
@given(books(), st.lists(requests(), min_size=2, max_size=6))
def test_what_others_asked_before_never_matters(book, asked):
    one_after_another = [quote(request, book) for request in asked]
    each_by_itself = [quote(request, replace(book, _kept={})) for request in asked]

    assert one_after_another == each_by_itself


@calm
@given(books(), requests(), st.integers(1, 12))
def test_more_months_never_cost_less(book, request, more):
    longer = replace(request, months=request.months + more)

    assert quote(longer, book).total_minor >= quote(request, book).total_minor


@calm
@given(books(), requests(), st.integers(1, 12))
def test_more_units_never_cost_less(book, request, more):
    larger = replace(request, quantity=request.quantity + more)

    assert quote(larger, book).total_minor >= quote(request, book).total_minor


@calm
@given(books(), requests(), st.randoms(use_true_random=False))
def test_the_order_in_which_rules_were_entered_never_matters(book, request, random: Random):
    numbers = list(range(len(book.promotions)))
    random.shuffle(numbers)
    entered = [
        replace(rule, id=number + 100)
        for rule, number in zip(book.promotions, numbers, strict=True)
    ]
    random.shuffle(entered)

    made = quote(request, book)
    again = quote(request, replace(book, promotions=tuple(entered), _kept={}))

    assert again.total_minor == made.total_minor
    assert again.reservations == made.reservations
    assert [(line.code, line.amount_minor) for line in again.lines] == [
        (line.code, line.amount_minor) for line in made.lines
    ]


@calm
@given(books(), requests(), st.integers(0, 100_000))
def test_a_credit_lowers_the_price_by_itself_or_to_nothing(book, request, credit):
    without = quote(request, book)
    with_credit = quote(replace(request, upgrade_credit=Money(credit, without.currency)), book)

    assert with_credit.total_minor == max(without.total_minor - credit, 0)


@calm
@given(books(), requests(), st.integers(0, 100_000))
def test_a_stored_quote_replays_byte_for_byte(book, request, credit):
    book = replace(
        book, promotions=(*book.promotions, make_promotion(id=50, key="code", needs_code=True))
    )
    request = replace(
        request, upgrade_credit=Money(credit, "USD"), **with_code(50, limits=(limit(9),))
    )
    try:
        made = quote(request, book)
    except PromoRefused:
        request = replace(request, coupon=None, promo_code=None)
        made = quote(request, book)
    stored, inputs = made.as_json(), inputs_of(made)

    again = replay(inputs)

    assert again.as_json() == stored
    assert inputs_of(again) == inputs
    assert Quote.from_json(stored) == made
    assert Quote.from_json(stored).as_json() == stored


@calm
@given(books(), requests())
def test_stars_and_money_come_from_one_pipeline(book, request):
    """With a Star to the cent, no rules in amounts and whole list prices, both agree."""
    rate = book.rates["XTR"][0]
    cents = replace(rate, numerator=100, denominator=1)
    book = replace(
        book,
        rates={**book.rates, "XTR": (cents,)},
        promotions=tuple(
            each for each in book.promotions if not each.amounts and not each.caps
        ),
        experiments={},
        _kept={},
    )
    tier = book.tiers[TIER]
    plain = replace(tier.prices[0], amounts={"USD": tier.prices[0].amounts["USD"]})
    book = replace(book, tiers={TIER: replace(tier, prices=(plain,))})
    request = replace(request, region="US", limits_left=())

    stars = quote(replace(request, currency="XTR"), _without_budgets(book))
    money = quote(replace(request, currency="USD"), _without_budgets(book))

    assert 0 <= stars.total_minor - money.total_minor <= 1
    assert stars.base_minor == money.base_minor


def _without_budgets(book):
    open_ones = tuple(replace(each, limits=()) for each in book.promotions)
    return replace(book, promotions=open_ones, _kept={})


@calm
@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_a_total_divided_over_units_sums_to_the_total_and_each_part_is_fair(total, weights):
    if not sum(weights):
        weights = [1 for _ in weights]

    parts = [part.minor for part in Money(total, "USD").split(weights)]

    assert sum(parts) == total
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, whole)) < 1
