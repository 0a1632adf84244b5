"""Price experiments: started, told in numbers, stopped by a person or a rule."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from catalog.models import ProductTier
from pricing.engine import Buyer, QuoteRequest
from pricing.errors import AlreadyDecided, NotReady, ReasonMissing, UnknownRow
from pricing.models import Experiment, ExperimentArm, ExperimentSale, Exposure
from pricing.services import quote_offer, release_used, use
from pricing.services.experiments import (
    results,
    start_experiment,
    stop_experiment,
    stop_where_due,
)
from pricing.statistics import is_clearly_below, wilson
from tests.customers.factories import make_customer


@pytest.fixture
def draft(tier):
    """A draft with two arms."""
    row = Experiment.objects.create(name="Dearer", tier=tier)
    row.arms.create(name="A", factor_bps=10_000)
    row.arms.create(name="B", factor_bps=11_000)
    return row


@pytest.fixture
def running(draft, now):
    """A running experiment with two arms."""
    start_experiment(experiment_id=draft.pk, actor="staff:1", now=now)
    draft.refresh_from_db()
    return draft


def show(experiment, arm_name, customers, buyers, now):
    """Let so many customers see an arm, and so many of them buy."""
    arm = experiment.arms.get(name=arm_name)
    seen = Exposure.objects.bulk_create(
        Exposure(experiment=experiment, arm=arm, customer=make_customer(), shown_at=now)
        for _ in range(customers)
    )
    ExperimentSale.objects.bulk_create(
        ExperimentSale(
            exposure=each,
            holder=f"order:{each.pk}",
            currency="USD",
            total_minor=2000,
            status="paid",
        )
        for each in seen[:buyers]
    )
    return seen


def test_starting_fixes_the_arms(running, now):
    assert (running.status, running.starts_at) == ("running", now)

    changes = [
        lambda: running.arms.update(factor_bps=12_000),
        lambda: running.arms.create(name="C"),
        lambda: running.arms.all().delete(),
    ]
    if connection.vendor == "postgresql":
        changes.append(lambda: ExperimentArm._base_manager.all().delete())
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()

    assert list(running.arms.values_list("factor_bps", flat=True)) == [10_000, 11_000]


@pytest.mark.parametrize("arms", [0, 1, 5])
def test_refuses_to_start_without_two_to_four_arms(tier, now, arms):
    row = Experiment.objects.create(name="Odd", tier=tier)
    ExperimentArm.objects.bulk_create(
        ExperimentArm(experiment=row, name=str(number)) for number in range(arms)
    )

    with pytest.raises(NotReady):
        start_experiment(experiment_id=row.pk, actor="staff:1", now=now)

    row.refresh_from_db()
    assert row.status == "draft"


def test_one_experiment_runs_on_a_tier_at_a_time(running, tier, now):
    second = Experiment.objects.create(name="Second", tier=tier)
    second.arms.create(name="A")
    second.arms.create(name="B")

    with pytest.raises(NotReady):
        start_experiment(experiment_id=second.pk, actor="staff:1", now=now)
    with pytest.raises(AlreadyDecided):
        start_experiment(experiment_id=running.pk, actor="staff:1", now=now)


def test_is_stopped_once_and_with_a_reason(running, now):
    with pytest.raises(ReasonMissing):
        stop_experiment(experiment_id=running.pk, reason="", actor="staff:1", now=now)
    stop_experiment(experiment_id=running.pk, reason="Enough", actor="staff:1", now=now)
    with pytest.raises(AlreadyDecided):
        stop_experiment(experiment_id=running.pk, reason="Again", actor="staff:1", now=now)

    running.refresh_from_db()
    assert (running.status, running.ends_at, running.stop_reason) == ("stopped", now, "Enough")
    assert (running.ended_with, running.ended_in) == ({"USD": 2000}, "USD")


def test_a_customer_abroad_keeps_the_tested_price_though_the_tier_changes_its_currency(
    running, tier, now
):
    buyer = Buyer(customer_id=make_customer().pk)
    asked = QuoteRequest(tier_id=tier.pk, months=1, region="ASIA", at=now, buyer=buyer)
    shown = quote_offer(request=asked)
    stop_experiment(experiment_id=running.pk, reason="Enough", actor="staff:1", now=now)
    ProductTier.objects.filter(pk=tier.pk).update(currency="EUR", base_price_minor=9000)

    kept = quote_offer(request=replace(asked, at=now + timedelta(days=1)))

    assert kept.total == shown.total


def test_results_count_customers_buyers_and_money_in_three_queries(
    running, now, django_assert_num_queries
):
    seen = show(running, "A", customers=4, buyers=1, now=now)
    ExperimentSale.objects.create(
        exposure=seen[0], holder="order:again", currency="EUR", total_minor=500, status="paid"
    )
    ExperimentSale.objects.create(
        exposure=seen[1], holder="order:lost", currency="USD", total_minor=500, status="lost"
    )
    show(running, "B", customers=2, buyers=2, now=now)

    with django_assert_num_queries(3):
        first, second = results(experiment_id=running.pk)

    assert (first.name, first.customers, first.buyers) == ("A", 4, 1)
    assert first.revenue == {"EUR": 500, "USD": 2000}
    assert first.conversion.share == Decimal("0.25")
    assert (second.name, second.customers, second.buyers) == ("B", 2, 2)
    assert second.revenue == {"USD": 4000}


def test_money_that_went_back_is_no_sale_unless_it_could_not(running, now):
    seen = show(running, "A", customers=4, buyers=2, now=now)
    holder = f"order:{seen[0].pk}"

    release_used(holder=holder, now=now)
    refunded, _ = results(experiment_id=running.pk)
    use(holder=holder, now=now)
    failed, _ = results(experiment_id=running.pk)

    assert (refunded.buyers, refunded.revenue) == (1, {"USD": 2000})
    assert (failed.buyers, failed.revenue) == (2, {"USD": 4000})


def test_stops_at_its_end(running, now):
    Experiment.objects.filter(pk=running.pk).update(ends_at=now + timedelta(days=1))

    assert stop_where_due(now=now) == 0
    assert stop_where_due(now=now + timedelta(days=1)) == 1
    assert stop_where_due(now=now + timedelta(days=1)) == 0

    running.refresh_from_db()
    assert running.stop_reason == "Its end was reached."


def test_stops_when_enough_customers_have_seen_it(running, now):
    Experiment.objects.filter(pk=running.pk).update(max_customers=10)
    show(running, "A", customers=9, buyers=0, now=now)
    assert stop_where_due(now=now) == 0

    show(running, "B", customers=1, buyers=0, now=now)

    assert stop_where_due(now=now) == 1


@pytest.mark.parametrize(("buyers", "stopped"), [(20, 1), (45, 0)])
def test_stops_when_an_arm_does_clear_harm(running, now, buyers, stopped):
    show(running, "A", customers=100, buyers=60, now=now)
    show(running, "B", customers=100, buyers=buyers, now=now)

    assert stop_where_due(now=now) == stopped


def test_few_customers_prove_no_harm(running, now):
    show(running, "A", customers=99, buyers=99, now=now)
    show(running, "B", customers=99, buyers=0, now=now)

    assert stop_where_due(now=now) == 0


def test_intervals_are_honest_for_few_trials():
    assert wilson(0, 0) == (0, 0, 1)
    low, share, high = wilson(0, 10)
    assert (low, share) == (0, 0)
    assert Decimal("0.27") < high < Decimal("0.28")
    assert is_clearly_below(10, 1000, 100, 1000)
    assert not is_clearly_below(10, 1000, 20, 1000)
    with pytest.raises(ValueError, match="successes"):
        wilson(2, 1)


def test_a_price_shown_is_never_rewritten(running, now):
    show(running, "A", customers=1, buyers=0, now=now)

    with pytest.raises(IntegrityError), transaction.atomic():
        Exposure.objects.update(arm=running.arms.get(name="B"))


def test_refuses_to_start_what_has_ended_already_and_what_does_not_exist(draft, now):
    Experiment.objects.filter(pk=draft.pk).update(ends_at=now)

    with pytest.raises(NotReady):
        start_experiment(experiment_id=draft.pk, actor="staff:1", now=now)
    with pytest.raises(UnknownRow):
        start_experiment(experiment_id=draft.pk + 1, actor="staff:1", now=now)


def test_goes_on_whatever_the_harm_where_staff_said_so(running, now):
    Experiment.objects.filter(pk=running.pk).update(stops_on_harm=False)
    show(running, "A", customers=100, buyers=90, now=now)
    show(running, "B", customers=100, buyers=0, now=now)

    assert stop_where_due(now=now) == 0
