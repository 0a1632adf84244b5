"""Many at once: each race stands beside a control in which the naive way loses it."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import transaction

from catalog.models import TierStock
from entitlements.models import Grant
from orders.errors import CaseIsResolved, SoldOut
from orders.gateways.demo import from_settings
from orders.gateways.protocol import PaymentStatus, ProviderState
from orders.gateways.signing import order_payload
from orders.gateways.stars_facts import paid_notice
from orders.models import MoneyCase, Notice, Order, Payment, Receipt, Refund, Subscription
from orders.references import payment_reference
from orders.services.applying import apply_state, sync_payment
from orders.services.closing import cancel_order, expire_order
from orders.services.noticing import accept_and_apply, apply_waiting
from orders.services.paying import open_payment, open_subscription
from orders.services.refunding import refund
from orders.services.resolving import attach, honour
from orders.services.settling import settle_by_hand
from orders.services.stars import record_star_payment
from pricing.models import StoredQuote
from shopbot.kernel.errors import Busy
from tests.orders.gateways.conftest import books, place_now

__all__ = ["books", "place_now"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def notice_of(open_demo, now):
    """A verified notice that an order was paid, by a charge of its own if named."""

    def make(order: Order, **said):
        payment = order.payments.first() or open_demo(order)
        gateway = from_settings()
        body, headers = gateway.message(
            "demo.payment", payment=payment_reference(payment.pk), at=now, status="paid", **said
        )
        return gateway.read(body, headers)

    return make


@pytest.fixture
def by_demo(place, notice_of):
    """An order that the demo gateway says is paid, and what it says."""
    order = place()
    return order, [notice_of(order, charge=f"ch_{number}") for number in range(4)]


@pytest.fixture
def by_stars(telegram, place_stars, customer, now):
    """An order that Telegram took Stars for, four times over."""
    order = place_stars()
    open_payment(order_id=order.pk, gateway="stars", now=now)
    who = customer.telegram_id
    payload = order_payload(order_id=order.pk, amount=order.total, telegram_id=who)
    return order, [
        paid_notice(
            charge_id=f"stars-{number}",
            payload=payload,
            amount_minor=order.total_minor,
            telegram_id=who,
            at=now.isoformat(),
        )  # fmt: skip
        for number in range(4)
    ]


@pytest.fixture
def by_card(books, place_now, notice_of):
    """An order that was paid by card at Stripe, and in another window at the demo gateway."""
    order = place_now()
    elsewhere = notice_of(order, charge="ch_0")
    books.pay(open_payment(order_id=order.pk, gateway="stripe", now=order.placed_at))
    said = {notice.kind: notice for notice in books.notices()}
    return order, [said["checkout.session.completed"], elsewhere]


@pytest.fixture(params=["by_demo", "by_stars", "by_card"])
def told(request):
    """A paid order with a notice of each payment, the provider's own first."""
    return request.getfixturevalue(request.param)


def test_fifty_deliveries_of_one_notice_at_once_are_one_payment(told, race):
    order, (notice, *_) = told

    race([lambda: accept_and_apply(notice=notice, now=order.placed_at)] * 50)

    order.refresh_from_db()
    assert (order.status, Notice.objects.count()) == ("fulfilled", 1)
    assert Grant.objects.count() == Receipt.objects.count() == 1
    assert not MoneyCase.objects.exists()


def test_control_checking_before_writing_stores_one_notice_many_times(race, now):
    met = Barrier(5)
    seen: list[bool] = []

    def naive() -> None:
        exists = Notice.objects.filter(kind="naive").exists()
        met.wait(timeout=10)
        if not exists:
            Notice.objects.create(
                provider="demo", event_id=f"evt-{len(seen)}-{id(object())}", kind="naive",
                received_at=now,
            )  # fmt: skip
            seen.append(True)

    race([naive] * 5)

    assert Notice.objects.filter(kind="naive").count() > 1


