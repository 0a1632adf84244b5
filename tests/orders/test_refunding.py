"""Money goes back, access follows staff's choice, and nothing is lost on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entitlements.models import Grant
from entitlements.selectors import has_entitlement
from orders.errors import NothingToRefund, OrderIsClosed, ReasonNeeded, RefundTooLarge
from orders.models import MoneyCase, Refund
from orders.refund_preview import preview_refund
from orders.services.demo_paying import say_demo
from orders.services.refunding import refund
from orders.services.resolving import decide_access, honour
from orders.services.settling import deliver_order
from pricing.models import CommissionEntry, LimitCounter
from shopbot.kernel.models import Event
from shopbot.kernel.money import Money
from tests.pricing.rows import make_code, make_limit, make_promotion

pytestmark = pytest.mark.django_db


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@pytest.fixture
def give_back(now):
    def call(order, minor, *, access="keep", at=None, reason="asked for it"):
        row = refund(
            order_id=order.pk, amount=usd(minor), reason=reason, access=access,
            actor="staff:7", now=at or now,
        )  # fmt: skip
        order.refresh_from_db()
        return row

    return call


def test_a_full_refund_ends_what_the_order_gave(buy, give_back, customer, now):
    order = buy()

    row = give_back(order, 2000, access="revoke")

    assert (row.status, row.access_applied_at) == ("succeeded", now)
    assert (order.status, order.refunded_minor, order.closed_at) == ("refunded", 2000, now)
    assert not has_entitlement(customer.pk, "signals", now)


def test_a_full_refund_ends_access_whatever_was_chosen(buy, give_back, customer, now):
    order = buy()

    give_back(order, 2000, access="keep")

    assert not has_entitlement(customer.pk, "signals", now)


def test_a_refund_ends_nothing_that_another_order_gives(buy, give_back, customer, now):
    first, _second = buy(), buy()

    give_back(first, 2000, access="revoke")

    assert has_entitlement(customer.pk, "signals", now)
    assert not has_entitlement(customer.pk, "signals", now + timedelta(days=32))


def test_a_partial_refund_may_keep_access(buy, give_back, customer, now):
    order = buy()

    give_back(order, 500, access="keep")

    assert (order.status, order.refunded_minor) == ("partially_refunded", 500)
    assert has_entitlement(customer.pk, "signals", now + timedelta(days=30))


def test_a_partial_refund_may_end_access(buy, give_back, customer, now):
    give_back(buy(), 500, access="revoke")

    assert not has_entitlement(customer.pk, "signals", now)


def test_two_partial_refunds_shorten_access_like_one_of_their_sum(buy, give_back, now):
    order = buy()
    grant = Grant.objects.live().get()
    whole = grant.ends_at - grant.starts_at

    give_back(order, 200, access="shorten")
    give_back(order, 200, access="shorten", at=now + timedelta(days=1))

    assert Grant.objects.live().get().ends_at == grant.starts_at + whole * 8 / 10


def test_several_partial_refunds_of_everything_are_a_full_one(buy, give_back, customer, now):
    order = buy()

    give_back(order, 1500)
    give_back(order, 500)

    assert order.status == "refunded"
    assert not has_entitlement(customer.pk, "signals", now)


@pytest.mark.parametrize(
    ("minor", "reason", "error"),
    [(2001, "why", RefundTooLarge), (0, "why", RefundTooLarge), (2000, "  ", ReasonNeeded)],
)
def test_refuses_what_makes_no_sense_and_changes_nothing(
    buy, give_back, minor, reason, error, customer, now
):
    order = buy()

    with pytest.raises(error):
        give_back(order, minor, reason=reason)

    order.refresh_from_db()
    assert (order.status, Refund.objects.count()) == ("fulfilled", 0)
    assert has_entitlement(customer.pk, "signals", now)


def test_gives_back_no_more_than_is_left(buy, give_back):
    order = buy()
    give_back(order, 1500)

    with pytest.raises(RefundTooLarge):
        give_back(order, 501)

    assert Refund.objects.count() == 1


def test_an_unpaid_order_has_nothing_to_refund(place, give_back):
    with pytest.raises(NothingToRefund):
        give_back(place(), 2000)


def test_takes_the_commission_back_in_proportion(place, pay, give_back, make_customer):
    order = pay(place(customer=make_customer(referrer=make_customer())))
    earned = CommissionEntry.objects.get(kind="earned").amount_minor

    give_back(order, order.paid_minor // 2)
    give_back(order, order.paid_minor - order.paid_minor // 2)

    taken = CommissionEntry.objects.filter(kind="reversed")
    assert sum(entry.amount_minor for entry in taken) == -earned


def test_gives_the_commission_back_when_the_refund_fails_later(
    place, pay, give_back, make_customer, now
):
    order = pay(place(customer=make_customer(referrer=make_customer())))
    earned = CommissionEntry.objects.get(kind="earned").amount_minor
    quarter = order.paid_minor // 4
    first = give_back(order, quarter)
    give_back(order, quarter)

    say_demo(
        "demo.refund", payment=order.payments.get(), now=now,
        external_id=first.external_id, state="failed", amount_minor=quarter,
    )  # fmt: skip

    entries = CommissionEntry.objects.values_list("kind", flat=True).order_by("pk")
    assert list(entries) == ["earned", "reversed", "reversed", "restored"]
    left = sum(CommissionEntry.objects.values_list("amount_minor", flat=True))
    assert left == earned * 3 // 4


def test_a_refund_made_at_the_provider_is_found_and_shown_to_staff(buy, customer, now):
    order = buy()

    say_demo(
        "demo.refund", payment=order.payments.get(), now=now,
        external_id="re_1", state="succeeded", amount_minor=2000,
    )  # fmt: skip

    order.refresh_from_db()
    row = Refund.objects.get()
    assert (row.origin, row.external_id, row.amount_minor) == ("provider", "re_1", 2000)
    assert order.status == "refunded"
    assert not has_entitlement(customer.pk, "signals", now)
    assert MoneyCase.objects.get().kind == MoneyCase.Kind.PROVIDER_REFUND


def test_a_part_refunded_at_the_provider_changes_access_only_when_staff_say_so(
    buy, customer, now
):
    order = buy()
    say_demo(
        "demo.refund", payment=order.payments.get(), now=now,
        external_id="re_1", state="succeeded", amount_minor=500,
    )  # fmt: skip
    assert has_entitlement(customer.pk, "signals", now)

    decide_access(refund_id=Refund.objects.get().pk, access="revoke", actor="staff:7", now=now)

    assert not has_entitlement(customer.pk, "signals", now)


def test_a_refund_that_fails_later_brings_the_money_back_and_asks_staff(buy, give_back, now):
    order = buy()
    row = give_back(order, 500)

    say_demo(
        "demo.refund", payment=order.payments.get(), now=now,
        external_id=row.external_id, state="failed", amount_minor=500,
    )  # fmt: skip

    order.refresh_from_db()
    row.refresh_from_db()
    assert (row.status, order.status, order.refunded_minor) == ("failed", "fulfilled", 0)
    assert MoneyCase.objects.get().kind == MoneyCase.Kind.REFUND_FAILED


def test_a_promo_code_counts_as_used_again_after_a_refund_that_failed(
    place, pay, give_back, now
):
    promotion = make_promotion(trigger="code")
    make_limit(promotion, "total", 1)
    make_code(promotion, code="ONCE")
    order = pay(place(promo_code="ONCE"))
    row = give_back(order, order.paid_minor)
    assert LimitCounter.objects.get().taken == 0

    for _ in range(2):
        say_demo(
            "demo.refund", payment=order.payments.get(), now=now,
            external_id=row.external_id, state="failed", amount_minor=order.paid_minor,
        )  # fmt: skip

    assert LimitCounter.objects.get().taken == 1


def test_says_who_asked_and_why(buy, give_back):
    order = buy()

    give_back(order, 500, reason="delivered late")

    event = Event.objects.get(kind="refund.requested")
    assert (event.actor, event.subject, event.data["reason"]) == (
        "staff:7",
        order.subject,
        "delivered late",
    )


class TestPreview:
    def test_shows_what_a_full_refund_changes_and_changes_nothing(
        self, place, pay, make_customer, now
    ):
        order = pay(place(customer=make_customer(referrer=make_customer())))
        earned = CommissionEntry.objects.get(kind="earned")
        before = Event.objects.count()

        shown = preview_refund(order_id=order.pk, amount=None, access="revoke", now=now)

        assert (shown.amount, shown.left_after.minor) == (order.paid, 0)
        assert [change.ends_after for change in shown.access] == [now]
        assert shown.commission_back == Money(earned.amount_minor, earned.currency)
        assert Event.objects.count() == before
        assert not Refund.objects.exists()

    @pytest.mark.parametrize("access", ["keep", "shorten", "revoke"])
    def test_is_what_then_happens(self, buy, give_back, access, now):
        order = buy()
        shown = preview_refund(order_id=order.pk, amount=usd(500), access=access, now=now)

        give_back(order, 500, access=access)

        live = Grant.objects.live().filter(access_until__gt=now).first()
        (change,) = shown.access
        assert change.ends_after == (live.ends_at if live else now)

    def test_refuses_an_order_that_was_never_paid(self, place, now):
        with pytest.raises(NothingToRefund):
            preview_refund(order_id=place().pk, amount=None, access="keep", now=now)


def test_what_was_refunded_in_full_is_not_marked_as_sent(buy, make_tier, give_back, now):
    order = buy(tier=make_tier(goods_type="physical"))
    give_back(order, 2000)

    with pytest.raises(OrderIsClosed):
        deliver_order(order_id=order.pk, actor="staff:7", now=now)

    order.refresh_from_db()
    assert (order.status, order.fulfilled_at) == ("refunded", None)


class TestARefundThatShortenedAccessAndFailed:
    @pytest.fixture
    def honoured(self, buy, customer, now):
        """Two partial refunds that shortened; the second failed, and staff honoured that."""

        def make(*amounts: int):
            order = buy()
            whole = Grant.objects.get()
            for number, minor in enumerate(amounts, start=1):
                said = {"external_id": f"re_{number}", "amount_minor": minor}
                payment = order.payments.get()
                say_demo("demo.refund", payment=payment, now=now, state="pending", **said)
                row = Refund.objects.get(external_id=f"re_{number}")
                decide_access(refund_id=row.pk, access="shorten", actor="staff:7", now=now)
            say_demo("demo.refund", payment=payment, now=now, state="failed", **said)
            case = MoneyCase.objects.get(kind="refund_failed")
            honour(case_id=case.pk, actor="staff:7", now=now)
            held = Grant.objects.live().filter(customer=customer)
            return max(each.ends_at for each in held), whole

        return make

    def test_gives_the_time_back(self, honoured):
        ends_at, whole = honoured(1000)

        assert ends_at == whole.ends_at

    def test_keeps_what_another_refund_took(self, honoured):
        ends_at, whole = honoured(200, 1000)

        assert ends_at == whole.starts_at + (whole.ends_at - whole.starts_at) * 9 / 10
