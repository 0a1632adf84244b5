"""What the days to pay late give, and what renewing in them costs."""

from datetime import timedelta

import pytest

from entitlements.selectors import active_entitlements, has_entitlement, holdings
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db

END = at("2026-04-15 12:00")


def test_access_goes_on_in_grace_and_says_so(grant, customer):
    grant(months=1, grace_days=3)

    [held] = active_entitlements(customer.pk, END + timedelta(days=1))

    assert (held.is_active, held.in_grace) == (True, True)
    assert (held.ends_at, held.grace_until) == (END, END + timedelta(days=3))


def test_the_end_of_grace_is_exclusive_to_the_microsecond(grant, customer):
    grant(months=1, grace_days=3)
    end = END + timedelta(days=3)

    assert has_entitlement(customer.pk, "signals", end - timedelta(microseconds=1))
    assert not has_entitlement(customer.pk, "signals", end)


def test_before_the_end_nothing_is_in_grace(grant, customer, now):
    grant(months=1, grace_days=3)

    [held] = active_entitlements(customer.pk, END - timedelta(microseconds=1))

    assert (held.in_grace, held.grace_until) == (False, END + timedelta(days=3))


def test_renewing_in_grace_goes_on_from_the_old_end_and_keeps_the_day_of_the_month(
    grant, live, now
):
    grant(source="a", months=1, grace_days=3)

    row = grant(source="b", months=1, grace_days=3, at=END + timedelta(days=2))

    assert (row.starts_at, row.ends_at) == (END, at("2026-05-15 12:00"))
    assert (row.anchor_at, row.months_from_anchor) == (now, 2)


def test_renewing_after_grace_begins_now(grant):
    grant(source="a", months=1, grace_days=3)
    later = END + timedelta(days=3)

    row = grant(source="b", months=1, at=later)

    assert (row.starts_at, row.anchor_at) == (later, later)


def test_what_would_be_over_already_begins_now_instead(grant):
    grant(source="a", months=1, grace_days=10)
    later = END + timedelta(days=5)

    row = grant(source="b", days=4, at=later)

    assert (row.starts_at, row.ends_at) == (later, later + timedelta(days=4))


def test_a_grant_that_ended_later_without_grace_is_not_bought_a_second_time(grant):
    grant(source="a", months=1, grace_days=30)
    grant(source="goodwill:1", ends_at=END + timedelta(days=10))
    later = END + timedelta(days=12)

    row = grant(source="b", months=1, at=later)

    assert row.starts_at == later


def test_grace_of_a_chain_is_counted_behind_its_real_end(grant, customer, now):
    grant(source="a", months=1, grace_days=3)
    grant(source="b", months=1, grace_days=5)

    [held] = active_entitlements(customer.pk, now)

    assert held.ends_at == at("2026-05-15 12:00")
    assert held.grace_until == at("2026-05-20 12:00")
    assert (held.source, held.starts_at) == ("a", now)


def test_a_lifetime_has_no_grace(grant, customer, now):
    grant(months=None, grace_days=3)

    [held] = holdings(customer.pk, now)

    assert (held.ends_at, held.grace_until, held.in_grace) == (None, None, False)
