"""Any sequence of a payment's notices ends in the same books.

Shuffled, repeated, and partly lost with reconciliation afterwards: what counts is the set of
facts, never the way in which they came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.fake_stripe import portal, refunds, scheduler
from orders.gateways.signing import order_payload
from orders.models import Order, ReconcileCursor
from orders.services.demo_paying import say_demo
from orders.services.paying import open_payment, open_subscription
from orders.services.reconciling import reconcile
from orders.services.stars import (
    record_star_payment,
    record_star_refund,
    record_star_subscription,
)
from shopbot.kernel import clock
from shopbot.kernel.months import add_months
from tests.orders.fake_stripe.harness import PostedShop, plugged_in
from tests.orders.ledger import books

pytestmark = pytest.mark.django_db

many = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
_numbers = count(1)

# One thing a provider says: called, it is said.
Word = Callable[[], Any]


def told(words: Sequence[Word], told_in: Sequence[int]) -> None:
    for number in told_in:
        words[number]()


def mixed(size: int) -> st.SearchStrategy[list[int]]:
    """Every word at least once, in any order, some of them again."""
    return st.permutations(range(size)).flatmap(
        lambda order: st.lists(st.integers(0, size - 1), max_size=4).map(
            lambda again: [*order, *again]
        )
    )


DEMO_WORDS: list[tuple[str, dict[str, Any]]] = [
    ("demo.bank", {"status": "processing"}),
    ("demo.failure", {"status": "failed"}),
    ("demo.payment", {"status": "paid"}),
    ("demo.refund", {"external_id": "re_1", "state": "pending", "amount_minor": 300}),
    ("demo.refund", {"external_id": "re_1", "state": "succeeded", "amount_minor": 300}),
    ("demo.refund", {"external_id": "re_2", "state": "succeeded", "amount_minor": 500}),
    ("demo.dispute", {"external_id": "dp_1", "state": "warning"}),
    ("demo.dispute", {"external_id": "dp_1", "state": "open"}),
    ("demo.dispute", {"external_id": "dp_1", "state": "won"}),
]


@pytest.fixture
def demo_order(place, make_customer, open_demo, now):
    """A new customer's order, and all that the demo provider says about it."""

    def make() -> tuple[Order, list[Word]]:
        order = place(customer=make_customer())
        payment = open_demo(order)

        def word(kind: str, said: dict[str, Any]) -> Word:
            return lambda: say_demo(kind, payment=payment, now=now, **said)

        return order, [word(kind, said) for kind, said in DEMO_WORDS]

    return make


@pytest.fixture
def demo_books(demo_order, now):
    """What the books say when everything is told once and in order."""
    order, words = demo_order()
    told(words, range(len(words)))
    return books(order, now)


@many
@given(told_in=mixed(len(DEMO_WORDS)))
def test_of_a_payment_refunded_in_part_and_disputed(demo_order, demo_books, now, told_in):
    order, words = demo_order()

    told(words, told_in)

    assert books(order, now) == demo_books
    assert demo_books["first"] == ("partially_refunded", 2000, 800, False)


STATES = ["canceled", "active", "failed"]


@pytest.fixture
def star_order(place, make_customer, telegram, now):
    """A new customer's subscription: what became of it, and charges of which some go back.

    The charges are in Telegram's list; what became of the agreement is in none.
    """

    def make(
        charges: int, refunded: frozenset[int], became: Sequence[str]
    ) -> tuple[Order, list[Word]]:
        telegram.transactions.clear()
        ReconcileCursor.objects.all().delete()
        order = place(customer=make_customer(), currency="XTR")
        open_subscription(order_id=order.pk, gateway="stars", now=now)
        payload = order_payload(
            order_id=order.pk, amount=order.total, telegram_id=order.customer.telegram_id
        )
        words = [
            _became(order, payload, state, number, now) for number, state in enumerate(became)
        ]
        names = [f"stars-{next(_numbers)}" for _ in range(charges)]
        for number, name in enumerate(names):
            at = now - timedelta(minutes=charges - number)
            telegram.charge(
                name, payload=payload, amount=order.total_minor,
                telegram_id=order.customer.telegram_id, at=at, period=2592000,
            )  # fmt: skip
            words.append(_charged(order, payload, name, at, now, is_first=number == 0))
        for number in sorted(refunded):
            telegram.give_back(names[number], at=now)
            words.append(_went_back(order, payload, names[number], now))
        return order, words

    return make


def _charged(
    order: Order, payload: str, name: str, at: datetime, now: datetime, *, is_first: bool
) -> Word:
    return lambda: record_star_payment(
        telegram_id=order.customer.telegram_id, payload=payload, charge_id=name,
        currency="XTR", total_amount=order.total_minor, paid_at=at, now=now,
        is_recurring=True, is_first_recurring=is_first,
        subscription_expires_at=at + timedelta(days=30),
    )  # fmt: skip


def _became(order: Order, payload: str, state: str, number: int, now: datetime) -> Word:
    update_id = 1000 * order.pk + number
    return lambda: record_star_subscription(
        telegram_id=order.customer.telegram_id, payload=payload, state=state,
        update_id=update_id, now=now,
    )  # fmt: skip


