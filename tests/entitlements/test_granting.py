"""What granting does to a customer's time."""

from datetime import timedelta

import pytest

from catalog.errors import UnknownTier
from catalog.models import ProductTier
from customers.errors import UnknownCustomer
from entitlements.errors import BadEnd, SourceIsTaken, UnknownEntitlement
from entitlements.models import FOREVER, Grant
from entitlements.selectors import has_entitlement
from entitlements.services import NewGrant, grant_all, grants_for_tier, tier_grants
from shopbot.kernel.models import Event
from shopbot.kernel.versions import current_version
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db


def test_the_first_month_begins_now_and_ends_on_the_same_day_of_the_next(grant, now):
    row = grant(months=1)

    assert (row.starts_at, row.ends_at) == (now, at("2026-04-15 12:00"))
    assert (row.anchor_at, row.months_from_anchor) == (now, 1)
    assert row.access_until == row.ends_at


def test_months_bought_again_begin_at_the_old_end(grant, live, now):
    grant(source="a", months=1)
    grant(source="b", months=2, at=now + timedelta(days=3))

    assert live() == [
        ("a", "premium", now, at("2026-04-15 12:00")),
        ("b", "premium", at("2026-04-15 12:00"), at("2026-06-15 12:00")),
    ]


def test_months_count_from_the_first_day_of_the_chain(grant, live):
    for source in ("a", "b", "c"):
        grant(source=source, months=1, at=at("2027-01-31"))

    assert [end for *_, end in live()] == [at("2027-02-28"), at("2027-03-31"), at("2027-04-30")]


def test_months_bought_after_a_gap_begin_a_chain_of_their_own(grant, now):
    grant(source="a", months=1, at=at("2027-01-31"))

    row = grant(source="b", months=1, at=at("2027-03-05"))

    assert (row.starts_at, row.ends_at) == (at("2027-03-05"), at("2027-04-05"))
    assert row.anchor_at == at("2027-03-05")


def test_days_extend_from_the_old_end_too(grant, live, now):
    grant(source="a", days=10)
    grant(source="b", days=5)

    assert [end for *_, end in live()] == [now + timedelta(days=10), now + timedelta(days=15)]


def test_a_lifetime_has_no_end(grant, now, customer):
    row = grant(months=None, source="a")

    assert (row.ends_at, row.access_until) == (None, FOREVER)
    assert has_entitlement(customer.pk, "signals", at("9000-01-01"))


def test_another_level_runs_beside_and_takes_nothing_away(grant, live, now):
    grant(source="vip", level="vip", months=1)
    grant(source="premium", level="premium", months=3)

    assert live() == [
        ("vip", "vip", now, at("2026-04-15 12:00")),
        ("premium", "premium", now, at("2026-06-15 12:00")),
    ]


def test_goodwill_until_a_day_is_followed_by_what_is_bought_and_not_wiped(grant, live, now):
    grant(source="goodwill:1", ends_at=at("2026-03-20"))
    grant(source="bought", months=1, at=at("2026-03-18"))

    assert live() == [
        ("goodwill:1", "premium", now, at("2026-03-20")),
        ("bought", "premium", at("2026-03-20"), at("2026-04-20")),
    ]


def test_goodwill_given_later_moves_what_waits_instead_of_hiding_in_it(grant, live, now):
    grant(source="a", months=1)
    grant(source="b", months=1)

    grant(source="goodwill:1", ends_at=at("2026-04-20 12:00"))

    assert live() == [
        ("a", "premium", now, at("2026-04-15 12:00")),
        ("goodwill:1", "premium", now, at("2026-04-20 12:00")),
        ("b", "premium", at("2026-04-20 12:00"), at("2026-05-20 12:00")),
    ]


def test_a_source_grants_once_however_often_it_is_repeated(grant, customer):
    first = grant(source="order-line:1")

    again = [grant(source="order-line:1", months=12) for _ in range(3)]

    assert [row.pk for row in again] == [first.pk] * 3
    assert Grant.objects.get().months == 1
    assert Event.objects.filter(kind="grant.granted").count() == 1


def test_a_source_that_granted_to_another_customer_is_refused(grant, customer, stranger):
    grant(source="order-line:1")

    with pytest.raises(SourceIsTaken):
        grant(source="order-line:1", customer=stranger)

    assert Grant.objects.get().customer == customer


def test_one_source_may_grant_several_entitlements(customer, signals, make_type, now):
    chat = make_type("chat")
    new = [
        NewGrant(type_id=type_.pk, level="vip", source="order-line:1", months=1)
        for type_ in (signals, chat)
    ]

    rows = grant_all(customer_id=customer.pk, grants=new, now=now, actor="stripe")

    assert [(row.type_id, row.level) for row in rows] == [(signals.pk, "vip"), (chat.pk, "vip")]


