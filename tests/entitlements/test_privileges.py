"""What a tier gives in amounts, and how it is used up."""

from datetime import UTC, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from entitlements.allowances import period_at, privileges_of
from entitlements.errors import (
    KeyIsTaken,
    NotCountable,
    NotEntitled,
    PrivilegeUsedUp,
    UnknownPrivilege,
)
from entitlements.models import (
    Privilege,
    PrivilegeMeter,
    PrivilegeUse,
    SeatPool,
    TierPrivilege,
)
from entitlements.services import (
    accept_seat,
    block,
    consume,
    extend,
    invite_to_seat,
    remove_seat,
)
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def downloads():
    return Privilege.objects.create(
        code="downloads", name="Downloads", kind="number", reset="month"
    )


@pytest.fixture
def give():
    def call(tier, privilege, value, limit="hard") -> TierPrivilege:
        return TierPrivilege.objects.create(
            tier=tier, privilege=privilege, value=value, limit=limit
        )

    return call


@pytest.fixture
def tier(make_tier, signals, downloads, give):
    tier = make_tier((signals, "premium"))
    give(tier, downloads, "10")
    return tier


@pytest.fixture
def use(customer, now):
    def call(amount=1, key="a", at=None, privilege="downloads"):
        return consume(
            customer_id=customer.pk, privilege=privilege, amount=amount, key=key, now=at or now
        )

    return call


def test_uses_add_up_to_the_limit_and_no_further(grant, tier, use):
    grant(tier_id=tier.pk)

    assert (use(4, "a").used, use(6, "b").used) == (4, 10)
    with pytest.raises(PrivilegeUsedUp) as refused:
        use(1, "c")

    assert refused.value.context["remaining"] == 0
    assert PrivilegeMeter.objects.get().used == 10
    assert sorted(PrivilegeUse.objects.values_list("key", flat=True)) == ["a", "b"]


def test_a_key_counts_once(grant, tier, use):
    grant(tier_id=tier.pk)
    use(4, "a")

    again = use(4, "a")

    assert (again.used, again.is_repeat, again.remaining) == (4, True, 6)
    assert PrivilegeMeter.objects.get().used == 4


def test_a_repeat_is_answered_even_when_all_is_used_up(grant, tier, use):
    grant(tier_id=tier.pk)
    use(10, "a")

    assert use(10, "a").is_repeat is True


def test_a_key_for_another_amount_is_refused(grant, tier, use):
    grant(tier_id=tier.pk)
    use(4, "a")

    with pytest.raises(KeyIsTaken):
        use(5, "a")

    assert PrivilegeMeter.objects.get().used == 4


def test_beyond_a_soft_limit_it_counts(grant, make_tier, signals, downloads, give, use):
    tier = make_tier((signals, "premium"))
    give(tier, downloads, "10", limit="soft")
    grant(tier_id=tier.pk)

    answer = use(12)

    assert (answer.used, answer.limit, answer.is_over, answer.remaining) == (12, 10, True, 0)


def test_unlimited_has_no_limit(grant, make_tier, signals, downloads, give, use):
    tier = make_tier((signals, "premium"))
    give(tier, downloads, "unlimited")
    grant(tier_id=tier.pk)

    answer = use(10**12)

    assert (answer.limit, answer.remaining, answer.is_over) == (None, None, False)


def test_a_new_month_counts_from_zero(grant, tier, use):
    grant(tier_id=tier.pk, months=3)
    use(10, "a", at=at("2026-03-31 23:59"))

    answer = use(3, "b", at=at("2026-04-01"))

    assert (answer.used, answer.resets_at) == (3, at("2026-05-01"))


def test_the_best_of_several_counts(grant, tier, make_tier, signals, downloads, give, use):
    vip = make_tier((signals, "vip"), level="vip")
    give(vip, downloads, "50")
    grant(tier_id=tier.pk)
    grant(tier_id=vip.pk, level="vip")

    assert use(50).remaining == 0


def test_what_was_given_by_hand_has_the_privileges_of_the_tiers_that_sell_it(grant, tier, use):
    grant(source="goodwill:1")

    assert use(10).remaining == 0


def test_without_access_nothing_is_counted(grant, tier, use, customer, stranger, now):
    grant(tier_id=tier.pk, customer=stranger)

    with pytest.raises(NotEntitled):
        use()
    grant(tier_id=tier.pk)
    block(customer_id=customer.pk, kind="staff", source="s", reason="", actor="x", now=now)
    with pytest.raises(NotEntitled):
        use()

    assert not PrivilegeUse.objects.exists()


