"""Our books are brought to what a provider says, and money that does not fit is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from entitlements.models import Grant
from entitlements.selectors import has_entitlement
from orders.gateways.protocol import PaymentStatus, ProviderState
from orders.models import MoneyCase, Order, Receipt
from orders.services.applying import apply_state
from orders.services.closing import cancel_order, expire_order
from orders.services.demo_paying import pay_demo_order, say_demo
from orders.services.receipting import issue_receipt
from pricing.models import CommissionEntry
from shopbot.kernel.models import Event
from shopbot.kernel.money import Money

pytestmark = pytest.mark.django_db


def paid(minor: int, currency: str = "USD", charge: str = "ch_1") -> ProviderState:
    return ProviderState(
        status=PaymentStatus.PAID, paid=Money(minor, currency), charge_id=charge
    )


def test_delivers_what_was_paid_for_at_once(buy, customer, now):
    order = buy()

    assert (order.status, order.payment_method, order.paid_minor) == ("fulfilled", "demo", 2000)
    assert order.transaction_id == order.payments.get().charge_id
    assert has_entitlement(customer.pk, "signals", now)
    assert not has_entitlement(customer.pk, "signals", now + timedelta(days=32))


def test_says_what_happened_in_order(buy):
    order = buy()

    kinds = Event.objects.filter(customer_id=order.customer_id).order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == [
        "order.placed",
        "payment.opened",
        "payment.paid",
        "order.paid",
        "grant.granted",
        "order.fulfilled",
    ]


def test_the_same_state_again_changes_nothing(buy, now):
    order = buy()
    payment = order.payments.get()
    before = (Event.objects.count(), Grant.objects.count(), Receipt.objects.count())

    for _ in range(3):
        apply_state(
            payment_id=payment.pk, state=paid(2000, charge=payment.charge_id),
            actor="demo", now=now,
        )  # fmt: skip

    assert before == (Event.objects.count(), Grant.objects.count(), Receipt.objects.count())


def test_an_older_state_never_undoes_a_newer_one(buy, now):
    order = buy()
    payment = order.payments.get()

    for status in (PaymentStatus.OPEN, PaymentStatus.PROCESSING, PaymentStatus.EXPIRED):
        apply_state(
            payment_id=payment.pk, state=ProviderState(status=status), actor="demo", now=now
        )

    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, order.status) == ("paid", "fulfilled")


def test_goods_sent_by_post_stay_paid_until_staff_say_they_were_sent(place, pay, make_tier):
    order = pay(place(tier=make_tier(goods_type="physical")))

    assert (order.status, order.fulfilled_at) == ("paid", None)


def test_an_affiliate_earns_when_the_referred_customer_pays(place, pay, make_customer):
    friend = make_customer()

    order = pay(place(customer=make_customer(referrer=friend), months=12))

    earned = CommissionEntry.objects.get(holder=order.holder)
    assert (earned.customer_id, earned.amount_minor > 0) == (friend.pk, True)


def test_receipts_are_numbered_without_gaps(buy):
    orders = [buy() for _ in range(3)]

    numbers = [order.receipt.number for order in orders]
    assert numbers == ["2026-000001", "2026-000002", "2026-000003"]


def test_a_settlement_that_is_rolled_back_takes_its_receipt_number_back(buy, place):
    buy()
    order = place()
    with transaction.atomic():
        issue_receipt(order=order, now=order.placed_at)
        transaction.set_rollback(True)

    last = buy()

    assert last.receipt.number == "2026-000002"


@pytest.mark.parametrize(
    ("minor", "currency", "kind"),
    [
        (1999, "USD", MoneyCase.Kind.WRONG_AMOUNT),
        (2001, "USD", MoneyCase.Kind.WRONG_AMOUNT),
        (2000, "EUR", MoneyCase.Kind.WRONG_CURRENCY),
    ],
)
def test_another_sum_is_kept_in_the_inbox_and_delivers_nothing(
    place, open_demo, minor, currency, kind, now
):
    order = place()
    payment = open_demo(order)

    apply_state(payment_id=payment.pk, state=paid(minor, currency), actor="demo", now=now)

    order.refresh_from_db()
    payment.refresh_from_db()
    case = MoneyCase.objects.get()
    assert (order.status, payment.status, payment.paid_minor) == ("pending", "paid", minor)
    assert (case.kind, case.payment, case.order, case.amount_minor) == (
        kind, payment, order, minor,
    )  # fmt: skip
    assert not Grant.objects.exists()


def test_money_after_expiry_is_kept_in_the_inbox(place, open_demo, now):
    order = place()
    payment = open_demo(order)
    later = now + timedelta(hours=1)
    expire_order(order_id=order.pk, now=later)

    apply_state(payment_id=payment.pk, state=paid(2000), actor="demo", now=later)

    order.refresh_from_db()
    assert (order.status, order.paid_minor) == ("expired", 0)
    assert MoneyCase.objects.get().kind == MoneyCase.Kind.LATE_PAYMENT
    assert Event.objects.filter(kind="payment.late").count() == 1
    assert not Grant.objects.exists()


def test_money_after_cancelling_is_kept_in_the_inbox(place, open_demo, now):
    order = place()
    payment = open_demo(order)
    cancel_order(order_id=order.pk, actor="customer:1", now=now)

    apply_state(payment_id=payment.pk, state=paid(2000), actor="demo", now=now)

    assert MoneyCase.objects.get().kind == MoneyCase.Kind.LATE_PAYMENT


def test_a_second_payment_of_one_order_is_kept_in_the_inbox_and_gives_nothing_more(buy, now):
    order = buy()
    payment = order.payments.get()

    say_demo("demo.payment", payment=payment, now=now, status="paid", charge="other")

    second = order.payments.exclude(pk=payment.pk).get()
    case = MoneyCase.objects.get()
    assert (second.status, second.paid_minor, second.settled_at) == ("paid", 2000, None)
    assert (case.kind, case.payment) == (MoneyCase.Kind.SECOND_PAYMENT, second)
    assert Grant.objects.count() == 1


def test_a_payment_that_failed_may_still_be_paid(place, open_demo, now):
    order = place()
    payment = open_demo(order)
    say_demo("demo.failure", payment=payment, now=now, status="failed")

    say_demo("demo.payment", payment=payment, now=now, status="paid")

    order.refresh_from_db()
    assert order.status == "fulfilled"


def test_the_demo_button_pays_once(place, now):
    order = place()

    first = pay_demo_order(order_id=order.pk, now=now)
    second = pay_demo_order(order_id=order.pk, now=now)

    assert (first.status, second.status) == ("fulfilled", "fulfilled")
    assert Order.objects.get().payments.count() == 1
