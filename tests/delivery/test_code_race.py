"""Many buyers of few codes: each code has one owner, and the naive way gives it to two."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections, transaction

from delivery.errors import OutOfCodes
from delivery.models import Code, Delivery
from delivery.services.codes import reserve_codes
from orders.errors import SoldOut
from orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)


def test_500_buyers_of_100_codes_leave_100_owners(key_tier, make_codes):
    make_codes(key_tier, 100)
    begin = Barrier(10)

    def buy_fifty(buyer: int) -> list[bool]:
        begin.wait(timeout=10)
        try:
            return [take(f"order-line:{buyer}-{turn}") for turn in range(50)]
        finally:
            connections.close_all()

    def take(source: str) -> bool:
        try:
            with transaction.atomic():
                return reserve_codes(tier_id=key_tier.pk, quantity=1, source=source) == 1
        except OutOfCodes:
            return False

    with ThreadPoolExecutor(10) as pool:
        outcomes = [got for part in pool.map(buy_fifty, range(10)) for got in part]

    assert Counter(outcomes) == {True: 100, False: 400}
    owners = Code.objects.values_list("source", flat=True)
    assert len(set(owners)) == 100
    assert "" not in owners


def test_orders_placed_at_once_hold_a_code_each_and_pay_for_it(
    race, make_customer, place, pay, key_tier, make_codes
):
    make_codes(key_tier, 3)
    people = [make_customer() for _ in range(8)]

    outcomes = race([lambda who=who: place(tier=key_tier, customer=who) for who in people])

    placed = [each for each in outcomes if isinstance(each, Order)]
    assert len(placed) == 3
    assert all(isinstance(each, SoldOut) for each in outcomes if each not in placed)
    for order in placed:
        pay(order)
    assert len(set(Delivery.objects.values_list("code_id", flat=True))) == 3


def test_control_look_then_write_gives_one_code_to_two(race, key_tier, make_codes):
    make_codes(key_tier, 1)
    both_have_looked = Barrier(2)

    def naive(source):
        code = Code.objects.filter(status="free").first()
        both_have_looked.wait(timeout=10)
        Code.objects.filter(pk=code.pk).update(status="reserved", source=source)
        return code.secret

    assert race([lambda: naive("order-line:1"), lambda: naive("order-line:2")]) == [
        "K-1",
        "K-1",
    ]
