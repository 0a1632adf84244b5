"""What moving an end does to the row and to what stands behind it."""

from datetime import timedelta

import pytest

from entitlements.errors import (
    BadEnd,
    GrantIsClosed,
    GrantIsForLife,
    SeatIsNotOwn,
    UnknownGrant,
)
from entitlements.models import Grant
from entitlements.selectors import has_entitlement
from entitlements.services import accept_seat, extend, invite_to_seat, shorten_source
from shopbot.kernel.models import Event
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db


def test_days_are_added_to_the_old_end_and_what_waits_moves_back(grant, live, now):
    row = grant(source="a", months=1)
    grant(source="b", months=1)
    later = now + timedelta(days=1)

    new = extend(grant_id=row.pk, days=10, actor="staff:1", now=later)

    assert (new.source, new.sequence, new.anchor_at) == ("a", 1, now)
    assert live() == [
        ("a", "premium", later, at("2026-04-25 12:00")),
        ("b", "premium", at("2026-04-25 12:00"), at("2026-05-25 12:00")),
    ]
    assert Event.objects.filter(kind="grant.extended").get().subject == f"grant:{new.pk}"


def test_an_extension_leaves_past_access_as_it_was(grant, customer, now):
    row = grant(source="a", months=1, grace_days=2)
    in_grace = at("2026-04-16")

    extend(grant_id=row.pk, ends_at=at("2026-05-01"), actor="staff:1", now=in_grace)

    moments = [now, at("2026-04-15 13:00"), in_grace, at("2026-04-30"), at("2026-05-02")]
    assert all(has_entitlement(customer.pk, "signals", moment) for moment in moments)
    assert not has_entitlement(customer.pk, "signals", at("2026-05-03"))


def test_what_is_over_can_be_extended_from_now(grant, customer):
    row = grant(source="a", months=1)
    later = at("2026-06-01")

    extend(grant_id=row.pk, ends_at=at("2026-07-01"), actor="staff:1", now=later)

    assert not has_entitlement(customer.pk, "signals", at("2026-05-31"))
    assert has_entitlement(customer.pk, "signals", at("2026-06-30"))


def test_a_second_click_is_refused_and_changes_nothing(grant, live, now):
    row = grant(source="a")
    extend(grant_id=row.pk, days=5, actor="staff:1", now=now)
    before = live()

    with pytest.raises(GrantIsClosed):
        extend(grant_id=row.pk, days=5, actor="staff:1", now=now)

    assert live() == before


@pytest.mark.parametrize(
    ("moment", "end"), [("2026-04-01", "2026-04-15 12:00"), ("2026-05-01", "2026-04-30")]
)
def test_an_end_that_adds_nothing_is_refused(grant, live, moment, end):
    row = grant(source="a")
    before = live()

    with pytest.raises(BadEnd):
        extend(grant_id=row.pk, ends_at=at(end), actor="staff:1", now=at(moment))

    assert live() == before


def test_a_lifetime_and_an_unknown_grant_are_refused(grant, now):
    row = grant(months=None)

    with pytest.raises(GrantIsForLife):
        extend(grant_id=row.pk, days=1, actor="staff:1", now=now)
    with pytest.raises(UnknownGrant):
        extend(grant_id=row.pk + 1, days=1, actor="staff:1", now=now)

    assert Grant.objects.get().sequence == 0


def test_a_seat_is_not_extended(grant, stranger, customer, now):
    grant(customer=stranger, level="enterprise", seats=1)
    pool = stranger.seat_pools.get()
    link = invite_to_seat(owner_id=stranger.pk, pool_id=pool.pk, now=now)
    [seat] = accept_seat(code=link.code, customer_id=customer.pk, now=now)

    with pytest.raises(SeatIsNotOwn):
        extend(grant_id=seat.pk, days=1, actor="staff:1", now=now)

    seat.refresh_from_db()
    assert seat.revoked_at is None


def test_an_extension_needs_one_kind_of_end(grant, now):
    row = grant()

    with pytest.raises(ValueError, match="either"):
        extend(grant_id=row.pk, actor="staff:1", now=now)


def test_a_partial_refund_may_shorten_and_what_waits_moves_forward(grant, live, now):
    grant(source="a", months=12)
    grant(source="b", months=1)
    later = now + timedelta(days=1)

    changed = shorten_source(
        source="a", ends_at=at("2026-09-15 12:00"), actor="staff:1", now=later
    )

    assert changed == 1
    assert live() == [
        ("a", "premium", later, at("2026-09-15 12:00")),
        ("b", "premium", at("2026-09-15 12:00"), at("2026-10-15 12:00")),
    ]


def test_shortening_to_the_past_ends_it_now(grant, live, customer, now):
    grant(source="a", months=12)

    shorten_source(source="a", ends_at=now, actor="staff:1", now=at("2026-04-01"))

    assert live() == []
    assert has_entitlement(customer.pk, "signals", at("2026-03-31"))
    assert not has_entitlement(customer.pk, "signals", at("2026-04-01"))


def test_shortening_never_lengthens_and_may_be_repeated(grant, live, now):
    grant(source="a", months=1)
    before = live()

    for _ in range(2):
        assert (
            shorten_source(source="a", ends_at=at("2026-08-01"), actor="staff:1", now=now) == 0
        )

    assert live() == before


def test_a_lifetime_can_be_shortened(grant, live, now):
    grant(source="a", months=None)

    shorten_source(source="a", ends_at=at("2026-08-01"), actor="staff:1", now=now)

    assert live() == [("a", "premium", now, at("2026-08-01"))]
