"""Quoting with the database: codes, limits, experiments, and what each costs in queries."""

from datetime import timedelta

import pytest

from catalog.models import ProductTier
from pricing.book import price_book
from pricing.engine import Buyer, PromoRefused, QuoteRequest
from pricing.models import Exposure, LimitCounter, QuantityStep, StoredQuote
from pricing.services import (
    preview,
    quote_offer,
    quote_with_book,
    release,
    reserve,
    store_quote,
)
from tests.customers.factories import make_customer
from tests.pricing.rows import make_code, make_experiment, make_limit, make_promotion


@pytest.fixture
def ask(tier, now):
    """Return a request for one month in the US, with the given fields."""

    def build(**fields):
        buyer = Buyer(**fields.pop("buyer", {}))
        return QuoteRequest(
            **{
                "tier_id": tier.pk,
                "months": 1,
                "region": "US",
                "at": now,
                "buyer": buyer,
                **fields,
            }
        )

    return build


def test_a_quote_costs_one_query_once_the_book_is_read(ask, django_assert_num_queries):
    quote_offer(request=ask())

    with django_assert_num_queries(1):
        made = quote_offer(request=ask(months=12, buyer={"is_referred": True}))

    assert made.total_minor == 17280


def test_a_new_price_counts_at_once(ask, tier):
    quote_offer(request=ask())

    tier.base_price_minor = 3000
    tier.save(update_fields=["base_price_minor"])

    assert quote_offer(request=ask()).total_minor == 3000


@pytest.mark.parametrize("typed", ["HELLO", "hello", " hello "])
def test_a_code_is_found_however_it_was_typed(ask, typed):
    make_code(code="HELLO")

    assert quote_offer(request=ask(promo_code=typed)).total_minor == 1800


def test_an_unknown_code_is_refused(ask):
    with pytest.raises(PromoRefused) as refused:
        quote_offer(request=ask(promo_code="HELLO"))

    assert refused.value.reason == "unknown"


def test_a_customers_own_code_is_for_no_one_else(ask, customer):
    make_code(code="MINE", customer=customer)
    stranger = make_customer()

    mine = quote_offer(request=ask(promo_code="MINE", buyer={"customer_id": customer.pk}))
    with pytest.raises(PromoRefused) as refused:
        quote_offer(request=ask(promo_code="MINE", buyer={"customer_id": stranger.pk}))

    assert mine.total_minor == 1800
    assert refused.value.reason == "not_yours"


def test_a_full_limit_of_the_code_refuses_it(ask):
    code = make_code(code="ONCE", limits={"total": 1})
    LimitCounter.objects.create(limit=code.limits.get(), taken=1)

    with pytest.raises(PromoRefused) as refused:
        quote_offer(request=ask(promo_code="ONCE"))

    assert refused.value.reason == "used_up"


def test_only_a_quantity_that_can_be_sold_lowers_the_price_of_fewer(ask, tier):
    QuantityStep.objects.create(min_quantity=10, discount_bps=7000)

    totals = []
    for most in (5, 9, 10):
        ProductTier.objects.filter(pk=tier.pk).update(max_quantity=most)
        totals.append(quote_offer(request=ask(quantity=4)).total_minor)

    assert totals == [8000, 8000, 6000]


def test_a_limit_per_customer_counts_each_customer_alone(ask, customer):
    promotion = make_promotion(limits={"customer": 1})
    other = make_customer()
    LimitCounter.objects.create(limit=promotion.limits.get(), customer=customer, taken=1)

    totals = [
        quote_offer(request=ask(buyer={"customer_id": who})).total_minor
        for who in (customer.pk, other.pk, None)
    ]

    assert totals == [2000, 1800, 1800]


def test_limits_cost_one_query_however_many_there_are(ask, customer, django_assert_num_queries):
    first = make_promotion(limits={"total": 5})
    buyer = {"customer_id": customer.pk}
    quote_offer(request=ask(buyer=buyer))
    with django_assert_num_queries(2):
        quote_offer(request=ask(buyer=buyer))

    make_limit(first, "customer", 3)
    for _ in range(4):
        make_promotion(limits={"total": 5, ("budget", "USD"): 10_000})
    quote_offer(request=ask(buyer=buyer))

    with django_assert_num_queries(2):
        quote_offer(request=ask(buyer=buyer))


