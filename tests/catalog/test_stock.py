from threading import Barrier

import pytest

from catalog.errors import StockTooLow, UnknownTier
from catalog.models import TierStock
from catalog.selectors import units_left
from catalog.services import adjust_stock
from shopbot.kernel.models import Event
from tests.catalog.factories import make_tier

pytestmark = pytest.mark.django_db


def left(tier):
    return TierStock.objects.get(tier=tier).available


def test_taking_claims_units_until_too_few_are_left():
    tier = make_tier(stock=3)

    assert TierStock.objects.take(tier.pk, 2) is True
    assert TierStock.objects.take(tier.pk, 2) is False
    assert left(tier) == 1


def test_taking_is_one_statement(django_assert_num_queries):
    tier = make_tier(stock=3)

    with django_assert_num_queries(1):
        TierStock.objects.take(tier.pk, 1)


def test_putting_back_returns_units():
    tier = make_tier(stock=0)

    assert TierStock.objects.put_back(tier.pk, 2) is True

    assert left(tier) == 2


def test_a_tier_without_a_count_gives_nothing_and_takes_nothing():
    tier = make_tier()

    assert TierStock.objects.take(tier.pk, 1) is False
    assert TierStock.objects.put_back(tier.pk, 1) is False
    assert not TierStock.objects.exists()


@pytest.mark.parametrize("quantity", [0, -1])
@pytest.mark.parametrize("move", ["take", "put_back"])
def test_less_than_one_unit_is_a_mistake_of_the_caller(move, quantity):
    tier = make_tier(stock=3)

    with pytest.raises(ValueError, match="at least 1"):
        getattr(TierStock.objects, move)(tier.pk, quantity)

    assert left(tier) == 3


def test_staff_add_and_take_away(now):
    tier = make_tier()

    assert adjust_stock(tier_id=tier.pk, by=5, actor="staff:7", now=now) == 5
    assert adjust_stock(tier_id=tier.pk, by=-2, actor="staff:7", now=now) == 3

    events = Event.objects.order_by("pk").values_list("kind", "subject", "actor", "data")
    assert list(events) == [
        ("stock.adjusted", f"tier:{tier.pk}", "staff:7", {"by": 5, "left": 5}),
        ("stock.adjusted", f"tier:{tier.pk}", "staff:7", {"by": -2, "left": 3}),
    ]


def test_staff_cannot_take_away_what_is_not_there(now):
    tier = make_tier(stock=1)

    with pytest.raises(StockTooLow):
        adjust_stock(tier_id=tier.pk, by=-2, actor="staff:7", now=now)

    assert left(tier) == 1
    assert not Event.objects.exists()


def test_an_unknown_tier_has_no_stock(now):
    with pytest.raises(UnknownTier):
        adjust_stock(tier_id=1, by=1, actor="staff:7", now=now)

    assert not TierStock.objects.exists()


def test_units_left_are_read_for_many_tiers_at_once(django_assert_num_queries):
    counted, sold_out, uncounted = make_tier(stock=4), make_tier(stock=0), make_tier()

    with django_assert_num_queries(1):
        units = units_left([counted.pk, sold_out.pk, uncounted.pk])

    assert units == {counted.pk: 4, sold_out.pk: 0}


@pytest.mark.django_db(transaction=True)
def test_the_last_unit_is_taken_once_however_many_try(race):
    tier = make_tier(stock=1)

    taken = race([lambda: TierStock.objects.take(tier.pk, 1)] * 4)

    assert sorted(taken) == [False, False, False, True]
    assert left(tier) == 0


@pytest.mark.django_db(transaction=True)
def test_control_check_then_write_sells_the_last_unit_twice(race):
    tier = make_tier(stock=1)
    both_have_looked = Barrier(2)

    def naive():
        seen = TierStock.objects.get(tier=tier).available
        both_have_looked.wait(timeout=10)
        if seen < 1:
            return False
        TierStock.objects.filter(tier=tier).update(available=seen - 1)
        return True

    assert race([naive] * 2) == [True, True]
