"""What happens at the same moment, each beside the naive way that loses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from entitlements.chain import append
from entitlements.errors import GiftIsUsed, PrivilegeUsedUp, SeatsAreTaken, TrialIsUsed
from entitlements.ledger import append_row, own_line, set_stretch, stretch_of
from entitlements.models import (
    GiftCode,
    Grant,
    Privilege,
    PrivilegeMeter,
    SeatPool,
    TierPrivilege,
)
from entitlements.services import (
    NewGrant,
    accept_seat,
    consume,
    create_gift,
    grant_all,
    invite_to_seat,
    redeem_gift,
    revoke_source,
    start_trial,
)
from shopbot.kernel.models import Event
from tests.entitlements.conftest import at

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="SQLite runs one writer at a time by itself"
    ),
]


@pytest.fixture
def give(customer, signals, now) -> Callable[..., list[Grant]]:
    def call(source: str, months: int = 1) -> list[Grant]:
        new = NewGrant(type_id=signals.pk, level="premium", source=source, months=months)
        return grant_all(customer_id=customer.pk, grants=[new], now=now, actor="stripe")

    return call


def test_a_source_settled_many_times_at_once_grants_once(give, race):
    outcomes = race([lambda: give("order-line:1")] * 6)

    row = Grant.objects.get()
    assert [rows[0].pk for rows in outcomes] == [row.pk] * 6
    assert Event.objects.filter(kind="grant.granted").count() == 1


def test_purchases_at_once_stand_behind_each_other(give, race, live, now):
    race([lambda number=number: give(f"order-line:{number}") for number in range(4)])

    stretches = [(start, end) for _, _, start, end in live()]
    ends = [at(f"2026-0{month}-15 12:00") for month in (4, 5, 6, 7)]
    assert stretches == list(zip([now, *ends], ends, strict=False))


def test_control_placing_without_the_lock_loses_time(customer, signals, race, now):
    together = Barrier(2)

    def naive(source: str) -> Callable[[], Grant]:
        def call() -> Grant:
            row = Grant(
                customer=customer,
                type=signals,
                level="premium",
                source=source,
                starts_at=now,
                ends_at=now + timedelta(days=30),
                anchor_at=now,
                granted_at=now,
            )
            line = own_line(customer_id=customer.pk, type_id=signals.pk, now=now)
            together.wait(timeout=10)
            others = [stretch_of(other) for other in line]
            set_stretch(row, append(stretch_of(row), others, now=now, defers=False))
            return append_row(row, now=now)

        return call

    race(naive("order-line:1"), naive("order-line:2"))

    assert {row.starts_at for row in Grant.objects.all()} == {now}


def test_a_refund_against_a_renewal_keeps_what_was_paid(give, race, live, now):
    give("order-line:1")

    def refund() -> int:
        return revoke_source(
            source="order-line:1", reason="refund", actor="stripe", now=now + timedelta(days=1)
        )

    race(refund, lambda: give("order-line:2"))

    [(source, _, start, end)] = live()
    assert source == "order-line:2"
    assert (start, end) in {
        (now, at("2026-04-15 12:00")),
        (now + timedelta(days=1), at("2026-04-16 12:00")),
    }


@pytest.fixture
def downloads(make_tier, signals, grant) -> Privilege:
    privilege = Privilege.objects.create(code="downloads", name="Downloads", kind="number")
    tier = make_tier((signals, "premium"))
    TierPrivilege.objects.create(tier=tier, privilege=privilege, value="3")
    grant(tier_id=tier.pk)
    return privilege


def test_uses_at_once_never_pass_a_hard_limit(customer, downloads, race, now):
    def use(key: str) -> Callable[[], object]:
        return lambda: consume(
            customer_id=customer.pk, privilege="downloads", amount=1, key=key, now=now
        )

    outcomes = race([use(str(number)) for number in range(8)])

    refused = [each for each in outcomes if isinstance(each, PrivilegeUsedUp)]
    assert len(refused) == 5
    assert PrivilegeMeter.objects.get().used == 3


def test_the_same_use_at_once_counts_once(customer, downloads, race, now):
    outcomes = race(
        [
            lambda: consume(
                customer_id=customer.pk, privilege="downloads", amount=2, key="a", now=now
            )
        ]
        * 4
    )

    assert sorted(each.is_repeat for each in outcomes) == [False, True, True, True]
    assert PrivilegeMeter.objects.get().used == 2


def test_control_reading_before_counting_passes_the_limit(customer, downloads, race, now):
    PrivilegeMeter.objects.create(customer=customer, privilege=downloads, period_starts_at=now)
    together = Barrier(4)

    def naive() -> bool:
        meter = PrivilegeMeter.objects.get()
        together.wait(timeout=10)
        if meter.used + 1 > 3:
            return False
        PrivilegeMeter.objects.filter(pk=meter.pk).update(used=meter.used + 1)
        return True

    assert race([naive] * 4) == [True] * 4


def test_a_gift_opened_by_two_at_once_goes_to_one(
    make_tier, signals, customer, stranger, race, now
):
    tier = make_tier((signals, "premium"))
    gift = create_gift(
        tier_id=tier.pk, months=1, source="order-line:1", giver_id=None, actor="x", now=now
    )

    def redeem(who) -> Callable[[], object]:
        return lambda: redeem_gift(code=gift.code, customer_id=who.pk, now=now)

    outcomes = race(redeem(customer), redeem(stranger), redeem(customer), redeem(stranger))

    holder = GiftCode.objects.get().redeemed_by
    assert Grant.objects.get().customer == holder
    assert sum(isinstance(each, GiftIsUsed) for each in outcomes) == 2


def test_control_reading_before_claiming_gives_a_gift_twice(
    make_tier, signals, customer, stranger, race, now
):
    tier = make_tier((signals, "premium"))
    gift = create_gift(
        tier_id=tier.pk, months=1, source="order-line:1", giver_id=None, actor="x", now=now
    )
    together = Barrier(2)

    def naive(who) -> Callable[[], bool]:
        def call() -> bool:
            found = GiftCode.objects.get(pk=gift.pk)
            together.wait(timeout=10)
            if found.redeemed_at is not None:
                return False
            GiftCode.objects.filter(pk=gift.pk).update(redeemed_by=who, redeemed_at=now)
            return True

        return call

    assert race(naive(customer), naive(stranger)) == [True, True]


def test_a_refund_against_opening_the_gift_leaves_no_access(
    make_tier, signals, customer, race, now
):
    tier = make_tier((signals, "premium"))
    gift = create_gift(
        tier_id=tier.pk, months=1, source="order-line:1", giver_id=None, actor="x", now=now
    )

    race(
        lambda: redeem_gift(code=gift.code, customer_id=customer.pk, now=now),
        lambda: revoke_source(source="order-line:1", reason="refund", actor="x", now=now),
    )

    gift.refresh_from_db()
    assert (gift.redeemed_at is None) != (gift.cancelled_at is None)
    assert not Grant.objects.live().exists()


def test_trials_begun_at_once_at_every_tier_of_a_product_are_one(
    make_tier, signals, customer, race, now
):
    low = make_tier((signals, "premium"), trial_days=7)
    high = make_tier((signals, "vip"), product=low.product, level="vip", trial_days=7)

    outcomes = race(
        [
            lambda tier=tier: start_trial(
                customer_id=customer.pk, tier_id=tier.pk, now=now, actor="x"
            )
            for tier in (low, high, low, high)
        ]
    )

    assert sum(isinstance(each, TrialIsUsed) for each in outcomes) == 3
    assert Grant.objects.count() == 1


def test_who_opens_two_links_at_once_takes_one_seat(grant, make_customer, race, now):
    owner, member = make_customer(), make_customer()
    grant(customer=owner, level="enterprise", seats=2)
    pool = SeatPool.objects.get()
    codes = [invite_to_seat(owner_id=owner.pk, pool_id=pool.pk, now=now).code for _ in range(2)]

    race(
        [
            lambda code=code: accept_seat(code=code, customer_id=member.pk, now=now)
            for code in codes * 2
        ]
    )

    assert pool.invites.filter(member=member).count() == 1
    assert Grant.objects.filter(customer=member).count() == 1


def test_the_last_seat_goes_to_one_of_those_who_reach_for_it(grant, make_customer, race, now):
    owner = make_customer()
    grant(customer=owner, level="enterprise", seats=1)
    pool = SeatPool.objects.get()
    codes = [invite_to_seat(owner_id=owner.pk, pool_id=pool.pk, now=now).code for _ in range(4)]
    people = [make_customer() for _ in codes]

    outcomes = race(
        [
            lambda code=code, who=who: accept_seat(code=code, customer_id=who.pk, now=now)
            for code, who in zip(codes, people, strict=True)
        ]
    )

    assert sum(isinstance(each, SeatsAreTaken) for each in outcomes) == 3
    assert Grant.objects.filter(follows__isnull=False).count() == 1


def test_the_customer_is_locked_before_anything_is_read(
    give, customer, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12) as seen:
        give("order-line:1")

    statements = [query["sql"] for query in seen.captured_queries]
    locks = [number for number, sql in enumerate(statements) if "FOR UPDATE" in sql]
    touches = [number for number, sql in enumerate(statements) if "entitlements_grant" in sql]
    assert locks
    assert max(locks) < min(touches)


def test_a_transaction_that_fails_later_grants_nothing(give):
    def settle_and_fail() -> None:
        with transaction.atomic():
            give("order-line:1")
            raise RuntimeError("the caller failed")

    with pytest.raises(RuntimeError):
        settle_and_fail()

    assert not Grant.objects.exists()
    assert not Event.objects.exists()
