"""Reserving, using and giving back what promotions are limited to."""

import pytest
from django.db import IntegrityError, transaction

from pricing.engine import Buyer, QuoteRequest
from pricing.errors import LimitReached
from pricing.models import ExperimentSale, LimitCounter, Reservation
from pricing.services import quote_offer, release, release_used, reserve, use
from tests.customers.factories import make_customer
from tests.pricing.rows import make_experiment, make_promotion


@pytest.fixture
def quoted(tier, customer, now):
    """Return a quote for the customer, one month in the US."""

    def build(who=customer):
        request = QuoteRequest(
            tier_id=tier.pk, months=1, region="US", at=now, buyer=Buyer(customer_id=who.pk)
        )
        return quote_offer(request=request)

    return build


def taken():
    """Return what is taken, by kind of limit."""
    rows = LimitCounter.objects.order_by("limit__kind")
    return dict(rows.values_list("limit__kind", "taken"))


def test_an_order_reserves_each_limit_and_its_payment_uses_it(quoted, customer, now):
    make_promotion(limits={"total": 10, "customer": 1, ("budget", "USD"): 1000})

    reserve(quote=quoted(), holder="order:1", customer_id=customer.pk, now=now)

    assert taken() == {"total": 1, "customer": 1, "budget": 200}
    assert set(Reservation.objects.values_list("status", flat=True)) == {"reserved"}

    assert use(holder="order:1", now=now) == 3

    assert taken() == {"total": 1, "customer": 1, "budget": 200}
    assert set(Reservation.objects.values_list("status", "closed_at")) == {("used", now)}


def test_an_order_that_is_not_paid_gives_everything_back(quoted, customer, now):
    """Cancel does not release: a code would be lost with the order."""
    make_promotion(limits={"total": 10, "customer": 1, ("budget", "USD"): 1000})
    reserve(quote=quoted(), holder="order:1", customer_id=customer.pk, now=now)

    assert release(holder="order:1", now=now) == 3

    assert taken() == {"total": 0, "customer": 0, "budget": 0}
    assert quoted().total_minor == 1800


def test_repeating_any_of_it_changes_nothing(quoted, customer, now):
    make_promotion(limits={"total": 10})
    made = quoted()

    for _ in range(3):
        reserve(quote=made, holder="order:1", customer_id=customer.pk, now=now)
    assert taken() == {"total": 1}
    assert [use(holder="order:1", now=now) for _ in range(3)] == [1, 0, 0]
    assert [release(holder="order:1", now=now) for _ in range(2)] == [0, 0]
    assert taken() == {"total": 1}
    assert [release_used(holder="order:1", now=now) for _ in range(2)] == [1, 0]
    assert taken() == {"total": 0}


def test_a_late_payment_counts_its_discount_even_beyond_the_limit(quoted, customer, now):
    make_promotion(limits={"total": 1})
    other = make_customer()
    late = quoted()
    reserve(quote=late, holder="order:1", customer_id=customer.pk, now=now)
    release(holder="order:1", now=now)
    reserve(quote=quoted(other), holder="order:2", customer_id=other.pk, now=now)

    assert use(holder="order:1", now=now) == 1

    assert taken() == {"total": 2}


def test_refuses_when_one_of_several_limits_is_full_and_takes_nothing(quoted, customer, now):
    promotion = make_promotion(limits={"customer": 1, "total": 10})
    made = quoted()
    total = promotion.limits.get(kind="total")
    LimitCounter.objects.create(limit=total, taken=10)

    with pytest.raises(LimitReached):
        reserve(quote=made, holder="order:1", customer_id=customer.pk, now=now)

    assert taken() == {"total": 10}
    assert not Reservation.objects.exists()


def test_a_customer_cannot_use_a_code_twice_with_two_quotes_made_before(quoted, customer, now):
    make_promotion(limits={"customer": 1})
    first, second = quoted(), quoted()
    reserve(quote=first, holder="order:1", customer_id=customer.pk, now=now)

    with pytest.raises(LimitReached):
        reserve(quote=second, holder="order:2", customer_id=customer.pk, now=now)

    assert taken() == {"customer": 1}


def test_a_limit_that_staff_lowered_binds_quotes_made_before(quoted, customer, now):
    promotion = make_promotion(limits={"total": 10})
    made = quoted()
    promotion.limits.update(allowed=0)

    with pytest.raises(LimitReached):
        reserve(quote=made, holder="order:1", customer_id=customer.pk, now=now)


@pytest.mark.parametrize("change", [{"kind": "total"}, {"kind": "budget", "currency": "USD"}])
def test_a_limit_that_counts_otherwise_since_the_quote_is_refused(
    quoted, customer, now, change
):
    """What the quote needs of it is one use, or an amount of money, of then."""
    promotion = make_promotion(limits={"customer": 5})
    made = quoted()
    promotion.limits.update(**change)

    with pytest.raises(LimitReached):
        reserve(quote=made, holder="order:1", customer_id=customer.pk, now=now)


@pytest.mark.parametrize("change", [{"kind": "total"}, {"kind": "budget", "currency": "USD"}])
def test_what_a_used_limit_counts_stays(quoted, customer, now, change):
    """Else its orders would be given back to a counter that they never took from."""
    promotion = make_promotion(limits={"customer": 5})
    reserve(quote=quoted(), holder="order:1", customer_id=customer.pk, now=now)

    with pytest.raises(IntegrityError), transaction.atomic():
        promotion.limits.update(**change)
    promotion.limits.update(allowed=9)

    assert release(holder="order:1", now=now) == 1
    assert taken() == {"customer": 0}


def test_what_an_unused_limit_counts_may_be_corrected(tier):
    promotion = make_promotion(limits={"customer": 5})

    assert promotion.limits.update(kind="total") == 1


def test_a_quote_without_limits_costs_no_query(
    quoted, customer, now, django_assert_num_queries
):
    made = quoted()

    with django_assert_num_queries(0):
        reserve(quote=made, holder="order:1", customer_id=customer.pk, now=now)


def test_a_limit_that_was_deleted_is_refused(quoted, customer, now):
    made = quoted()._replace(reservations=((999_999, 1),))

    with pytest.raises(LimitReached):
        reserve(quote=made, holder="order:1", customer_id=customer.pk, now=now)


def test_an_order_under_an_experiment_counts_as_a_sale_once_it_is_paid(
    quoted, tier, customer, now
):
    make_experiment(tier)
    made = quoted()

    reserve(quote=made, holder="order:1", customer_id=customer.pk, now=now)
    reserve(quote=made, holder="order:2", customer_id=customer.pk, now=now)
    use(holder="order:1", now=now)
    release(holder="order:2", now=now)

    sales = ExperimentSale.objects.order_by("holder").values_list("holder", "status")
    assert list(sales) == [("order:1", "paid"), ("order:2", "lost")]
    assert made.experiment is not None
    assert {sale.exposure.arm_id for sale in ExperimentSale.objects.all()} == {
        made.experiment.arm_id
    }


def test_an_order_of_somebody_who_was_shown_nothing_counts_for_no_arm(
    quoted, tier, customer, now
):
    make_experiment(tier)
    made = quoted()

    reserve(quote=made, holder="order:1", customer_id=make_customer().pk, now=now)

    assert not ExperimentSale.objects.exists()
