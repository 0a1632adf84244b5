"""Whoever owns seats shares them; what members hold ends with what the owner holds."""

from datetime import timedelta

import pytest

from entitlements.errors import (
    InviteIsOver,
    InviteIsOwn,
    InviteIsUsed,
    NoSeats,
    SeatsAreTaken,
    UnknownInvite,
)
from entitlements.models import Grant, SeatInvite, SeatPool
from entitlements.selectors import has_entitlement, holdings
from entitlements.services import (
    accept_seat,
    block,
    extend,
    invite_to_seat,
    lift_source_blocks,
    remove_seat,
    revoke_source,
    shorten_source,
)
from shopbot.kernel.models import Event
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(make_customer):
    return make_customer()


@pytest.fixture
def buy(grant, owner):
    def call(**fields) -> Grant:
        fields = {"source": "order-line:1", "level": "enterprise", "seats": 2} | fields
        return grant(customer=owner, **fields)

    return call


@pytest.fixture
def invite(owner, now):
    def call(moment=None) -> SeatInvite:
        pool = SeatPool.objects.get(owner=owner)
        return invite_to_seat(owner_id=owner.pk, pool_id=pool.pk, now=moment or now)

    return call


@pytest.fixture
def join(invite, now):
    def call(member, moment=None) -> SeatInvite:
        made = invite(moment)
        accept_seat(code=made.code, customer_id=member.pk, now=moment or now)
        return made

    return call


def has(who, moment) -> bool:
    return has_entitlement(who.pk, "signals", moment, "enterprise")


def test_a_member_has_what_the_owner_has_for_as_long(buy, join, customer, stranger, now):
    row = buy(grace_days=2)

    join(customer)

    assert has(customer, now)
    assert has(customer, row.access_until - timedelta(microseconds=1))
    assert not has(customer, row.access_until)
    assert not has(stranger, now)
    [held] = holdings(customer.pk, now)
    assert (held.is_seat, held.ends_at) == (True, row.ends_at)


def test_a_link_is_used_by_one_person_once(buy, join, customer, stranger, now):
    buy()
    made = join(customer)

    again = accept_seat(code=made.code, customer_id=customer.pk, now=now)
    with pytest.raises(InviteIsUsed):
        accept_seat(code=made.code, customer_id=stranger.pk, now=now)

    assert [row.customer_id for row in again] == [customer.pk]
    assert not has(stranger, now)


def test_there_are_no_more_members_than_seats(
    buy, join, invite, make_customer, customer, stranger, now
):
    buy()
    join(customer)
    join(stranger)
    late = make_customer()

    with pytest.raises(SeatsAreTaken):
        accept_seat(code=invite().code, customer_id=late.pk, now=now)

    assert not has(late, now)


def test_removing_a_member_ends_the_access_and_frees_the_seat(
    buy, join, invite, owner, make_customer, customer, stranger, now
):
    buy()
    seat = join(customer)
    join(stranger)
    late = make_customer()

    done = remove_seat(owner_id=owner.pk, seat_id=seat.pk, actor="customer:1", now=now)
    accept_seat(code=invite().code, customer_id=late.pk, now=now)

    assert done is True
    assert [has(who, now) for who in (customer, stranger, late)] == [False, True, True]
    assert remove_seat(owner_id=owner.pk, seat_id=seat.pk, actor="x", now=now) is False


def test_who_was_removed_may_be_invited_again(buy, join, owner, customer, now):
    buy()
    seat = join(customer)
    remove_seat(owner_id=owner.pk, seat_id=seat.pk, actor="x", now=now)

    join(customer)

    assert has(customer, now)


def test_a_renewal_keeps_the_members(buy, join, customer):
    buy()
    join(customer)

    buy(source="order-line:2")

    assert has(customer, at("2026-05-15 11:00"))
    assert not has(customer, at("2026-05-15 12:00"))


def test_a_refund_of_the_owner_ends_the_members_access_and_says_so(
    buy, join, owner, customer, now
):
    buy()
    join(customer)

    revoke_source(source="order-line:1", reason="refund", actor="staff:1", now=now)

    assert not has(customer, now)
    told = Event.objects.filter(kind="grant.revoked").order_by("pk")
    assert [event.customer_id for event in told] == [owner.pk, customer.pk]


