"""The process dies before any write, or with the provider's answer in hand; then it goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection

from catalog.models import TierStock
from entitlements.models import Grant
from orders.gateways.demo import from_settings
from orders.gateways.registry import Entry
from orders.models import MoneyCase, Notice, Order, Payment, Receipt, Refund
from orders.references import payment_reference
from orders.services.auditing import audit
from orders.services.closing import expire_due
from orders.services.noticing import accept_and_apply, apply_waiting
from orders.services.paying import open_payment
from orders.services.refunding import refund, retry_refunds
from shopbot.kernel.models import Event
from tests.orders import faulty
from tests.orders.faulty import Killed

pytestmark = pytest.mark.django_db

# Dying at a commit is dying before the next write: what was not committed is gone.
_WRITES = ("INSERT", "UPDATE", "DELETE")


class Death:
    """Ends the process before its n-th write."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.writes = 0

    def __call__(self, execute, sql, params, many, context):
        if sql.startswith(_WRITES):
            self.writes += 1
            if self.writes == self.at:
                raise Killed
        return execute(sql, params, many, context)


def die_everywhere(prepare: Callable, work: Callable, go_on: Callable) -> int:
    """Do work that dies before each of its writes in turn, then let ``go_on`` end it right.

    ``prepare`` makes what the work is done on, anew each time. Returns how often it died.
    """
    deaths = 0
    while True:
        subject = prepare()
        death = Death(at=deaths + 1)
        with suppress(Killed), connection.execute_wrapper(death):
            work(subject)
        go_on(subject)
        if death.writes < death.at:
            return deaths
        deaths += 1


@pytest.fixture
def broken_demo(monkeypatch):
    faulty.reset()
    entry = Entry("tests.orders.faulty.from_settings", lambda: True)
    monkeypatch.setitem(faulty.GATEWAYS, "demo", entry)
    return faulty


@pytest.fixture
def told_paid(open_demo, now):
    """What the provider delivers once an order was paid."""

    def make(order: Order):
        gateway = from_settings()
        body, headers = gateway.message(
            "demo.payment", payment=payment_reference(open_demo(order).pk), at=now,
            status="paid",
        )  # fmt: skip
        return gateway.read(body, headers)

    return make


def test_a_payment_is_delivered_once_wherever_the_process_dies(
    place, told_paid, make_customer, now
):
    later = now + timedelta(hours=1)

    def prepare():
        order = place(customer=make_customer())
        return order, told_paid(order)

    def work(subject):
        accept_and_apply(notice=subject[1], now=now)

    def go_on(subject):
        order, notice = subject
        # The provider delivers again what was not answered; the sweep applies what was stored.
        accept_and_apply(notice=notice, now=later)
        apply_waiting(now=later, limit=100)
        order.refresh_from_db()
        assert (order.status, order.paid_minor) == ("fulfilled", 2000)
        assert Grant.objects.filter(source=order.lines.get().source).count() == 1
        assert Payment.objects.filter(order=order, settled_at__isnull=False).count() == 1
        assert Event.objects.filter(subject=order.subject, kind="order.paid").count() == 1

    deaths = die_everywhere(prepare, work, go_on)

    assert deaths >= 15
    assert Receipt.objects.count() == Order.objects.count()
    assert not MoneyCase.objects.exists()
    assert audit(now=later).differences == 0


def test_a_tap_places_one_order_wherever_the_process_dies(make_customer, make_tier, place):
    tier = make_tier(stock=1000)

    def prepare():
        return make_customer()

    def work(who):
        place(customer=who, tier=tier, placement_key="tap")

    def go_on(who):
        place(customer=who, tier=tier, placement_key="tap")
        assert Order.objects.filter(customer=who).count() == 1

    deaths = die_everywhere(prepare, work, go_on)

    assert deaths >= 5
    assert TierStock.objects.get(tier=tier).available == 1000 - Order.objects.count()


