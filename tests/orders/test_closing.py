"""An order that nobody pays lets go of what it held, exactly once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog.models import TierStock
from orders.errors import AlreadyPaid, OrderIsClosed
from orders.models import Order, Payment
from orders.services.closing import cancel_order, close_leftovers, expire_due
from orders.services.demo_paying import say_demo
from orders.services.paying import open_payment
from pricing.engine.errors import PromoRefused
from pricing.models import LimitCounter
from shopbot.kernel.models import Event
from tests.pricing.rows import make_code, make_promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def scarce(make_tier):
    return make_tier(stock=3)


def left(tier) -> int:
    return TierStock.objects.get(tier=tier).available


def test_expires_what_was_not_paid_in_time_and_gives_its_stock_back(place, scarce, now):
    order = place(tier=scarce)
    later = now + timedelta(minutes=31)

    expired = expire_due(now=later, limit=10)

    order.refresh_from_db()
    assert (expired, order.status, order.closed_at) == (1, "expired", later)
    assert left(scarce) == 3


def test_expiring_again_gives_nothing_back_twice(place, scarce, now):
    place(tier=scarce)
    later = now + timedelta(minutes=31)
    expire_due(now=later, limit=10)

    again = expire_due(now=later, limit=10)

    assert (again, left(scarce)) == (0, 3)
    assert Event.objects.filter(kind="order.expired").count() == 1


def test_an_order_that_cannot_be_closed_holds_up_no_other(place, make_customer, now, caplog):
    make_promotion(limits={"customer": 1})
    broken, whole = place(), place(customer=make_customer(region_confirmed_at=now))
    LimitCounter.objects.filter(customer=broken.customer).update(taken=0)
    later = now + timedelta(minutes=31)

    expired = expire_due(now=later, limit=10)

    for order in (broken, whole):
        order.refresh_from_db()
    assert (expired, broken.status, whole.status) == (1, "pending", "expired")
    assert broken.expires_at > later
    assert f"order {broken.pk} was not expired" in caplog.text


def test_leaves_alone_what_still_has_time(place, scarce, now):
    order = place(tier=scarce)

    assert expire_due(now=now + timedelta(minutes=29), limit=10) == 0

    order.refresh_from_db()
    assert (order.status, left(scarce)) == ("pending", 2)


def test_waits_for_a_bank_that_is_still_working_on_it(place, open_demo, now):
    order = place()
    say_demo("demo.bank", payment=open_demo(order), now=now, status="processing")

    assert expire_due(now=now + timedelta(days=2), limit=10) == 0

    order.refresh_from_db()
    assert order.status == "pending"


def test_expiring_closes_the_attempts_to_pay(place, open_demo, now):
    payment = open_demo(place())

    expire_due(now=now + timedelta(minutes=31), limit=10)

    payment.refresh_from_db()
    assert payment.status == "cancelled"


def test_expires_at_most_as_many_as_asked_the_oldest_first(place, now):
    first, _second = place(), place(now=now + timedelta(seconds=1))

    assert expire_due(now=now + timedelta(hours=1), limit=1) == 1

    assert list(Order.objects.filter(status="expired")) == [first]


def test_cancelling_gives_the_stock_back_once(place, scarce, now):
    order = place(tier=scarce)

    for _ in range(2):
        cancel_order(order_id=order.pk, actor="customer:1", now=now, reason="changed mind")

    order.refresh_from_db()
    assert (order.status, left(scarce)) == ("cancelled", 3)
    assert Event.objects.get(kind="order.cancelled").data["reason"] == "changed mind"


def test_a_paid_order_is_not_cancelled(buy, now):
    order = buy()

    with pytest.raises(AlreadyPaid):
        cancel_order(order_id=order.pk, actor="customer:1", now=now)

    order.refresh_from_db()
    assert order.status == "fulfilled"


def test_an_expired_order_is_not_cancelled(place, now):
    order = place()
    expire_due(now=now + timedelta(hours=1), limit=10)

    with pytest.raises(OrderIsClosed):
        cancel_order(order_id=order.pk, actor="customer:1", now=now)


def test_a_closed_order_opens_no_payment(place, now):
    order = place()
    cancel_order(order_id=order.pk, actor="customer:1", now=now)

    with pytest.raises(OrderIsClosed):
        open_payment(order_id=order.pk, gateway="demo", now=now)

    assert not Payment.objects.exists()


def test_an_order_whose_time_is_over_opens_no_payment_though_no_sweep_ran(place, now):
    order = place()

    with pytest.raises(OrderIsClosed):
        open_payment(order_id=order.pk, gateway="demo", now=now + timedelta(minutes=30))

    assert not Payment.objects.exists()


def test_other_attempts_are_closed_once_one_of_them_paid(place, pay, open_demo, now):
    order = place()
    first = open_demo(order)
    Payment.objects.filter(pk=first.pk).update(expires_at=now)
    pay(order)
    assert [each.status for each in order.payments.order_by("pk")] == ["open", "paid"]

    close_leftovers(now=now, limit=10)

    assert [each.status for each in order.payments.order_by("pk")] == ["cancelled", "paid"]


def test_opening_twice_is_one_attempt(place, now):
    order = place()

    first = open_payment(order_id=order.pk, gateway="demo", now=now)
    second = open_payment(order_id=order.pk, gateway="demo", now=now)

    assert second.url == first.url
    assert order.payments.count() == 1
    assert Event.objects.filter(kind="payment.opened").count() == 1


@pytest.fixture
def last_use(tier):
    """A code for a tenth less that is good for one order."""
    promotion = make_promotion(percent_bps=1_000, trigger="code", limits={"total": 1})
    return make_code(promotion).code


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_a_code_whose_order_was_closed_unpaid_can_be_used_by_the_next(
    place, make_customer, last_use, how, now
):
    """Vendure #1466: cancelling an order did not release its promotion's use."""
    order = place(promo_code=last_use)
    friend = make_customer(region_confirmed_at=now)
    with pytest.raises(PromoRefused):
        place(customer=friend, promo_code=last_use)
    later = now + timedelta(hours=2)

    if how == "cancelled":
        cancel_order(order_id=order.pk, actor="customer:1", now=now)
    else:
        expire_due(now=later, limit=10)

    assert place(customer=friend, promo_code=last_use, now=later).total_minor == 1800