def test_an_extension_of_the_owner_extends_the_members(buy, join, customer, now):
    row = buy()
    join(customer)

    extend(grant_id=row.pk, days=10, key="k", actor="staff:1", now=now)

    assert has(customer, at("2026-04-25 11:00"))
    assert not has(customer, at("2026-04-25 12:00"))


def test_every_change_of_a_seat_is_an_event_of_its_holder(buy, join, owner, customer, now):
    buy()
    join(customer)
    told = Event.objects.filter(customer_id=customer.pk).order_by("pk")
    known = told.count()

    buy(source="order-line:2")
    shorten_source(
        source="order-line:2", ends_at=at("2026-04-20"), actor="x", now=now + timedelta(days=1)
    )
    block(customer_id=owner.pk, kind="fraud", source="staff:1", reason="", actor="x", now=now)
    lift_source_blocks(source="staff:1", reason="", actor="x", now=now)

    assert list(told.values_list("kind", flat=True))[known:] == [
        "grant.mirrored",
        "grant.mirrored",
        "grant.suspended",
        "grant.resumed",
    ]
    assert [each.data["ends_at"] for each in told.filter(kind="grant.mirrored")] == [
        "2026-05-15T12:00:00+00:00",
        "2026-04-20T00:00:00+00:00",
    ]


def test_with_fewer_seats_those_who_came_first_stay_and_the_next_moves_up(
    buy, join, owner, customer, stranger, now
):
    buy()
    first = join(customer)
    join(stranger, now + timedelta(hours=1))
    renewed = at("2026-05-01")

    buy(source="order-line:2", seats=1, at=now + timedelta(days=1))
    assert [has(who, renewed) for who in (customer, stranger)] == [True, False]

    remove_seat(owner_id=owner.pk, seat_id=first.pk, actor="x", now=now + timedelta(days=2))
    assert [has(who, renewed) for who in (customer, stranger)] == [False, True]


def test_a_block_of_the_owner_suspends_the_members(buy, join, owner, customer, now):
    buy()
    join(customer)

    block(customer_id=owner.pk, kind="fraud", source="f", reason="", actor="staff:1", now=now)

    assert not has(customer, now)


def test_a_members_own_purchase_is_neither_delayed_nor_ended_by_the_seat(
    buy, join, grant, owner, customer, now
):
    buy()
    join(customer)

    own = grant(level="enterprise", months=1)
    revoke_source(source="order-line:1", reason="refund", actor="staff:1", now=now)

    assert own.starts_at == now
    assert has(customer, now)


def test_owners_strangers_and_late_comers_are_refused(buy, invite, owner, customer, now):
    buy(months=2)
    made = invite()

    with pytest.raises(InviteIsOwn):
        accept_seat(code=made.code, customer_id=owner.pk, now=now)
    with pytest.raises(InviteIsOver):
        accept_seat(code=made.code, customer_id=customer.pk, now=made.expires_at)
    with pytest.raises(UnknownInvite):
        accept_seat(code="nothing", customer_id=customer.pk, now=now)
    with pytest.raises(UnknownInvite):
        remove_seat(owner_id=customer.pk, seat_id=made.pk, actor="x", now=now)

    assert not Grant.objects.filter(customer=customer).exists()


def test_a_withdrawn_link_is_refused(buy, invite, owner, customer, now):
    buy()
    made = invite()
    remove_seat(owner_id=owner.pk, seat_id=made.pk, actor="x", now=now)

    with pytest.raises(UnknownInvite):
        accept_seat(code=made.code, customer_id=customer.pk, now=now)

    assert not has(customer, now)


def test_an_owner_whose_time_is_over_invites_nobody(buy, invite, owner, customer, now):
    buy(grace_days=5)
    made = invite(at("2026-04-10"))
    in_grace = at("2026-04-16")

    with pytest.raises(NoSeats):
        accept_seat(code=made.code, customer_id=customer.pk, now=in_grace)
    with pytest.raises(NoSeats):
        invite(in_grace)

    assert SeatInvite.objects.count() == 1


def test_only_the_owner_of_a_pool_invites_to_it(buy, customer, now):
    buy()

    with pytest.raises(NoSeats):
        invite_to_seat(owner_id=customer.pk, pool_id=SeatPool.objects.get().pk, now=now)

    assert not SeatInvite.objects.exists()


def test_a_second_link_gives_a_member_no_second_seat(buy, join, invite, customer, now):
    buy()
    join(customer)
    second = invite()

    accept_seat(code=second.code, customer_id=customer.pk, now=now)

    second.refresh_from_db()
    assert second.member is None