def test_expiry_gives_back_once_wherever_the_process_dies(
    make_tier, make_customer, place, open_demo, now
):
    tier = make_tier(stock=1000)
    later = now + timedelta(hours=1)

    def prepare():
        order = place(tier=tier, customer=make_customer())
        open_demo(order)
        return order

    def work(order):
        expire_due(now=later, limit=100)

    def go_on(order):
        expire_due(now=later + timedelta(minutes=10), limit=100)
        order.refresh_from_db()
        assert order.status == "expired"

    deaths = die_everywhere(prepare, work, go_on)

    assert deaths >= 5
    assert TierStock.objects.get(tier=tier).available == 1000
    assert Event.objects.filter(kind="order.expired").count() == Order.objects.count()


def test_a_refund_leaves_once_wherever_the_process_dies(buy, broken_demo, make_customer, now):
    later = now + timedelta(hours=1)

    def give_back(order):
        refund(
            order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
            actor="staff:1", now=now,
        )  # fmt: skip

    def go_on(order):
        retry_refunds(now=later, limit=100)
        if not Refund.objects.filter(payment__order=order).exists():
            # It died before the request was kept, so staff press again.
            give_back(order)
        order.refresh_from_db()
        row = Refund.objects.get(payment__order=order)
        assert (row.status, order.status, order.refunded_minor) == (
            "succeeded",
            "refunded",
            2000,
        )

    deaths = die_everywhere(lambda: buy(customer=make_customer()), give_back, go_on)

    assert deaths >= 8
    assert not Grant.objects.live().exists()
    assert audit(now=later).differences == 0


def test_dying_with_the_providers_link_in_hand_opens_no_second_payment(place, broken_demo, now):
    order = place()
    broken_demo.fail_next("after:open", error=Killed())
    with pytest.raises(Killed):
        open_payment(order_id=order.pk, gateway="demo", now=now)

    link = open_payment(order_id=order.pk, gateway="demo", now=now)

    assert link.external_id == f"demo_{order.payments.get().key.hex}"


def test_dying_with_the_refunds_answer_in_hand_gives_back_once(buy, broken_demo, now):
    order = buy()
    broken_demo.fail_next("after:refund", error=Killed())
    with pytest.raises(Killed):
        refund(
            order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
            actor="staff:1", now=now,
        )  # fmt: skip
    assert Refund.objects.get().status == "requested"

    retry_refunds(now=now + timedelta(minutes=1), limit=10)

    order.refresh_from_db()
    assert (Refund.objects.get().status, order.status) == ("succeeded", "refunded")
    assert broken_demo.calls.count("refund") == 2


def test_dying_between_asking_and_applying_loses_nothing(place, told_paid, broken_demo, now):
    order = place()
    notice = told_paid(order)
    broken_demo.fail_next("after:fetch", error=Killed())
    with pytest.raises(Killed):
        accept_and_apply(notice=notice, now=now)
    assert Notice.objects.get().outcome == "waiting"

    apply_waiting(now=now, limit=10)

    order.refresh_from_db()
    assert order.status == "fulfilled"


def test_dying_after_closing_the_payment_still_expires_the_order(
    place, open_demo, broken_demo, now
):
    order = place()
    open_demo(order)
    later = now + timedelta(hours=1)
    broken_demo.fail_next("after:cancel", error=Killed())
    with pytest.raises(Killed):
        expire_due(now=later, limit=10)

    expire_due(now=later, limit=10)

    order.refresh_from_db()
    assert order.status == "expired"


def test_a_provider_that_is_away_does_not_keep_an_order_from_expiring_for_ever(
    place, open_demo, broken_demo, now
):
    order = place()
    open_demo(order)
    broken_demo.fail_next("cancel", times=2)

    expire_due(now=now + timedelta(hours=1), limit=10)
    order.refresh_from_db()
    assert order.status == "pending"
    expire_due(now=now + timedelta(hours=25), limit=10)

    order.refresh_from_db()
    assert order.status == "expired"
