"""What the screens about seats, gifts and trials are told."""

from datetime import timedelta

import pytest

from entitlements.models import SeatPool
from entitlements.services import (
    accept_seat,
    cancel_gift,
    create_gift,
    invite_to_seat,
    redeem_gift,
    remove_seat,
    start_trial,
)
from entitlements.sharing_views import gifts_given_by, may_try, seats_of
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db


def test_an_owner_sees_seats_members_and_open_links(
    grant, make_customer, customer, now, django_assert_num_queries
):
    grant(level="enterprise", seats=3)
    pool = SeatPool.objects.get()
    people = [make_customer(first_name=name) for name in ("Bea", "Cy")]
    links = [invite_to_seat(owner_id=customer.pk, pool_id=pool.pk, now=now) for _ in range(3)]
    for link, who in zip(links, people, strict=False):
        accept_seat(code=link.code, customer_id=who.pk, now=now)
    remove_seat(owner_id=customer.pk, seat_id=links[0].pk, actor="x", now=now)

    with django_assert_num_queries(3):
        [seats] = seats_of(customer.pk, now)

    assert (seats.pool_id, seats.code, seats.level) == (pool.pk, "signals", "enterprise")
    assert (seats.seats, seats.free) == (3, 2)
    assert [(member.name, member.is_taken) for member in seats.members] == [
        ("Cy", True),
        ("", False),
    ]


def test_when_the_owners_time_is_over_there_are_no_seats(grant, customer, stranger):
    grant(level="enterprise", seats=3, grace_days=5)

    [seats] = seats_of(customer.pk, at("2026-04-16"))

    assert (seats.seats, seats.free) == (0, 0)
    assert seats_of(stranger.pk, at("2026-04-01")) == ()


def test_a_giver_sees_what_became_of_the_gifts(make_tier, signals, customer, stranger, now):
    tier = make_tier((signals, "premium"))

    def give(source, **fields):
        return create_gift(
            tier_id=tier.pk,
            months=1,
            source=source,
            giver_id=customer.pk,
            actor="x",
            now=now,
            **fields,
        )

    give("open")
    give("late", expires_at=now + timedelta(days=1))
    redeem_gift(code=give("used").code, customer_id=stranger.pk, now=now)
    cancel_gift(gift_id=give("withdrawn").pk, actor="x", now=now)

    told = gifts_given_by(customer.pk, now + timedelta(days=2))

    assert [(gift.is_redeemed, gift.is_open) for gift in told] == [
        (True, False),
        (False, False),
        (False, True),
    ]
    assert gifts_given_by(stranger.pk, now) == ()


def test_a_trial_is_offered_where_there_is_one_and_once(
    make_tier, signals, customer, stranger, now
):
    tier = make_tier((signals, "premium"), trial_days=7)
    without, empty = make_tier((signals, "premium")), make_tier(trial_days=7)
    start_trial(customer_id=stranger.pk, tier_id=tier.pk, now=now, actor="x")

    assert may_try(customer.pk, tier.pk)
    assert not may_try(stranger.pk, tier.pk)
    assert not may_try(customer.pk, without.pk)
    assert not may_try(customer.pk, empty.pk)