def test_an_end_that_lies_behind_is_refused_and_nothing_is_written(grant, now):
    with pytest.raises(BadEnd):
        grant(ends_at=now)

    assert not Grant.objects.exists()
    assert not Event.objects.exists()


def test_unknown_customers_and_entitlements_are_refused(customer, signals, now):
    new = NewGrant(type_id=signals.pk, level="vip", source="a", months=1)
    unknown = NewGrant(type_id=signals.pk + 99, level="vip", source="a", months=1)

    with pytest.raises(UnknownCustomer):
        grant_all(customer_id=customer.pk + 99, grants=[new], now=now, actor="test")
    with pytest.raises(UnknownEntitlement):
        grant_all(customer_id=customer.pk, grants=[new, unknown], now=now, actor="test")

    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"months": 1, "days": 1},
        {"months": 0},
        {"months": 1201},
        {"months": None, "days": 0},
        {"months": 1, "level": "gold"},
    ],
)
def test_a_grant_of_impossible_length_or_level_cannot_be_named(wrong):
    with pytest.raises(ValueError, match=r"level|length|months|days"):
        NewGrant(**{"type_id": 1, "level": "vip", "source": "a"} | wrong)


def test_the_event_says_what_a_receipt_needs(grant, customer, now):
    row = grant(source="order-line:1", months=1, grace_days=3)

    event = Event.objects.get()
    assert (event.kind, event.subject) == ("grant.granted", f"grant:{row.pk}")
    assert (event.customer_id, event.actor, event.happened_at) == (customer.pk, "test", now)
    assert event.data == {
        "code": "signals",
        "level": "premium",
        "source": "order-line:1",
        "starts_at": "2026-03-15T12:00:00+00:00",
        "ends_at": "2026-04-15T12:00:00+00:00",
        "grace_days": 3,
        "is_seat": False,
        "months": 1,
    }


def test_a_tier_says_what_it_gives(make_tier, signals, make_type):
    chat = make_type("chat")
    tier = make_tier((signals, "vip"), (chat, "premium"), grace_days=5, seats=2)

    assert tier_grants(tier.pk) == ((signals.pk, "vip"), (chat.pk, "premium"))
    assert grants_for_tier(
        tier_id=tier.pk, source="order-line:1", months=6, quantity=3
    ) == tuple(
        NewGrant(
            type_id=type_.pk,
            level=level,
            source="order-line:1",
            months=6,
            grace_days=5,
            seats=6,
            tier_id=tier.pk,
        )
        for type_, level in ((signals, "vip"), (chat, "premium"))
    )


def test_a_change_of_what_a_tier_gives_is_seen_at_once(make_tier, signals):
    tier = make_tier((signals, "premium"))

    def given():
        found = grants_for_tier(tier_id=tier.pk, source="order-line:1", months=1)
        return [(each.level, each.seats, each.grace_days) for each in found]

    seen = [given()]
    tier.tier_grants.update(level="vip", seats=2)
    seen.append(given())
    ProductTier.objects.filter(pk=tier.pk).update(grace_days=9)
    seen.append(given())
    tier.tier_grants.all().delete()
    seen.append(given())

    assert seen == [[("premium", 0, 0)], [("vip", 2, 0)], [("vip", 2, 9)], []]


def test_whoever_has_read_the_catalogs_version_asks_nothing(
    make_tier, signals, django_assert_num_queries
):
    tier = make_tier((signals, "premium"))
    asked = {"tier_id": tier.pk, "source": "order-line:1", "months": 1}
    given = grants_for_tier(**asked)

    version = current_version("catalog")

    with django_assert_num_queries(0):
        again = grants_for_tier(**asked, catalog_version=version)

    assert again == given


def test_an_unknown_tier_gives_nothing(db):
    with pytest.raises(UnknownTier):
        grants_for_tier(tier_id=1, source="order-line:1", months=1)

    assert tier_grants(1) == ()


@pytest.mark.parametrize("earlier", [1, 8])
def test_a_grant_costs_the_same_after_a_long_history(
    grant, earlier, now, django_assert_num_queries
):
    for number in range(earlier):
        grant(source=f"order-line:{number}")

    with django_assert_num_queries(9):
        grant(source="another")


def test_grants_are_never_deleted(grant):
    row = grant()

    with pytest.raises(TypeError):
        row.delete()

    assert Grant.objects.get() == row


@pytest.mark.parametrize("year", [9001, 9999])
def test_an_end_after_which_nothing_could_follow_is_refused(grant, year):
    with pytest.raises(BadEnd):
        grant(ends_at=at(f"{year}-12-31"))

    assert not Grant.objects.exists()


def test_months_follow_the_latest_end_that_may_be_given(grant):
    grant(ends_at=at("9000-01-01"))

    assert grant(months=120).ends_at == at("9010-01-01")