def test_webhook_and_return_page_at_once_deliver_once(told, race):
    order, (notice, *_) = told
    payment = order.payments.get(gateway=notice.provider)
    asked = {"payment_id": payment.pk, "actor": payment.gateway, "now": order.placed_at}

    race(
        [lambda: accept_and_apply(notice=notice, now=order.placed_at)] * 5
        + [lambda: sync_payment(**asked)] * 5
    )
    sync_payment(**asked)

    order.refresh_from_db()
    assert order.status == "fulfilled"
    assert Grant.objects.count() == Receipt.objects.count() == 1


def test_two_payments_of_one_order_at_once_settle_it_once_and_lose_no_money(told, race):
    order, notices = told

    race([lambda n=n: accept_and_apply(notice=n, now=order.placed_at) for n in notices])

    order.refresh_from_db()
    paid = Payment.objects.filter(status="paid")
    assert (order.status, order.paid_minor) == ("fulfilled", order.total_minor)
    assert paid.count() == len(notices)
    assert paid.filter(settled_at__isnull=False).count() == Grant.objects.count() == 1
    assert MoneyCase.objects.filter(kind="second_payment").count() == len(notices) - 1


def test_control_reading_adding_and_writing_loses_money(buy, race):
    order = buy()
    met = Barrier(3)

    def naive() -> None:
        seen = Order.objects.get(pk=order.pk).total_minor
        met.wait(timeout=10)
        Order.objects.filter(pk=order.pk).update(total_minor=seen + 100)

    race([naive] * 3)

    order.refresh_from_db()
    assert order.total_minor == 2100


def test_the_last_unit_is_sold_once(make_customer, make_tier, place, race):
    tier = make_tier(stock=1)
    buyers = [make_customer() for _ in range(8)]

    outcomes = race([lambda who=who: place(customer=who, tier=tier) for who in buyers])

    refused = [each for each in outcomes if isinstance(each, SoldOut)]
    assert (len(refused), Order.objects.count()) == (7, 1)
    assert TierStock.objects.get(tier=tier).available == 0
    assert StoredQuote.objects.count() == 1


def test_control_checking_before_taking_sells_the_last_unit_twice(make_tier, race):
    tier = make_tier(stock=1)
    met = Barrier(2)

    def naive() -> bool:
        seen = TierStock.objects.get(tier=tier).available
        met.wait(timeout=10)
        TierStock.objects.filter(tier=tier).update(available=seen - 1)
        return seen > 0

    assert race([naive] * 2) == [True, True]


def test_a_double_tap_places_one_order(place, race):
    outcomes = race([lambda: place(placement_key="tap")] * 8)

    assert {order.pk for order in outcomes} == {Order.objects.get().pk}


def test_paying_while_it_expires_ends_in_one_of_both_and_loses_no_money(
    place, notice_of, make_tier, race, now
):
    tier = make_tier(stock=1)
    order = place(tier=tier)
    notice = notice_of(order)
    later = now + timedelta(hours=1)

    race(
        lambda: accept_and_apply(notice=notice, now=later),
        lambda: expire_order(order_id=order.pk, now=later),
    )

    order.refresh_from_db()
    left = TierStock.objects.get(tier=tier).available
    cases = MoneyCase.objects.filter(kind="late_payment").count()
    assert (order.status, left, cases) in [("fulfilled", 0, 0), ("expired", 1, 1)]


def test_cancelling_and_settling_by_hand_at_once_end_in_one_of_both(
    place, make_tier, race, now
):
    tier = make_tier(stock=1)
    order = place(tier=tier)

    race(
        lambda: cancel_order(order_id=order.pk, actor="customer:1", now=now),
        lambda: settle_by_hand(order_id=order.pk, reason="cash", actor="staff:1", now=now),
    )

    order.refresh_from_db()
    left = TierStock.objects.get(tier=tier).available
    assert (order.status, left) in [("fulfilled", 0), ("cancelled", 1)]


