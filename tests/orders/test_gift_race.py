"""A gift is opened while its payment is disputed: beside the naive way, which loses."""

from __future__ import annotations

import time
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from customers.models import Customer
from entitlements.errors import GiftIsHeld
from entitlements.locking import lock_customer
from entitlements.models import Block, GiftCode, Grant
from entitlements.selectors import has_entitlement
from entitlements.services import NewGrant, block, grant_all, redeem_gift
from orders.gifts import Purpose
from orders.models import Dispute
from orders.services.demo_paying import say_demo

pytestmark = pytest.mark.django_db(transaction=True)

rows_are_locked = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite runs one writer at a time by itself"
)


def test_a_dispute_against_opening_its_gift_leaves_no_access(
    place, pay, make_customer, race, now
):
    order = pay(place(months=3, purpose=Purpose.GIFT))
    gift, friend, payment = GiftCode.objects.get(), make_customer(), order.payments.get()

    race(
        lambda: redeem_gift(code=gift.code, customer_id=friend.pk, now=now),
        lambda: say_demo(
            "demo.dispute", payment=payment, now=now, external_id="dp_1", state="open"
        ),
    )

    assert Dispute.objects.get().status == "open"
    assert not has_entitlement(friend.pk, "signals", now)


def wait_until_waiting(count: int) -> None:
    """Return once so many transactions wait for a row that another one holds."""
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            [waiting] = cursor.fetchone()
        if waiting >= count:
            return
        time.sleep(0.01)
    raise AssertionError(f"{waiting} transactions wait, not {count}")


@rows_are_locked
def test_two_who_open_gifts_and_a_dispute_of_the_giver_take_turns(
    make_customer, place, pay, race, now
):
    early, giver, late = make_customer(), make_customer(), make_customer()
    orders = [pay(place(customer=giver, months=1, purpose=Purpose.GIFT)) for _ in range(3)]
    first, second, third = GiftCode.objects.order_by("pk")
    redeem_gift(code=first.code, customer_id=early.pk, now=now)
    payment, held = orders[0].payments.get(), Event()

    @transaction.atomic
    def holds_up() -> None:
        lock_customer(early.pk)
        held.set()
        wait_until_waiting(2)

    def opens(gift: GiftCode, customer: Customer) -> None:
        held.wait(timeout=10)
        redeem_gift(code=gift.code, customer_id=customer.pk, now=now)

    def disputes() -> None:
        held.wait(timeout=10)
        # Whoever opens a gift holds, or waits for, rows on both sides of the giver's by now.
        wait_until_waiting(1)
        say_demo("demo.dispute", payment=payment, now=now, external_id="dp_1", state="open")

    outcomes = race(
        holds_up, lambda: opens(second, early), disputes, lambda: opens(third, late)
    )

    problems = {type(each) for each in outcomes if isinstance(each, Exception)}
    assert problems <= {GiftIsHeld}
    assert Dispute.objects.get().status == "open"
    on_all = Block.objects.filter(only_source="").values_list("customer_id", flat=True)
    assert list(on_all) == [giver.pk]
    assert Block.objects.get(customer=early).only_source == first.grant_source


@rows_are_locked
def test_control_holding_the_giver_first_here_and_last_there_is_a_deadlock(make_customer, race):
    early, giver, met = make_customer(), make_customer(), Barrier(2)

    @transaction.atomic
    def hold(first: Customer, second: Customer) -> None:
        lock_customer(first.pk)
        met.wait(timeout=10)
        lock_customer(second.pk)

    outcomes = race(lambda: hold(giver, early), lambda: hold(early, giver))

    [problem] = [each for each in outcomes if each is not None]
    assert "deadlock" in str(problem)


def test_control_looking_for_the_other_before_writing_lets_a_disputed_gift_through(
    make_customer, tier, signals, race, now
):
    giver, friend, met = make_customer(), make_customer(), Barrier(2)

    def opens() -> None:
        is_held = Block.objects.exists()
        met.wait(timeout=10)
        if not is_held:
            new = NewGrant(type_id=signals.pk, level="premium", source="gift:1", months=1)
            grant_all(customer_id=friend.pk, grants=[new], now=now, actor="test")

    def disputes() -> None:
        is_opened = Grant.objects.exists()
        met.wait(timeout=10)
        for who in (giver, friend) if is_opened else (giver,):
            block(
                customer_id=who.pk, kind="dispute", source="dispute:1", reason="",
                actor="test", now=now,
            )  # fmt: skip

    race(opens, disputes)

    assert has_entitlement(friend.pk, "signals", now)
