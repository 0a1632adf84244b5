"""What a refund takes back, and what it must leave."""

from datetime import timedelta

import pytest

from entitlements.errors import SeatIsNotOwn, UnknownGrant
from entitlements.models import Grant
from entitlements.selectors import has_entitlement
from entitlements.services import revoke_entitlement, revoke_grant, revoke_source
from shopbot.kernel.models import Event
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def revoke(now):
    def call(source: str, moment=None) -> int:
        moment = moment or now + timedelta(days=3)
        return revoke_source(source=source, reason="refund", actor="staff:1", now=moment)

    return call


def test_a_full_refund_ends_the_access_it_paid_for(grant, revoke, customer, now):
    grant(source="order-line:1")

    assert revoke("order-line:1") == 1

    row = Grant.objects.get()
    assert (row.closing, row.revoked_reason) == ("revoked", "refund")
    assert row.access_until == row.revoked_at == now + timedelta(days=3)
    assert has_entitlement(customer.pk, "signals", now + timedelta(days=2))
    assert not has_entitlement(customer.pk, "signals", now + timedelta(days=3))


def test_what_another_purchase_grants_survives_a_refund(grant, revoke, customer, now):
    grant(source="order-line:1", level="vip")
    grant(source="order-line:2", level="premium")

    revoke("order-line:1")

    later = now + timedelta(days=4)
    assert not has_entitlement(customer.pk, "signals", later, "vip")
    assert has_entitlement(customer.pk, "signals", later, "premium")


def test_goodwill_survives_a_refund(grant, revoke, live, now):
    grant(source="order-line:1")
    grant(source="goodwill:1", ends_at=at("2026-03-30"))

    revoke("order-line:1")

    assert live() == [("goodwill:1", "premium", now, at("2026-03-30"))]


def test_extensions_behind_a_refunded_month_move_forward_in_full(grant, revoke, live, now):
    grant(source="a", months=1)
    grant(source="b", months=1)
    grant(source="c", months=2)
    refunded_at = now + timedelta(days=3)

    revoke("a", refunded_at)

    assert live() == [
        ("b", "premium", refunded_at, at("2026-04-18 12:00")),
        ("c", "premium", at("2026-04-18 12:00"), at("2026-06-18 12:00")),
    ]


def test_what_moves_leaves_its_old_row_readable(grant, revoke):
    grant(source="a", months=1)
    grant(source="b", months=1)

    revoke("a")

    rows = Grant.objects.filter(source="b").order_by("sequence")
    assert [(row.sequence, row.closing) for row in rows] == [(0, "moved"), (1, "")]


def test_a_refund_of_the_last_month_leaves_the_first_ones_alone(grant, revoke, live, now):
    grant(source="a", months=1)
    grant(source="b", months=1)

    revoke("b")

    assert live() == [("a", "premium", now, at("2026-04-15 12:00"))]


def test_a_month_that_has_begun_is_not_moved(grant, revoke, live):
    grant(source="a", months=1)
    grant(source="b", months=1)

    revoke("a", at("2026-05-01"))

    assert live() == [("b", "premium", at("2026-04-15 12:00"), at("2026-05-15 12:00"))]


def test_revoking_twice_changes_nothing_more(grant, revoke):
    grant(source="a")
    revoke("a")
    before = list(Grant.objects.values())

    assert revoke("a") == 0

    assert list(Grant.objects.values()) == before
    assert Event.objects.filter(kind="grant.revoked").count() == 1


def test_what_was_revoked_is_not_granted_again_by_a_late_repeat(grant, revoke, customer, now):
    grant(source="a")
    revoke("a")

    row = grant(source="a")

    assert row.revoked_at is not None
    assert not has_entitlement(customer.pk, "signals", now + timedelta(days=5))


def test_an_unknown_source_revokes_nothing(grant, revoke, live, now):
    grant(source="a")

    assert revoke("b") == 0

    assert live() == [("a", "premium", now, at("2026-04-15 12:00"))]


def test_a_refund_after_the_end_changes_no_past_access(grant, revoke, customer):
    grant(source="a", grace_days=3)

    revoke("a", at("2026-08-01"))

    assert has_entitlement(customer.pk, "signals", at("2026-04-18 11:00"))
    assert not has_entitlement(customer.pk, "signals", at("2026-04-18 12:00"))


def test_staff_end_one_grant_or_all_of_an_entitlement(
    grant, customer, stranger, signals, live, now
):
    first = grant(source="a", level="vip")
    grant(source="b")
    grant(source="c", customer=stranger)

    assert revoke_grant(grant_id=first.pk, reason="mistake", actor="staff:1", now=now) == 1
    assert [source for source, *_ in live()] == ["b"]
    ended = revoke_entitlement(
        customer_id=customer.pk, type_id=signals.pk, reason="left", actor="staff:1", now=now
    )

    assert ended == 1
    assert live() == []
    assert [source for source, *_ in live(stranger)] == ["c"]


def test_an_unknown_grant_is_refused(now):
    with pytest.raises(UnknownGrant):
        revoke_grant(grant_id=1, reason="", actor="staff:1", now=now)


def test_a_seat_is_not_revoked_but_its_member_removed(grant, stranger, now):
    owner_row = grant(source="a")
    seat = Grant.objects.create(
        customer=stranger,
        type=owner_row.type,
        level="premium",
        source="seat:1:1",
        starts_at=now,
        ends_at=owner_row.ends_at,
        anchor_at=now,
        access_until=owner_row.access_until,
        granted_at=now,
        follows=owner_row,
    )

    with pytest.raises(SeatIsNotOwn):
        revoke_grant(grant_id=seat.pk, reason="", actor="staff:1", now=now)

    seat.refresh_from_db()
    assert seat.revoked_at is None