def test_honouring_and_attaching_one_case_at_once_lock_in_one_order(
    place, make_customer, open_demo, race, now
):
    late, other = place(), place(customer=make_customer())
    payment = open_demo(late)
    expire_order(order_id=late.pk, now=now + timedelta(hours=1))
    state = ProviderState(status=PaymentStatus.PAID, paid=late.total, charge_id="late")
    apply_state(payment_id=payment.pk, state=state, actor="demo", now=now)
    case = {"case_id": MoneyCase.objects.get().pk, "actor": "staff:1", "now": now}

    def hold_the_payment() -> None:
        # Until both have locked what comes before it, the one that honors first.
        with transaction.atomic():
            Payment.objects.locked().get(pk=payment.pk)
            time.sleep(0.6)

    def honour_it() -> MoneyCase:
        time.sleep(0.2)
        return honour(**case)

    def attach_it() -> MoneyCase:
        time.sleep(0.4)
        return attach(order_id=other.pk, **case)

    _, *outcomes = race(hold_the_payment, honour_it, attach_it)

    # A busy machine and SQLite, whose one lock knows no queue, may let the later one in first;
    # then the one that waited finds the payment with another order.
    resolved = [each for each in outcomes if isinstance(each, MoneyCase)]
    refused = [each for each in outcomes if isinstance(each, (CaseIsResolved, Busy))]
    assert (len(resolved), len(refused)) == (1, 1)


def test_two_full_refunds_at_once_give_the_money_back_once(buy, race, now):
    order = buy()

    def give_back() -> Refund:
        return refund(
            order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
            actor="staff:1", now=now,
        )  # fmt: skip

    race([give_back] * 4)

    order.refresh_from_db()
    assert (Refund.objects.count(), order.refunded_minor) == (1, 2000)


def test_a_refund_against_a_renewal_ends_the_one_and_keeps_the_other(
    telegram, place_stars, customer, race, now
):
    order = place_stars()
    open_subscription(order_id=order.pk, gateway="stars", now=now)
    payload = order_payload(
        order_id=order.pk, amount=order.total, telegram_id=customer.telegram_id
    )

    def charge(number: int, **more) -> None:
        record_star_payment(
            telegram_id=customer.telegram_id, payload=payload, charge_id=f"stars-{number}",
            currency="XTR", total_amount=order.total_minor, paid_at=now, now=now,
            is_recurring=True, **more,
        )  # fmt: skip

    charge(1, is_first_recurring=True)
    order.refresh_from_db()

    outcomes = race(
        lambda: charge(2),
        lambda: refund(
            order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
            actor="staff:1", now=now,
        ),
    )  # fmt: skip

    order.refresh_from_db()
    renewal = Order.objects.exclude(pk=order.pk).get()
    live = Grant.objects.live().get()
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert (order.status, renewal.status) == ("refunded", "fulfilled")
    assert live.source == renewal.lines.get().source


def test_a_refund_against_a_renewal_by_card_ends_the_one_and_keeps_the_other(
    books, place_now, race
):
    order = place_now()
    books.begin(order)
    books.deliver()
    order.refresh_from_db()
    books.pass_days(32)
    later = books.now()

    outcomes = race(
        [lambda n=n: accept_and_apply(notice=n, now=later) for n in books.notices()]
        + [
            lambda: refund(
                order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
                actor="staff:1", now=later,
            )
        ]
    )  # fmt: skip
    # What a delivery found busy waits for the sweep; that it renews no more is told afterwards.
    afterwards = later + timedelta(minutes=1)
    apply_waiting(now=afterwards, limit=100)
    for notice in books.notices():
        accept_and_apply(notice=notice, now=afterwards)

    order.refresh_from_db()
    renewal = Order.objects.exclude(pk=order.pk).get()
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert (order.status, renewal.status) == ("refunded", "fulfilled")
    assert Grant.objects.live().get().source == renewal.lines.get().source
    assert Subscription.objects.get().will_renew is False


def test_opening_twice_at_once_is_one_attempt(place, race, now):
    order = place()

    race([lambda: open_payment(order_id=order.pk, gateway="demo", now=now)] * 5)

    assert order.payments.count() == 1


def test_receipts_of_orders_paid_at_once_have_no_gaps(
    place, notice_of, make_customer, race, now
):
    notices = [notice_of(place(customer=make_customer())) for _ in range(8)]

    race([lambda n=n: accept_and_apply(notice=n, now=now) for n in notices])

    assert sorted(Receipt.objects.values_list("sequence", flat=True)) == list(range(1, 9))