def test_only_a_positive_amount_of_a_known_number_is_counted(grant, tier, use, give):
    grant(tier_id=tier.pk)
    flag = Privilege.objects.create(code="export", name="Export", kind="flag")
    give(tier, flag, "yes")

    with pytest.raises(UnknownPrivilege):
        use(privilege="nothing")
    for wrong in ({"amount": 0}, {"amount": -1}, {"privilege": "export"}):
        with pytest.raises(NotCountable):
            use(**wrong)

    assert not PrivilegeMeter.objects.exists()


def test_flags_and_texts_are_read_from_the_best_grant(
    grant, tier, make_tier, signals, give, customer, now
):
    export = Privilege.objects.create(code="export", name="Export", kind="flag")
    support = Privilege.objects.create(code="support", name="Support", kind="text")
    vip = make_tier((signals, "vip"), level="vip")
    give(tier, export, "yes")
    give(vip, export, "no")
    give(tier, support, "by mail")
    give(vip, support, "by phone")
    grant(tier_id=tier.pk)
    grant(tier_id=vip.pk, level="vip")

    found = {each.code: (each.value, each.is_on) for each in privileges_of(customer.pk, now)}

    assert found == {
        "downloads": ("10", True),
        "export": ("yes", True),
        "support": ("by phone", True),
    }


def test_the_list_says_what_is_used_and_costs_four_queries(
    grant, tier, use, customer, now, django_assert_num_queries
):
    for number in range(3):
        grant(tier_id=tier.pk, source=f"order-line:{number}", level="premium")
    use(4)

    with django_assert_num_queries(4):
        [allowance] = privileges_of(customer.pk, now)

    assert (allowance.used, allowance.limit, allowance.remaining) == (4, 10, 6)
    assert allowance.resets_at == at("2026-04-01")


def test_a_cycle_follows_the_customers_own_day(grant, make_tier, signals, give, use):
    credits = Privilege.objects.create(
        code="credits", name="Credits", kind="number", reset="cycle"
    )
    tier = make_tier((signals, "premium"))
    give(tier, credits, "10")
    grant(tier_id=tier.pk, months=3, at=at("2027-01-31"))

    first = use(5, "a", at=at("2027-02-27"), privilege="credits")
    second = use(5, "b", at=at("2027-02-28"), privilege="credits")

    assert (first.used, first.resets_at) == (5, at("2027-02-28"))
    assert (second.used, second.resets_at) == (5, at("2027-03-31"))


@pytest.mark.parametrize(
    ("reset", "period"),
    [
        ("never", (at("1970-01-01"), None)),
        ("day", (at("2026-03-15"), at("2026-03-16"))),
        ("month", (at("2026-03-01"), at("2026-04-01"))),
        ("cycle", (at("2026-02-28 13:00"), at("2026-03-31 13:00"))),
    ],
)
def test_a_period_holds_its_moment(reset, period, now):
    assert period_at(reset, anchor=at("2025-12-31 13:00"), at=now) == period


MOMENTS = st.datetimes(
    at("2000-01-01").replace(tzinfo=None),
    at("2100-01-01").replace(tzinfo=None),
    timezones=st.just(UTC),
)


@given(reset=st.sampled_from(["day", "month", "cycle"]), anchor=MOMENTS, moment=MOMENTS)
def test_periods_follow_without_gap_or_overlap(reset, anchor, moment):
    begins, ends = period_at(reset, anchor=anchor, at=moment)

    assert begins <= moment < ends <= begins + timedelta(days=31)
    assert period_at(reset, anchor=anchor, at=ends)[0] == ends
    assert period_at(reset, anchor=anchor, at=ends - timedelta(microseconds=1))[1] == ends


@pytest.mark.parametrize(
    ("kind", "value"), [("flag", "maybe"), ("number", "ten"), ("number", "-1"), ("number", "²")]
)
def test_the_form_refuses_a_value_of_another_kind(tier, kind, value):
    privilege = Privilege.objects.create(code="p", name="P", kind=kind)

    with pytest.raises(ValidationError):
        TierPrivilege(tier=tier, privilege=privilege, value=value).full_clean()


def test_uses_are_never_deleted(grant, tier, use):
    grant(tier_id=tier.pk)
    use()

    with pytest.raises(TypeError):
        PrivilegeUse.objects.get().delete()

    assert PrivilegeUse.objects.count() == 1


