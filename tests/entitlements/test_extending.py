"""What moving an end does to the row and to what stands behind it."""

from datetime import timedelta

import pytest

from entitlements.errors import GrantIsClosed, GrantIsForLife, SeatIsNotOwn, UnknownGrant
from entitlements.models import Grant
from entitlements.selectors import has_entitlement
from entitlements.services import (
    accept_seat,
    extend,
    invite_to_seat,
    revoke_source,
    shorten_source,
)
from shopbot.kernel.models import Event
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db


def give_days(row, *, days=10, key="k1", at):
    return extend(grant_id=row.pk, days=days, key=key, actor="staff:1", now=at)


def test_days_of_an_extension_are_a_grant_of_their_own_behind_what_was_bought(grant, live, now):
    row = grant(source="a", months=1, grace_days=2)
    later = now + timedelta(days=1)

    new = give_days(row, at=later)

    assert (new.source, new.grace_days) == (f"staff:k1:{row.pk}", 2)
    assert live() == [
        ("a", "premium", now, at("2026-04-15 12:00")),
        (new.source, "premium", at("2026-04-15 12:00"), at("2026-04-25 12:00")),
    ]
    event = Event.objects.get(kind="grant.granted", subject=f"grant:{new.pk}")
    assert event.actor == "staff:1"


@pytest.mark.parametrize("refunded_on", ["2026-03-20 12:00", "2026-04-20 12:00"])
def test_a_refund_of_what_was_extended_leaves_the_extension_its_full_length(
    grant, live, refunded_on
):
    row = grant(source="order-line:1", months=1)
    new = give_days(row, at=at("2026-03-16"))

    revoke_source(source="order-line:1", reason="refund", actor="staff:1", now=at(refunded_on))

    starts_at = min(at(refunded_on), at("2026-04-15 12:00"))
    assert live() == [(new.source, "premium", starts_at, starts_at + timedelta(days=10))]


def test_a_partial_refund_leaves_the_extension_its_full_length(grant, live, now):
    row = grant(source="order-line:1", months=1)
    new = give_days(row, at=now)

    shorten_source(
        source="order-line:1", ends_at=at("2026-04-01"), actor="staff:1", now=at("2026-03-20")
    )

    assert live()[-1] == (new.source, "premium", at("2026-04-01"), at("2026-04-11"))


def test_an_extension_in_grace_goes_on_from_the_old_end(grant, customer, now):
    row = grant(source="a", months=1, grace_days=2)
    in_grace = at("2026-04-16")

    new = give_days(row, at=in_grace)

    assert (new.starts_at, new.ends_at) == (at("2026-04-15 12:00"), at("2026-04-25 12:00"))
    moments = [now, at("2026-04-15 13:00"), in_grace, at("2026-04-27")]
    assert all(has_entitlement(customer.pk, "signals", moment) for moment in moments)
    assert not has_entitlement(customer.pk, "signals", at("2026-04-28"))


def test_what_is_over_can_be_extended_from_now(grant, customer):
    row = grant(source="a", months=1)

    give_days(row, days=30, at=at("2026-06-01"))

    assert not has_entitlement(customer.pk, "signals", at("2026-05-31"))
    assert has_entitlement(customer.pk, "signals", at("2026-06-30"))


def test_a_second_click_gives_nothing_more(grant, live, now):
    row = grant(source="a")
    first = give_days(row, at=now)
    before = live()

    assert give_days(row, at=now) == first

    assert live() == before
    give_days(row, key="k2", at=now)
    assert len(live()) == 3


def test_what_was_refunded_is_not_extended(grant, live, now):
    row = grant(source="a")
    revoke_source(source="a", reason="refund", actor="staff:1", now=now)

    with pytest.raises(GrantIsClosed):
        give_days(row, at=now)

    assert live() == []


def test_an_extension_takes_seats_along(grant, customer, stranger, now):
    row = grant(customer=stranger, level="enterprise", seats=1)
    link = invite_to_seat(owner_id=stranger.pk, pool_id=stranger.seat_pools.get().pk, now=now)
    accept_seat(code=link.code, customer_id=customer.pk, now=now)

    give_days(row, at=now)

    assert has_entitlement(customer.pk, "signals", at("2026-04-25 11:59"))
    assert not has_entitlement(customer.pk, "signals", at("2026-04-25 12:00"))


def test_a_lifetime_and_an_unknown_grant_are_refused(grant, now):
    row = grant(months=None)

    with pytest.raises(GrantIsForLife):
        give_days(row, at=now)
    with pytest.raises(UnknownGrant):
        extend(grant_id=row.pk + 1, days=1, key="k1", actor="staff:1", now=now)

    assert Grant.objects.get().sequence == 0


def test_a_seat_is_not_extended(grant, stranger, customer, now):
    grant(customer=stranger, level="enterprise", seats=1)
    pool = stranger.seat_pools.get()
    link = invite_to_seat(owner_id=stranger.pk, pool_id=pool.pk, now=now)
    [seat] = accept_seat(code=link.code, customer_id=customer.pk, now=now)

    with pytest.raises(SeatIsNotOwn):
        give_days(seat, at=now)

    seat.refresh_from_db()
    assert seat.revoked_at is None


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