def _went_back(order: Order, payload: str, name: str, now: datetime) -> Word:
    return lambda: record_star_refund(
        telegram_id=order.customer.telegram_id, payload=payload, charge_id=name,
        currency="XTR", total_amount=order.total_minor, refunded_at=now, now=now,
    )  # fmt: skip


@many
@given(data=st.data())
def test_of_a_subscription_with_lost_updates_and_reconciliation(star_order, now, data):
    charges = data.draw(st.integers(1, 3), label="charges")
    refunded = data.draw(st.frozensets(st.integers(0, charges - 1)), label="refunded")
    became = data.draw(st.lists(st.sampled_from(STATES), max_size=3), label="became")
    order, words = star_order(charges, refunded, became)
    told(words, range(len(words)))
    expected = books(order, now)

    other, words = star_order(charges, refunded, became)
    told_in = data.draw(mixed(len(words)), label="told")
    listed = st.integers(len(became), len(words) - 1)
    lost = data.draw(st.frozensets(listed), label="lost")
    told(words, [number for number in told_in if number not in lost])
    reconcile(now=now)

    assert books(other, now) == expected
    assert len(expected["grants"]) == charges - len(refunded)


@many
@given(data=st.data())
def test_of_one_payment_with_lost_updates_and_reconciliation(
    place, make_customer, telegram, now, data
):
    telegram.transactions.clear()
    ReconcileCursor.objects.all().delete()
    order = place(customer=make_customer(), currency="XTR")
    open_payment(order_id=order.pk, gateway="stars", now=now)
    payload = order_payload(
        order_id=order.pk, amount=order.total, telegram_id=order.customer.telegram_id
    )
    name, is_refunded = f"stars-{next(_numbers)}", data.draw(st.booleans(), label="refunded")
    telegram.charge(
        name, payload=payload, amount=order.total_minor,
        telegram_id=order.customer.telegram_id, at=now,
    )  # fmt: skip
    words: list[Word] = [
        lambda: record_star_payment(
            telegram_id=order.customer.telegram_id, payload=payload, charge_id=name,
            currency="XTR", total_amount=order.total_minor, paid_at=now, now=now,
        )
    ]  # fmt: skip
    if is_refunded:
        telegram.give_back(name, at=now)
        words.append(_went_back(order, payload, name, now))
    told_in = data.draw(mixed(len(words)), label="told")
    lost = data.draw(st.frozensets(st.integers(0, len(words) - 1)), label="lost")

    told(words, [number for number in told_in if number not in lost])
    reconcile(now=now)

    status = "refunded" if is_refunded else "fulfilled"
    back = order.total_minor if is_refunded else 0
    found = books(order, now)
    assert found["first"] == (status, order.total_minor, back, False)
    assert found["payments"] == [("paid", order.total_minor, back)]
    assert len(found["grants"]) == (0 if is_refunded else 1)


@pytest.fixture
def card_story(
    place, client, monkeypatch, time_machine, now
) -> Iterator[tuple[Order, list[Word]]]:
    """Two months by card at Stripe, who has told nothing of them yet.

    The second is refunded in part, the first disputed and won, and the renewal cancelled.
    """
    time_machine.move_to(now, tick=False)
    shop = PostedShop(client)
    with plugged_in(shop, monkeypatch):
        order = place()
        shop.pay(open_subscription(order_id=order.pk, gateway="stripe", now=now))
        time_machine.move_to(now + timedelta(days=32), tick=False)
        scheduler.run_due(shop.world)
        first, second = shop.world.every("charge", paid=True)
        refunds.create_refund(shop.world, {"charge": second["id"], "amount": 500})
        dispute = refunds.open_dispute(shop.world, first["id"])
        refunds.move_dispute(shop.world, dispute["id"], "won")
        (agreement,) = shop.world.every("subscription")
        portal.toggle_renewal(shop.world, agreement["id"])
        yield order, [partial(shop.post, *message) for message in shop.deliveries()]


@settings(many, max_examples=4)
@given(data=st.data())
def test_of_months_by_card_with_lost_webhooks_and_reconciliation(card_story, data):
    order, words = card_story
    some = st.lists(st.integers(0, len(words) - 1), max_size=8)
    told_in = data.draw(some, label="told")
    place, at = transaction.savepoint(), clock.now()

    told(words, told_in)
    reconcile(now=at)

    found = books(order, at)
    transaction.savepoint_rollback(place)
    assert found == {
        "first": ("fulfilled", 2000, 0, False),
        "orders": [("fulfilled", 2000, 0), ("partially_refunded", 2000, 500)],
        "payments": [("paid", 2000, 0), ("paid", 2000, 500)],
        "refunds": [("succeeded", 500)],
        "agreements": [("active", False)],
        "grants": [
            (at, add_months(at, 1), "premium"),
            (add_months(at, 1), add_months(at, 2), "premium"),
        ],
        "cases": ["provider_refund"],
        "blocks": 0,
    }