@pytest.mark.parametrize("limits", [{("budget", "USD"): 200}, {"customer": 1}, {"total": 1}])
def test_what_the_replaced_order_reserved_is_free_for_its_successor_alone(
    ask, customer, now, limits, django_assert_num_queries
):
    make_promotion(limits=limits)
    buyer = {"customer_id": customer.pk}
    first = quote_offer(request=ask(buyer=buyer))
    reserve(quote=first, holder="order:17", customer_id=customer.pk, now=now)
    book = price_book()

    with django_assert_num_queries(3):
        totals = [
            quote_with_book(request=ask(buyer=buyer), book=book, instead_of=holder).total_minor
            for holder in ("order:17", "order:18", None)
        ]

    assert totals == [1800, 2000, 2000]


def test_what_the_replaced_order_gave_back_is_not_free_twice(ask, customer, now):
    make_promotion(limits={"total": 1})
    request = ask(buyer={"customer_id": customer.pk})
    first = quote_offer(request=request)
    reserve(quote=first, holder="order:17", customer_id=customer.pk, now=now)
    release(holder="order:17", now=now)
    reserve(quote=first, holder="order:18", customer_id=customer.pk, now=now)

    made = quote_with_book(request=request, book=price_book(), instead_of="order:17")

    assert made.total_minor == 2000


def test_a_price_shown_under_an_experiment_is_logged_once_and_kept(ask, tier, customer, now):
    experiment = make_experiment(tier)
    buyer = {"customer_id": customer.pk}

    first = quote_offer(request=ask(buyer=buyer))
    second = quote_offer(request=ask(buyer=buyer, months=3))

    exposure = Exposure.objects.get()
    assert first.experiment is not None
    assert first.experiment == second.experiment
    assert (exposure.experiment, exposure.customer) == (experiment, customer)
    assert (exposure.arm_id, exposure.shown_at) == (first.experiment.arm_id, now)


def test_the_arm_shown_first_stays_even_if_the_draw_would_change(ask, tier, customer, now):
    experiment = make_experiment(tier)
    drawn = preview(request=ask(buyer={"customer_id": customer.pk}), book=price_book())
    assert drawn.experiment is not None
    other_arm = experiment.arms.exclude(pk=drawn.experiment.arm_id).get()
    Exposure.objects.create(
        experiment=experiment, arm=other_arm, customer=customer, shown_at=now
    )

    made = quote_offer(request=ask(buyer={"customer_id": customer.pk}))

    assert made.experiment is not None
    assert made.experiment.arm_id == other_arm.pk


def test_a_preview_shows_nobody_anything(ask, tier, customer):
    make_experiment(tier)

    preview(request=ask(buyer={"customer_id": customer.pk}), book=price_book())

    assert not Exposure.objects.exists()


def test_a_stored_quote_stays_the_first_one(ask, now):
    first = quote_offer(request=ask())
    second = quote_offer(request=ask(months=2))

    store_quote(quote=first, key="order:1", now=now)
    store_quote(quote=second, key="order:1", now=now)

    stored = StoredQuote.objects.get()
    assert (stored.key, stored.result) == ("order:1", first.as_json().decode())


def test_a_renewal_joins_no_experiment_and_keeps_an_arm_that_was_shown(
    ask, tier, customer, now
):
    make_experiment(tier, factors=(11_000, 12_000))
    buyer = {"customer_id": customer.pk}
    renewal = ask(buyer=buyer, subscribed_at=now - timedelta(days=90))

    assert quote_offer(request=renewal).total_minor == 2000
    assert not Exposure.objects.exists()
    bought = quote_offer(request=ask(buyer=buyer))
    assert bought.total_minor in (2200, 2400)
    assert quote_offer(request=renewal).total_minor == bought.total_minor