def test_an_upgrade_in_mid_cycle_gives_the_amount_once(
    grant, make_tier, signals, give, use, now
):
    credits = Privilege.objects.create(
        code="credits", name="Credits", kind="number", reset="cycle"
    )
    low, high = make_tier((signals, "premium")), make_tier((signals, "vip"), level="vip")
    give(low, credits, "10")
    give(high, credits, "30")
    grant(tier_id=low.pk)
    use(10, "a", privilege="credits")

    grant(tier_id=high.pk, level="vip", at=now + timedelta(days=5))
    answer = use(20, "b", at=now + timedelta(days=6), privilege="credits")

    assert (answer.used, answer.remaining) == (30, 0)


@pytest.fixture
def month(grant, make_tier, signals, give, now):
    """Ten credits a cycle, and three days of grace, from 15 March to 15 April."""
    credits = Privilege.objects.create(
        code="credits", name="Credits", kind="number", reset="cycle"
    )
    tier = make_tier((signals, "premium"))
    give(tier, credits, "10")
    return grant(tier_id=tier.pk, grace_days=3)


def left(customer, moment):
    [allowance] = privileges_of(customer.pk, moment)
    return allowance.remaining, allowance.resets_at


@pytest.mark.parametrize(
    ("days", "credits_left", "resets_at"),
    [
        ((1,), 0, at("2026-04-16 12:00")),
        ((29,), 0, at("2026-05-14 12:00")),
        ((30,), 10, at("2026-05-15 12:00")),
        ((20, 20), 10, at("2026-05-25 12:00")),
    ],
)
def test_days_given_behind_a_month_open_a_cycle_if_they_fill_it(
    month, use, customer, now, days, credits_left, resets_at
):
    use(10, privilege="credits")
    for number, length in enumerate(days):
        extend(grant_id=month.pk, days=length, key=str(number), actor="staff:1", now=now)

    assert left(customer, at("2026-04-15 13:00")) == (credits_left, resets_at)


def test_what_is_less_than_a_cycle_behind_a_filled_one_belongs_to_it(month, use, customer, now):
    use(10, privilege="credits")
    extend(grant_id=month.pk, days=45, key="1", actor="staff:1", now=now)

    counted = use(4, "b", at=at("2026-04-20"), privilege="credits")

    assert (counted.remaining, counted.resets_at) == (6, at("2026-05-30 12:00"))
    assert left(customer, at("2026-05-20")) == (6, at("2026-05-30 12:00"))


def test_grace_opens_no_cycle_and_who_pays_late_has_the_new_one_whole(
    month, grant, use, customer
):
    use(9, privilege="credits")
    late = at("2026-04-16 12:00")

    assert left(customer, late) == (1, None)
    use(1, "late", at=late, privilege="credits")
    grant(tier_id=month.tier_id, at=late)

    assert left(customer, late) == (10, at("2026-05-15 12:00"))


def test_days_that_stand_alone_have_the_amount_once(month, grant, customer, stranger):
    grant(tier_id=month.tier_id, days=40, months=None, customer=stranger)

    consume(
        customer_id=stranger.pk, privilege="credits", amount=7, key="a", now=at("2026-03-16")
    )

    assert left(stranger, at("2026-03-16")) == (3, at("2026-04-24 12:00"))
    assert left(stranger, at("2026-04-20")) == (3, at("2026-04-24 12:00"))


def test_who_gives_a_seat_up_and_takes_it_again_has_the_amount_once(
    month, grant, use, customer, stranger, now
):
    owned = grant(tier_id=month.tier_id, customer=stranger, level="vip", seats=1)
    month_is_over = at("2026-04-20")
    extend(grant_id=owned.pk, days=30, key="1", actor="staff:1", now=now)
    pool = SeatPool.objects.get()

    def sit(moment):
        seat = invite_to_seat(owner_id=stranger.pk, pool_id=pool.pk, now=moment)
        accept_seat(code=seat.code, customer_id=customer.pk, now=moment)
        return seat

    seat = sit(month_is_over)
    use(10, privilege="credits", at=month_is_over)
    remove_seat(owner_id=stranger.pk, seat_id=seat.pk, actor="staff:1", now=month_is_over)
    later = month_is_over + timedelta(days=1)
    sit(later)

    with pytest.raises(PrivilegeUsedUp):
        use(1, "b", privilege="credits", at=later)
