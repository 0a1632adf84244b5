"""Why someone has access, or not: the verdict, the facts, and the words."""

from datetime import timedelta

import pytest
from django.utils import translation

from entitlements.errors import UnknownEntitlement
from entitlements.explain import MOST_ROWS, explain, explain_held
from entitlements.explain_text import explanation_text
from entitlements.models import EntitlementType, Grant
from entitlements.selectors import has_entitlement, holdings, tier_of
from entitlements.services import (
    accept_seat,
    block,
    invite_to_seat,
    lift_block,
    revoke_source,
    shorten_source,
)
from entitlements.services.switching import note_switched
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db

END = at("2026-04-15 12:00")


@pytest.fixture
def why(customer):
    """Return the verdict and the codes of the reasons."""

    def ask(moment, level=None, who=None):
        found = explain((who or customer).pk, "signals", moment, level)
        assert found.has_access == (found.verdict in {"granted", "in_grace"})
        return found.verdict, [reason.code for reason in found.reasons]

    return ask


def test_the_life_of_one_purchase(grant, why, now):
    grant(grace_days=3)

    assert why(now - timedelta(seconds=1)) == ("never_granted", ["never_granted"])
    assert why(now) == ("granted", ["grant_counts"])
    assert why(END) == ("in_grace", ["grant_in_grace"])
    assert why(END + timedelta(days=3)) == ("ended", ["grant_ended"])


def test_who_never_had_it(signals, why, stranger, now):
    assert why(now, who=stranger) == ("never_granted", ["never_granted"])


def test_a_block_is_named_before_what_it_suspends(grant, why, customer, now):
    grant()
    placed = block(
        customer_id=customer.pk,
        kind="dispute",
        source="dispute:1",
        reason="",
        actor="stripe",
        now=now,
    )
    lifted_at = now + timedelta(days=2)
    lift_block(block_id=placed.pk, reason="", actor="staff:1", now=lifted_at)

    assert why(now) == ("blocked", ["block_stands", "grant_counts"])
    assert why(lifted_at) == ("granted", ["grant_counts"])


def test_a_refund_is_told_from_an_end(grant, why, now):
    grant(source="a")
    revoke_source(source="a", reason="refund", actor="staff:1", now=now + timedelta(days=1))

    assert why(now) == ("granted", ["grant_counts"])
    assert why(now + timedelta(days=2)) == ("revoked", ["grant_revoked"])


def test_a_refund_after_the_end_does_not_change_why_it_ended(grant, why):
    grant(source="a")
    revoke_source(source="a", reason="refund", actor="staff:1", now=END + timedelta(days=9))

    assert why(END + timedelta(days=10)) == ("ended", ["grant_ended"])


def test_what_waits_is_named(grant, why, now):
    grant(source="a")
    grant(source="b")

    assert why(now) == ("granted", ["grant_counts", "grant_waits"])
    assert why(END) == ("granted", ["grant_counts"])


def test_what_was_replaced_is_told_once(grant, why, now):
    grant(source="a")
    shorten_source(
        source="a",
        ends_at=END - timedelta(days=5),
        actor="staff:1",
        now=now + timedelta(days=1),
    )

    assert why(now + timedelta(days=2)) == ("granted", ["grant_counts"])
    assert why(END) == ("ended", ["grant_ended"])


def test_a_deferred_remainder_says_what_it_waits_for(grant, why, make_type, customer, now):
    club = make_type("club", lower_level="defer")
    grant(type=club, source="low", level="premium")
    grant(type=club, source="high", level="vip", at=now + timedelta(days=1))

    found = explain(customer.pk, "club", now + timedelta(days=2))

    assert [reason.code for reason in found.reasons] == ["grant_counts", "grant_deferred"]


def test_the_highest_of_several_levels_is_named(grant, why, now):
    grant(level="premium")
    grant(level="vip")

    assert why(now) == ("granted", ["grant_counts", "grant_counts", "highest_level_wins"])


def test_a_level_that_is_too_low_is_named(grant, why, now):
    grant(level="premium")

    assert why(now, "vip") == ("level_too_low", ["level_too_low", "grant_counts"])
    assert why(now, "premium") == ("granted", ["grant_counts"])


def test_an_entitlement_that_is_switched_off(grant, why, now):
    grant()
    EntitlementType.objects.update(is_active=False)

    assert why(now) == ("switched_off", ["switched_off", "grant_counts"])


def test_a_switch_changes_nothing_of_what_was_before_it(grant, why, customer, signals, now):
    grant()
    hour = timedelta(hours=1)

    def asked(moment):
        held = has_entitlement(customer.pk, "signals", moment)
        [kept] = holdings(customer.pk, moment)
        assert (kept.is_active, tier_of(customer.pk, moment) == "premium") == (held, held)
        return why(moment)[0], held

    for is_active, moment in ((False, now + hour), (True, now + 3 * hour)):
        EntitlementType.objects.update(is_active=is_active)
        signals.refresh_from_db()
        note_switched(type=signals, actor="staff:1", now=moment)
        if not is_active:
            assert asked(moment - hour) == ("granted", True)
            assert asked(moment) == ("switched_off", False)

    assert asked(now + 2 * hour) == ("switched_off", False)
    assert asked(now + 3 * hour) == ("granted", True)


