"""One trial per customer and product."""

from datetime import timedelta

import pytest

from catalog.errors import UnknownTier
from entitlements.errors import AlreadyHeld, NoTrial, TrialIsUsed
from entitlements.models import Grant, SeatPool, TierGrant
from entitlements.services import revoke_source, start_trial

pytestmark = pytest.mark.django_db


@pytest.fixture
def tier(make_tier, signals):
    return make_tier((signals, "premium"), trial_days=7, grace_days=3)


@pytest.fixture
def start(customer, tier, now):
    def call(**fields):
        fields = {"customer_id": customer.pk, "tier_id": tier.pk, "now": now} | fields
        return start_trial(**fields, actor="customer:1")

    return call


def test_a_trial_lasts_its_days_without_grace(start, tier, customer, now):
    [row] = start()

    assert row.source == f"trial:{tier.product_id}:{customer.pk}"
    assert (row.ends_at, row.grace_days) == (now + timedelta(days=7), 0)


def test_a_trial_is_for_whoever_takes_it_and_gives_no_seats(start, tier, customer, now):
    TierGrant.objects.filter(tier=tier).update(seats=5)

    [row] = start()

    assert row.seats == 0
    assert not SeatPool.objects.exists()


def test_a_second_trial_is_refused_at_every_tier_of_the_product(
    start, tier, make_tier, signals, now
):
    start()
    higher = make_tier((signals, "vip"), product=tier.product, level="vip", trial_days=7)

    for again in (tier, higher):
        with pytest.raises(TrialIsUsed):
            start(tier_id=again.pk, now=now + timedelta(days=30))

    assert Grant.objects.count() == 1


def test_a_revoked_trial_is_still_used(start, now):
    [row] = start()
    revoke_source(source=row.source, reason="abuse", actor="staff:1", now=now)

    with pytest.raises(TrialIsUsed):
        start()

    assert Grant.objects.get().revoked_at == now


def test_other_customers_and_products_have_their_own(start, stranger, make_tier, signals):
    start()
    other = make_tier((signals, "vip"), level="vip", trial_days=7)

    start(customer_id=stranger.pk)
    start(tier_id=other.pk)

    assert Grant.objects.count() == 3


def test_who_holds_it_already_needs_no_trial_and_keeps_the_right_to_one(start, grant, now):
    grant(level="vip", days=10)

    with pytest.raises(AlreadyHeld):
        start()

    assert Grant.objects.get().level == "vip"
    assert start(now=now + timedelta(days=20))


def test_a_tier_without_trial_and_an_unknown_one_are_refused(start, make_tier, signals, tier):
    without = make_tier((signals, "premium"))
    empty = make_tier(trial_days=7)

    for refused in (without, empty):
        with pytest.raises(NoTrial):
            start(tier_id=refused.pk)
    with pytest.raises(UnknownTier):
        start(tier_id=tier.pk + 99)

    assert not Grant.objects.exists()


def test_what_is_bought_during_a_trial_begins_when_it_ends(start, grant, now):
    [trial] = start()

    row = grant(months=1, at=now + timedelta(days=2))

    assert row.starts_at == trial.ends_at
