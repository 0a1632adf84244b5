"""What providers say is stored first; what cannot be applied is kept and shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orders.gateways.protocol import PaymentNotice, Refs
from orders.gateways.registry import Entry
from orders.models import MoneyCase, Notice, Order, Payment
from orders.services.noticing import (
    MOST_ATTEMPTS,
    accept_and_apply,
    accept_notice,
    apply_notice,
    apply_waiting,
    replay_notice,
)
from shopbot.kernel.money import Money
from tests.orders import faulty

pytestmark = pytest.mark.django_db


def notice(**fields) -> PaymentNotice:
    fields = {
        "provider": "demo",
        "event_id": "evt_1",
        "kind": "demo.payment",
        "refs": Refs(),
        "body": {},
        **fields,
    }
    return PaymentNotice(**fields)


def paid(order: Order, now, **fields) -> PaymentNotice:
    payment = order.payments.get()
    body = {
        "kind": "demo.payment", "status": "paid", "charge_id": "ch_1", "at": now.isoformat(),
        "amount_minor": order.total_minor, "currency": order.currency,
    }  # fmt: skip
    refs = Refs(payment_key=str(payment.key), charge_id="ch_1")
    return notice(refs=refs, body=body, amount=order.total, **fields)


@pytest.fixture
def broken_demo(monkeypatch):
    """A demo gateway that fails as often as it is told to."""
    faulty.reset()
    entry = Entry("tests.orders.faulty.from_settings", lambda: True)
    monkeypatch.setitem(faulty.GATEWAYS, "demo", entry)
    return faulty


def test_is_stored_once_however_often_it_is_delivered(now):
    assert [accept_notice(notice=notice(), now=now) for _ in range(3)] == [True, False, False]
    assert Notice.objects.count() == 1


def test_the_same_id_of_two_providers_is_two_notices(now):
    for provider in ("demo", "stars"):
        accept_notice(notice=notice(provider=provider), now=now)

    assert Notice.objects.count() == 2


def test_storing_decides_nothing(place, open_demo, now):
    order = place()
    open_demo(order)

    accept_notice(notice=paid(order, now), now=now)

    order.refresh_from_db()
    assert (order.status, Notice.objects.get().outcome) == ("pending", "waiting")


def test_the_sweep_applies_what_a_dead_process_left(place, open_demo, now):
    order = place()
    open_demo(order)
    accept_notice(notice=paid(order, now), now=now)

    assert apply_waiting(now=now, limit=10) == 1

    order.refresh_from_db()
    assert (order.status, Notice.objects.get().outcome) == ("fulfilled", "applied")


def test_what_is_about_somebody_else_is_ignored(now):
    row = accept_and_apply(notice=notice(is_ours=False), now=now)

    assert (row.outcome, row.error) == ("foreign", "")
    assert not MoneyCase.objects.exists()


def test_a_provider_that_is_away_delays_and_loses_nothing(place, open_demo, broken_demo, now):
    order = place()
    open_demo(order)
    broken_demo.fail_next("fetch")

    row = accept_and_apply(notice=paid(order, now), now=now)
    assert (row.outcome, row.attempts, row.next_attempt_at) == (
        "waiting",
        1,
        now + timedelta(seconds=5),
    )
    apply_waiting(now=now + timedelta(seconds=5), limit=10)

    order.refresh_from_db()
    assert order.status == "fulfilled"


def test_one_that_fails_delays_no_other(place, open_demo, broken_demo, now, make_customer):
    orders = [place(customer=make_customer()) for _ in range(2)]
    for number, order in enumerate(orders):
        open_demo(order)
        accept_notice(notice=paid(order, now, event_id=f"evt_{number}"), now=now)
    broken_demo.fail_next("fetch", error=RuntimeError("a bug"))

    apply_waiting(now=now, limit=10)

    statuses = sorted(Order.objects.values_list("status", flat=True))
    assert statuses == ["fulfilled", "pending"]


def test_gives_up_after_twelve_tries_and_can_be_replayed(place, open_demo, broken_demo, now):
    order = place()
    open_demo(order)
    accept_notice(notice=paid(order, now), now=now)
    broken_demo.fail_next("fetch", times=MOST_ATTEMPTS)
    for day in range(MOST_ATTEMPTS):
        apply_waiting(now=now + timedelta(days=day), limit=10)
    row = Notice.objects.get()
    assert (row.outcome, row.attempts) == ("dead", MOST_ATTEMPTS)

    replayed = replay_notice(notice_id=row.pk, now=now)

    order.refresh_from_db()
    assert (replayed.outcome, order.status) == ("applied", "fulfilled")


def test_applying_again_changes_nothing(place, open_demo, now):
    order = place()
    open_demo(order)
    row = accept_and_apply(notice=paid(order, now), now=now)

    again = apply_notice(notice_id=row.pk, now=now + timedelta(days=1))

    assert again.applied_at == now


def test_money_of_no_payment_of_ours_becomes_a_payment_without_order_and_a_case(now, customer):
    stray = notice(
        refs=Refs(charge_id="ch_9"),
        body={
            "kind": "demo.payment", "status": "paid", "charge_id": "ch_9",
            "amount_minor": 700, "currency": "USD", "at": now.isoformat(),
        },
        amount=Money(700, "USD"),
        payer_telegram_id=customer.telegram_id,
    )  # fmt: skip

    accept_and_apply(notice=stray, now=now)

    payment, case = Payment.objects.get(), MoneyCase.objects.get()
    assert (payment.order, payment.customer, payment.paid_minor) == (None, customer, 700)
    assert (case.kind, case.payment, case.amount_minor) == ("unknown_order", payment, 700)


def test_a_refund_of_money_we_never_saw_is_shown_too(now):
    stray = notice(
        kind="demo.refund",
        refs=Refs(charge_id="ch_9"),
        body={
            "kind": "demo.refund", "external_id": "re_1", "state": "succeeded",
            "amount_minor": 700, "currency": "USD", "at": now.isoformat(),
        },
        amount=Money(700, "USD"),
    )  # fmt: skip

    accept_and_apply(notice=stray, now=now)

    assert not Payment.objects.exists()
    assert MoneyCase.objects.get().kind == "unknown_order"
