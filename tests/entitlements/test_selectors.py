"""What asking for access costs, and what a list of it says."""

from copy import copy
from datetime import timedelta

import pytest
from django.db import connection

from entitlements.models import EntitlementType, Grant
from entitlements.selectors import (
    active_entitlements,
    entitlement_type,
    has_entitlement,
    holdings,
    telegram_id_has_entitlement,
    tier_of,
    upgrade_remainder,
)
from entitlements.services import revoke_source
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db


def test_a_check_costs_one_query_whatever_the_history(
    grant, customer, now, django_assert_num_queries
):
    for number in range(20):
        grant(source=f"order-line:{number}", at=at(f"20{number + 10}-01-01"), days=5)
    grant()

    with django_assert_num_queries(1):
        assert has_entitlement(customer.pk, "signals", now)
    with django_assert_num_queries(1):
        assert has_entitlement(customer.pk, "signals", now, "premium")
    with django_assert_num_queries(1):
        tier_of(customer.pk, now)


@pytest.mark.parametrize("entitlements", [1, 5])
def test_a_list_costs_one_query_however_much_there_is(
    grant, make_type, customer, now, entitlements, django_assert_num_queries
):
    for number in range(entitlements):
        grant(type=make_type(f"type-{number}"))

    with django_assert_num_queries(1):
        found = active_entitlements(customer.pk, now)

    assert [held.code for held in found] == [f"type-{number}" for number in range(entitlements)]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="reads PostgreSQL's plan")
def test_a_check_walks_the_index_and_not_the_history(grant, customer, now):
    old = at("2020-01-01")
    row = Grant(
        customer=customer,
        type=grant().type,
        level="premium",
        starts_at=old,
        ends_at=old + timedelta(days=1),
        anchor_at=old,
        access_until=old + timedelta(days=1),
        granted_at=old,
    )
    history = [replace_source(row, f"old:{number}") for number in range(3000)]
    Grant.objects.bulk_create(history)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE entitlements_grant")
    held = customer.grants.filter(type__code="signals").counting(now).unblocked(now)

    plan = held.explain(analyze=True)

    assert "grant_by_access" in plan
    assert "Rows Removed by Filter" not in plan


def replace_source(row: Grant, source: str) -> Grant:
    new = copy(row)
    new.source = source
    return new


def test_what_is_over_or_not_begun_is_not_listed(grant, make_type, customer, now):
    grant(type=make_type("over"), days=1, at=now - timedelta(days=5))
    grant(type=make_type("now"), days=10)

    assert [held.code for held in active_entitlements(customer.pk, now)] == ["now"]
    assert active_entitlements(customer.pk, now - timedelta(days=9)) == ()


def test_a_telegram_id_is_asked_about_in_one_query(
    grant, customer, stranger, now, django_assert_num_queries
):
    grant(level="vip")

    with django_assert_num_queries(3):
        answers = [
            telegram_id_has_entitlement(who, "signals", now, "premium")
            for who in (customer.telegram_id, stranger.telegram_id, 5)
        ]

    assert answers == [True, False, False]


def test_no_answer_is_kept_from_an_earlier_question(grant, customer, now):
    before = has_entitlement(customer.pk, "signals", now)
    row = grant(source="a")
    during = has_entitlement(customer.pk, "signals", now)
    revoke_source(source=row.source, reason="refund", actor="x", now=now)

    assert (before, during) == (False, True)
    assert not has_entitlement(customer.pk, "signals", now)


def test_another_customer_sees_none_of_it(grant, customer, stranger, now):
    grant()

    assert holdings(stranger.pk, now) == ()
    assert not has_entitlement(stranger.pk, "signals", now)


def test_what_is_switched_off_gives_no_access(grant, customer, now):
    grant()
    EntitlementType.objects.update(is_active=False)

    assert not has_entitlement(customer.pk, "signals", now)
    assert active_entitlements(customer.pk, now) == ()
    [held] = holdings(customer.pk, now)
    assert not held.is_active


def test_names_are_found_by_code(signals):
    assert entitlement_type("signals") == signals


def test_an_upgrade_knows_what_is_left_to_the_second(
    grant, make_tier, signals, make_type, customer, now, django_assert_num_queries
):
    other = make_type("other")
    vip = make_tier((signals, "vip"), level="vip")
    grant(source="running", days=10)
    grant(source="waiting", days=5)
    grant(source="same level", level="vip", days=5)
    grant(source="for life", months=None)
    grant(source="unrelated", type=other, days=5)
    later = now + timedelta(days=4, seconds=1)

    with django_assert_num_queries(2):
        left = upgrade_remainder(customer.pk, vip.pk, later)

    day = 86_400
    assert [(each.source, each.remaining_seconds, each.total_seconds) for each in left] == [
        ("running", 6 * day - 1, 10 * day),
        ("waiting", 5 * day, 5 * day),
    ]
