"""The whole life of one customer's access on a movable clock, asked three ways at each step."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog.levels import Level
from entitlements.expiry import give_notices
from entitlements.explain import explain
from entitlements.selectors import active_entitlements, has_entitlement, tier_of
from entitlements.services import grant_all, grants_for_tier, revoke_source, start_trial
from shopbot.kernel.models import Event
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def tiers(make_tier, signals):
    premium = make_tier((signals, "premium"), trial_days=7, grace_days=3)
    vip = make_tier((signals, "vip"), level="vip", product=premium.product, grace_days=3)
    return {"premium": premium, "vip": vip}


@pytest.fixture
def tries(tiers, customer):
    def act(moment) -> None:
        start_trial(customer_id=customer.pk, tier_id=tiers["premium"].pk, now=moment, actor="x")

    return act


@pytest.fixture
def gets(tiers, customer):
    def plan(tier: str, source: str, **length):
        def act(moment) -> None:
            asked = {"months": None, **length}
            new = grants_for_tier(tier_id=tiers[tier].pk, source=source, **asked)
            grant_all(customer_id=customer.pk, grants=new, now=moment, actor="x")

        return act

    return plan


def refund(source: str):
    def act(moment) -> None:
        revoke_source(source=source, reason="refund", actor="x", now=moment)

    return act


@pytest.fixture
def access(customer, stranger):
    def look(moment) -> tuple[str, str]:
        """Return tier and verdict, once every way to ask has given the same answer."""
        why = explain(customer.pk, "signals", moment)
        held = active_entitlements(customer.pk, moment)
        assert why.has_access == has_entitlement(customer.pk, "signals", moment) == bool(held)
        assert not has_entitlement(stranger.pk, "signals", moment)
        tier = tier_of(customer.pk, moment)
        assert tier == (held[0].level if held else Level.FREE)
        return tier.value, why.verdict

    return look


def test_trial_purchase_grace_upgrade_refund_goodwill_and_the_end(tries, gets, access):
    life = [
        ("2027-01-23", None, ("free", "never_granted")),
        ("2027-01-24", tries, ("premium", "granted")),
        # Bought during the trial: the month begins on its last day.
        ("2027-01-29", gets("premium", "order-line:1", months=1), ("premium", "granted")),
        ("2027-01-31", None, ("premium", "granted")),
        ("2027-02-28", None, ("premium", "in_grace")),
        # Renewed in grace: no day is free, and the day of the month is the old one.
        ("2027-03-01", gets("premium", "order-line:2", months=1), ("premium", "granted")),
        # Upgraded: the better level wins, the lower one runs beside it.
        ("2027-03-15", gets("vip", "order-line:3", months=1), ("vip", "granted")),
        # The first order is refunded after it ran out: what counts now does not change.
        ("2027-03-20", refund("order-line:1"), ("vip", "granted")),
        # The upgrade is refunded: what the other order still grants carries on.
        ("2027-03-21", refund("order-line:3"), ("premium", "granted")),
        # Goodwill stands behind it, and no later event takes it away.
        ("2027-03-22", gets("premium", "goodwill:1", days=10), ("premium", "granted")),
        ("2027-03-25", refund("order-line:2"), ("premium", "granted")),
        ("2027-04-03", None, ("premium", "granted")),
        ("2027-04-04", None, ("free", "ended")),
    ]
    for day, act, expected in life:
        moment = at(day)
        if act is not None:
            act(moment)
        give_notices(now=moment, limit=100)
        assert access(moment) == expected, day

    # What carried on is told to other systems only.
    told = Event.objects.filter(actor="beat").exclude(kind="grant.carried_on").order_by("pk")
    assert [(event.kind, event.data["source"], event.data["notice"]) for event in told] == [
        ("grant.expired", "order-line:1", "expired"),
        ("grant.expiring", "goodwill:1", "1"),
        ("grant.expired", "goodwill:1", "expired"),
    ]
    # What was true then is still told so, after all that happened since; only the days of
    # grace are paid for by now.
    assert access(at("2027-01-24") - HOUR) == ("free", "never_granted")
    assert access(at("2027-02-28")) == ("premium", "granted")
    assert access(at("2027-03-18")) == ("vip", "granted")
