"""How levels of one entitlement live side by side, or wait for each other."""

from datetime import timedelta

import pytest

from catalog.levels import Level
from entitlements.models import Grant
from entitlements.selectors import active_entitlements, has_entitlement, is_premium, tier_of
from entitlements.services import revoke_source
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def deferring(make_type):
    return make_type("club", lower_level="defer")


def test_the_better_level_wins_whichever_came_first(grant, customer, now):
    grant(source="a", level="vip", months=1)
    grant(source="b", level="premium", months=3)

    [held] = active_entitlements(customer.pk, now)

    assert (held.level, held.source, held.ends_at) == ("vip", "a", at("2026-04-15 12:00"))


def test_the_lower_level_carries_on_when_the_higher_one_ends(grant, customer):
    grant(source="a", level="vip", months=1)
    grant(source="b", level="premium", months=3)

    [held] = active_entitlements(customer.pk, at("2026-05-01"))

    assert (held.level, held.source) == ("premium", "b")


def test_a_higher_level_includes_the_lower_ones(grant, customer, now):
    grant(level="vip")

    answers = {level: has_entitlement(customer.pk, "signals", now, level) for level in Level}

    assert answers == {"free": True, "premium": True, "vip": True, "enterprise": False}


def test_the_tier_is_the_highest_level_of_anything_held(grant, customer, make_type, now):
    grant(level="premium")
    grant(level="vip", type=make_type("chat"))

    assert tier_of(customer.pk, now) == Level.VIP
    assert is_premium(customer.pk, now)


def test_who_holds_nothing_or_only_free_is_not_premium(grant, customer, stranger, now):
    grant(level="free")

    assert [tier_of(who.pk, now) for who in (customer, stranger)] == [Level.FREE, Level.FREE]
    assert not is_premium(customer.pk, now)


def test_a_deferred_remainder_resumes_to_the_second_when_the_higher_level_ends(
    grant, deferring, live, now
):
    grant(source="low", type=deferring, level="premium", months=1)
    upgraded_at = now + timedelta(days=10, seconds=7)

    grant(source="high", type=deferring, level="vip", months=1, at=upgraded_at)

    vip_end = at("2026-04-25 12:00:07")
    left = at("2026-04-15 12:00") - upgraded_at
    assert live() == [
        ("high", "vip", upgraded_at, vip_end),
        ("low", "premium", vip_end, vip_end + left),
    ]
    old, new = Grant.objects.filter(source="low").order_by("sequence")
    assert (old.closing, old.revoked_at) == ("deferred", upgraded_at)
    assert (new.sequence, new.granted_at) == (1, now)


def test_months_bought_at_the_lower_level_wait_as_whole_months(grant, deferring, live, now):
    grant(source="high", type=deferring, level="vip", months=1)
    grant(source="low", type=deferring, level="premium", months=1)

    assert live() == [
        ("high", "vip", now, at("2026-04-15 12:00")),
        ("low", "premium", at("2026-04-15 12:00"), at("2026-05-15 12:00")),
    ]


def test_renewing_the_higher_level_moves_the_waiting_lower_one_back(
    grant, deferring, live, now
):
    grant(source="high", type=deferring, level="vip", months=1)
    grant(source="low", type=deferring, level="premium", months=1)

    grant(source="more", type=deferring, level="vip", months=1)

    assert live() == [
        ("high", "vip", now, at("2026-04-15 12:00")),
        ("more", "vip", at("2026-04-15 12:00"), at("2026-05-15 12:00")),
        ("low", "premium", at("2026-05-15 12:00"), at("2026-06-15 12:00")),
    ]


def test_a_refund_of_the_higher_level_brings_the_lower_one_back_at_once(
    grant, deferring, live, now
):
    grant(source="low", type=deferring, level="premium", months=1)
    grant(source="high", type=deferring, level="vip", months=1, at=now + timedelta(days=10))
    refunded_at = now + timedelta(days=12)

    revoke_source(source="high", reason="refund", actor="staff:1", now=refunded_at)

    assert live() == [("low", "premium", refunded_at, at("2026-04-17 12:00"))]


def test_a_lifetime_at_the_higher_level_defers_nothing(grant, deferring, live, now):
    grant(source="low", type=deferring, level="premium", months=1)
    grant(source="high", type=deferring, level="vip", months=None)

    assert live() == [
        ("low", "premium", now, at("2026-04-15 12:00")),
        ("high", "vip", now, None),
    ]


def test_three_levels_wait_in_the_order_of_their_ranks(grant, deferring, live, now):
    for level in ("premium", "vip", "enterprise"):
        grant(source=level, type=deferring, level=level, months=1)

    assert live() == [
        ("enterprise", "enterprise", now, at("2026-04-15 12:00")),
        ("vip", "vip", at("2026-04-15 12:00"), at("2026-05-16 12:00")),
        ("premium", "premium", at("2026-05-16 12:00"), at("2026-06-16 12:00")),
    ]