def test_a_seat_of_a_blocked_owner(grant, why, customer, stranger, now):
    grant(customer=stranger, level="enterprise", seats=1)
    pool = stranger.seat_pools.get()
    invite = invite_to_seat(owner_id=stranger.pk, pool_id=pool.pk, now=now)
    accept_seat(code=invite.code, customer_id=customer.pk, now=now)
    block(
        customer_id=stranger.pk, kind="fraud", source="f", reason="", actor="staff:1", now=now
    )

    assert why(now) == ("blocked", ["owner_is_blocked", "grant_counts"])


def test_an_unknown_entitlement_is_refused(customer, now):
    with pytest.raises(UnknownEntitlement):
        explain(customer.pk, "nothing", now)


def test_programs_get_json_values(grant, customer, now):
    row = grant(source="order-line:1", grace_days=3)

    assert explain(customer.pk, "signals", END).as_dict() == {
        "customer_id": customer.pk,
        "entitlement": "signals",
        "at": "2026-04-15T12:00:00+00:00",
        "level": None,
        "has_access": True,
        "verdict": "in_grace",
        "reasons": [
            {
                "code": "grant_in_grace",
                "params": {
                    "grant_id": row.pk,
                    "source": "order-line:1",
                    "level": "premium",
                    "starts_at": "2026-03-15T12:00:00+00:00",
                    "ends_at": "2026-04-15T12:00:00+00:00",
                    "grace_until": "2026-04-18T12:00:00+00:00",
                },
            }
        ],
    }


def test_people_get_sentences(grant, customer, now):
    grant(source="order-line:1", grace_days=3)

    text = explanation_text(explain(customer.pk, "signals", END), "en")

    assert text.splitlines() == [
        "Signals: access on April 15, 2026, 12:00 UTC, in the days to pay late.",
        "• Premium from your order ended on April 15, 2026, 12:00 UTC; access goes on until"
        " April 18, 2026, 12:00 UTC so that you can renew.",
    ]


def test_every_reason_has_words_in_every_language(grant, customer, make_type, now):
    grant(source="a", grace_days=3, months=1)
    grant(source="b", months=1)
    grant(source="c", level="vip", months=None, at=now + timedelta(days=1))
    revoke_source(source="c", reason="refund", actor="staff:1", now=now + timedelta(days=2))
    moments = [now - timedelta(days=1), now, now + timedelta(days=1), END]
    for language in ("en", "ru", "de", "es"):
        with translation.override("en"):
            for moment in [*moments, at("2026-06-01")]:
                text = explanation_text(explain(customer.pk, "signals", moment), language)
                assert "%(" not in text
                assert len(text.splitlines()) >= 2


@pytest.mark.parametrize(
    ("kind", "says"),
    [("fraud", "suspected fraud"), ("dispute", "is disputed"), ("staff", "by our team")],
)
def test_a_block_is_told_by_its_kind(grant, customer, now, kind, says):
    grant()
    block(customer_id=customer.pk, kind=kind, source="s", reason="", actor="x", now=now)

    text = explanation_text(explain(customer.pk, "signals", now), "en")

    assert says in text
    assert "because it is suspended" in text


def test_a_refund_without_a_reason_and_a_level_too_low_have_words(grant, customer, now):
    grant(source="a", level="premium")

    low = explanation_text(explain(customer.pk, "signals", now, "vip"), "en")
    revoke_source(source="a", reason="", actor="x", now=now)
    revoked = explanation_text(explain(customer.pk, "signals", now + timedelta(1)), "en")

    assert "VIP is needed; the highest level held is Premium." in low
    assert revoked.endswith("was revoked on March 15, 2026, 12:00 UTC.")


def test_everything_held_is_explained_at_once(
    grant, make_type, customer, now, django_assert_num_queries
):
    for code in ("b", "a"):
        grant(type=make_type(code))

    with django_assert_num_queries(3):
        found = explain_held(customer.pk, now)

    assert [(each.code, each.verdict) for each in found] == [("a", "granted"), ("b", "granted")]


def test_the_first_day_is_explained_after_a_history_of_hundreds(
    grant, why, customer, signals, now
):
    grant(grace_days=0)
    day = timedelta(days=1)
    Grant.objects.bulk_create(
        Grant(
            customer=customer, type=signals, level="premium", source=f"api:{number}",
            starts_at=END + number * day, ends_at=END + (number + 1) * day,
            access_until=END + (number + 1) * day, anchor_at=END, granted_at=now,
        )
        for number in range(MOST_ROWS + 1)
    )  # fmt: skip

    assert has_entitlement(customer.pk, "signals", now)
    assert why(now)[0] == "granted"
    assert why(now - day) == ("never_granted", ["never_granted"])
    assert explain_held(customer.pk, now)[0].verdict == "granted"


def test_it_costs_four_queries_however_long_the_history(
    grant, customer, now, django_assert_num_queries
):
    for number in range(12):
        grant(source=f"order-line:{number}")

    with django_assert_num_queries(4):
        explain(customer.pk, "signals", now)
