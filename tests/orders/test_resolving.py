"""Money that did not fit waits until staff honour, refund, attach or dismiss it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog.models import TierStock
from entitlements.models import Grant
from entitlements.selectors import has_entitlement
from orders.errors import CannotResolve, CaseIsResolved, ReasonNeeded, SoldOut, UnknownCase
from orders.gateways.protocol import (
    DisputeState,
    DisputeStatus,
    PaymentStatus,
    ProviderState,
    RefundState,
    RefundStatus,
)
from orders.models import MoneyCase, Order, Refund
from orders.services.applying import apply_state
from orders.services.closing import expire_order
from orders.services.demo_paying import say_demo
from orders.services.resolving import attach, choices_for, dismiss, give_money_back, honour
from shopbot.kernel.models import Event
from shopbot.kernel.money import Money

pytestmark = pytest.mark.django_db

STAFF = "staff:7"


@pytest.fixture
def late(place, open_demo, now):
    """Money that came after its order expired."""

    def make(**wish) -> MoneyCase:
        order = place(**wish)
        payment = open_demo(order)
        expire_order(order_id=order.pk, now=now + timedelta(hours=1))
        state = ProviderState(
            status=PaymentStatus.PAID, paid=order.total, charge_id=f"late-{order.pk}"
        )
        apply_state(payment_id=payment.pk, state=state, actor="demo", now=now)
        return MoneyCase.objects.get(payment=payment)

    return make


@pytest.fixture
def second(buy, now):
    """A second payment of one order."""

    def make() -> MoneyCase:
        order = buy()
        say_demo(
            "demo.payment", payment=order.payments.get(), now=now, status="paid",
            charge=f"second-{order.pk}",
        )  # fmt: skip
        return MoneyCase.objects.get(kind="second_payment", order=order)

    return make


def test_honouring_late_money_delivers_the_order(late, customer, now):
    case = late()

    honour(case_id=case.pk, actor=STAFF, now=now)

    case.refresh_from_db()
    order = case.order
    assert (case.resolution, case.resolved_by) == ("honour", STAFF)
    assert (order.status, order.closed_at, order.paid_minor) == ("fulfilled", None, 2000)
    assert has_entitlement(customer.pk, "signals", now)


def test_honouring_takes_the_unit_again_that_expiry_gave_back(late, make_tier, now):
    tier = make_tier(stock=1)
    case = late(tier=tier)
    assert TierStock.objects.get(tier=tier).available == 1

    honour(case_id=case.pk, actor=STAFF, now=now)

    assert TierStock.objects.get(tier=tier).available == 0


def test_honouring_what_is_sold_out_is_refused_and_changes_nothing(late, make_tier, now):
    tier = make_tier(stock=1)
    case = late(tier=tier)
    TierStock.objects.take(tier.pk, 1)

    with pytest.raises(SoldOut):
        honour(case_id=case.pk, actor=STAFF, now=now)

    case.refresh_from_db()
    assert (case.resolution, case.order.status) == ("", "expired")
    assert not Grant.objects.exists()


def test_honouring_another_sum_delivers_for_it(place, open_demo, now):
    order = place()
    payment = open_demo(order)
    state = ProviderState(status=PaymentStatus.PAID, paid=Money(1990, "USD"), charge_id="ch")
    apply_state(payment_id=payment.pk, state=state, actor="demo", now=now)

    honour(case_id=MoneyCase.objects.get().pk, actor=STAFF, now=now)

    order.refresh_from_db()
    assert (order.status, order.total_minor, order.paid_minor) == ("fulfilled", 2000, 1990)


def test_late_money_can_go_back(late, now):
    case = late()

    give_money_back(case_id=case.pk, reason="too late", actor=STAFF, now=now)

    case.refresh_from_db()
    case.payment.refresh_from_db()
    assert (case.resolution, Refund.objects.get().status) == ("refund", "succeeded")
    assert (case.payment.refunded_minor, case.order.status) == (2000, "expired")


def test_a_second_payment_goes_back_without_ending_what_the_first_one_gives(
    second, customer, now
):
    case = second()

    give_money_back(case_id=case.pk, reason="paid twice", actor=STAFF, now=now)

    case.order.refresh_from_db()
    assert (case.order.status, case.order.refunded_minor) == ("fulfilled", 0)
    assert has_entitlement(customer.pk, "signals", now)


@pytest.fixture
def goes_back(now):
    """Let a provider say what became of a refund that was made there."""

    def say(case: MoneyCase, minor: int, status=RefundStatus.SUCCEEDED) -> None:
        payment = case.payment
        made = RefundState(
            external_id="re_1", amount=Money(minor, payment.currency), status=status
        )
        state = ProviderState(
            status=PaymentStatus.PAID, paid=payment.paid, charge_id=payment.charge_id,
            refunds=(made,),
        )  # fmt: skip
        apply_state(payment_id=payment.pk, state=state, actor="demo", now=now)

    return say


@pytest.mark.parametrize("make", ["late", "second"])
def test_what_went_back_at_the_provider_is_decided(make, request, goes_back):
    case = request.getfixturevalue(make)()

    goes_back(case, 2000)

    case.refresh_from_db()
    assert (case.resolution, case.resolved_by) == ("refund", "demo")
    assert case.reason == "Made at demo, not here."
    assert MoneyCase.objects.count() == 1


def test_what_went_back_in_part_still_waits(late, goes_back):
    case = late()

    goes_back(case, 500)

    case.refresh_from_db()
    assert (case.resolution, MoneyCase.objects.count()) == ("", 1)


def test_late_money_whose_refund_failed_can_be_sent_again(late, goes_back, now):
    case = late()
    goes_back(case, 2000)
    goes_back(case, 2000, RefundStatus.FAILED)
    failed = MoneyCase.objects.get(kind="refund_failed")
    assert choices_for(case=failed) == {"refund", "dismiss"}

    give_money_back(case_id=failed.pk, reason="again", actor=STAFF, now=now)

    failed.refresh_from_db()
    failed.payment.refresh_from_db()
    assert (failed.resolution, failed.payment.refunded_minor) == ("refund", 2000)


def test_money_can_be_attached_to_another_waiting_order(late, place, customer, now):
    case = late()
    other = place()

    attach(case_id=case.pk, order_id=other.pk, actor=STAFF, now=now)

    case.refresh_from_db()
    other.refresh_from_db()
    assert (case.resolution, case.payment.order, other.status) == ("attach", other, "fulfilled")
    assert Grant.objects.get().source == other.lines.get().source


def test_money_is_not_attached_to_an_order_of_another_sum(late, place, now):
    case = late()
    other = place(months=3)

    with pytest.raises(CannotResolve):
        attach(case_id=case.pk, order_id=other.pk, actor=STAFF, now=now)

    other.refresh_from_db()
    case.refresh_from_db()
    assert (other.status, case.resolution, case.payment.order) == ("pending", "", case.order)


def test_money_that_went_back_is_not_attached(late, place, now):
    case = late()
    other = place()
    give_money_back(case_id=case.pk, reason="late", actor=STAFF, now=now)

    with pytest.raises(CaseIsResolved):
        attach(case_id=case.pk, order_id=other.pk, actor=STAFF, now=now)

    other.refresh_from_db()
    assert other.status == "pending"


def test_dismissing_needs_a_reason(late, now):
    case = late()

    with pytest.raises(ReasonNeeded):
        dismiss(case_id=case.pk, reason=" ", actor=STAFF, now=now)

    assert MoneyCase.objects.open().count() == 1


def test_dismissing_changes_nothing_but_the_case(late, now):
    case = late()

    dismiss(case_id=case.pk, reason="settled by phone", actor=STAFF, now=now)

    case.refresh_from_db()
    assert (case.resolution, case.reason) == ("dismiss", "settled by phone")
    assert Order.objects.get().status == "expired"


def test_a_resolved_case_is_not_resolved_again(late, now):
    case = late()
    honour(case_id=case.pk, actor=STAFF, now=now)

    for again in (honour, dismiss):
        with pytest.raises(CaseIsResolved):
            again(case_id=case.pk, reason="again", actor=STAFF, now=now)

    assert Event.objects.filter(kind="money_case.resolved").count() == 1


def test_a_second_payment_cannot_be_honoured(second, now):
    case = second()

    with pytest.raises(CannotResolve):
        honour(case_id=case.pk, actor=STAFF, now=now)

    assert "honour" not in choices_for(case=case)


def test_a_refund_that_failed_can_give_access_back(buy, customer, now):
    order = buy()
    say_demo(
        "demo.refund", payment=order.payments.get(), now=now, external_id="re_1",
        state="succeeded", amount_minor=2000,
    )  # fmt: skip
    assert not has_entitlement(customer.pk, "signals", now)
    say_demo(
        "demo.refund", payment=order.payments.get(), now=now, external_id="re_1",
        state="failed", amount_minor=2000,
    )  # fmt: skip
    case = MoneyCase.objects.get(kind="refund_failed")

    honour(case_id=case.pk, actor=STAFF, now=now)

    assert has_entitlement(customer.pk, "signals", now + timedelta(days=30))
    assert not has_entitlement(customer.pk, "signals", now + timedelta(days=32))


def test_every_kind_says_what_may_be_done_about_it():
    for kind in MoneyCase.Kind:
        offered = choices_for(case=MoneyCase(kind=kind, payment_id=1))

        assert "dismiss" in offered


def test_an_unknown_case_is_refused(now):
    with pytest.raises(UnknownCase):
        honour(case_id=1, actor=STAFF, now=now)


@pytest.mark.parametrize("minor", [500, 1999])
def test_money_that_went_back_meanwhile_is_not_honoured(late, goes_back, customer, minor, now):
    case = late()
    goes_back(case, minor)

    with pytest.raises(CannotResolve):
        honour(case_id=case.pk, actor=STAFF, now=now)

    case.refresh_from_db()
    assert (case.resolution, case.order.status) == ("", "expired")
    assert not has_entitlement(customer.pk, "signals", now)


@pytest.mark.parametrize("status", [DisputeStatus.OPEN, DisputeStatus.LOST])
def test_money_that_is_disputed_settles_no_other_order(late, place, now, status):
    case = late()
    state = ProviderState(
        status=PaymentStatus.PAID,
        paid=case.payment.paid,
        disputes=(DisputeState(external_id="dp", amount=case.payment.paid, status=status),),
    )
    apply_state(payment_id=case.payment.pk, state=state, actor="demo", now=now)
    other = place()

    with pytest.raises(CannotResolve):
        attach(case_id=case.pk, order_id=other.pk, actor=STAFF, now=now)

    other.refresh_from_db()
    assert (other.status, Grant.objects.count()) == ("pending", 0)
