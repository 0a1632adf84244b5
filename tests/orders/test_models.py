"""The database knows what each status means."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction

from orders.models import Order, Payment, Refund, UpgradeCredit
from shopbot.kernel.errors import IllegalTransition

pytestmark = pytest.mark.django_db

STATEFUL = [Order, Payment, Refund, UpgradeCredit]


@pytest.mark.parametrize("model", STATEFUL)
def test_every_state_has_a_row_in_the_table_of_moves(model):
    assert set(model.NEXT) == set(model.Status)


@pytest.mark.parametrize("model", STATEFUL)
def test_moves_along_the_table_and_nowhere_else(model):
    for before, after in product(model.Status, repeat=2):
        row = model(status=before)
        if after in model.NEXT[before]:
            row.move_to(after)
            assert row.status == after
        else:
            with pytest.raises(IllegalTransition):
                row.move_to(after)
            assert row.status == before


# What each status of an order needs beside it; everything else is refused by the database.
EVIDENCE = {
    "pending": {},
    "cancelled": {"closed_at"},
    "expired": {"closed_at"},
    "paid": {"paid"},
    "fulfilled": {"paid", "fulfilled_at"},
    "partially_refunded": {"paid", "some_back"},
    "refunded": {"paid", "all_back", "closed_at"},
}
FACTS = {
    "closed_at": lambda now: {"closed_at": now},
    "paid": lambda now: {"paid_at": now, "payment_method": "demo", "paid_minor": 100},
    "fulfilled_at": lambda now: {"fulfilled_at": now},
    "some_back": lambda now: {"refunded_minor": 40},
    "all_back": lambda now: {"refunded_minor": 100},
}


def _order(customer, now, status, facts) -> Order:
    values = {
        "customer": customer, "status": status, "currency": "USD", "base_minor": 100,
        "total_minor": 100, "region": "US", "quote": "{}", "placement_key": "k",
        "placed_at": now, "expires_at": now + timedelta(minutes=30),
    }  # fmt: skip
    for fact in sorted(facts):
        values.update(FACTS[fact](now))
    return Order(**values)


@pytest.mark.parametrize(("claimed", "held"), list(product(EVIDENCE, repeat=2)))
def test_a_status_stands_with_its_own_evidence_and_with_no_other(customer, now, claimed, held):
    order = _order(customer, now, claimed, EVIDENCE[held])
    fits = EVIDENCE[claimed] == EVIDENCE[held] or {claimed, held} == {"cancelled", "expired"}

    if fits:
        order.save(force_insert=True)
    else:
        with pytest.raises(IntegrityError), transaction.atomic():
            order.save(force_insert=True)

    assert Order.objects.exists() is fits


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "nonsense"},
        {"paid_minor": -1},
        {"refunded_minor": 101},
        {"payment_method": ""},
        {"paid_at": None},
        {"fulfilled_at": None},
        {"status": "pending"},
        {"status": "refunded"},
    ],
    ids=str,
)
def test_a_delivered_order_cannot_be_written_over(buy, changes):
    order = buy()

    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "nonsense"},
        {"status": "open"},
        {"paid_at": None},
        {"refunded_minor": 2001},
        {"refunded_minor": -1},
        {"starts_subscription": True},
    ],
    ids=str,
)
def test_a_paid_payment_cannot_be_written_over(buy, changes):
    order = buy()

    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(order=order).update(**changes)


@pytest.mark.parametrize("name", ["external_id", "intent_id", "charge_id"])
def test_a_provider_has_one_payment_of_each_name(buy, name):
    first, second = buy().payments.get(), buy().payments.get()
    Payment.objects.filter(pk=first.pk).update(**{name: "same"})

    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=second.pk).update(**{name: "same"})


def test_one_payment_settles_an_order(buy, now):
    order = buy()

    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.create(
            order=order, customer=order.customer, gateway="demo", status="paid",
            amount_minor=1, currency="USD", paid_minor=1, opened_at=now, paid_at=now,
            settled_at=now,
        )  # fmt: skip


def test_money_of_no_order_is_paid_money(now):
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.create(
            gateway="demo", amount_minor=1, currency="USD", opened_at=now, status="open"
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "pending"},
        {"status": "succeeded", "finished_at": None},
        {"amount_minor": 0},
        {"reason": ""},
        {"access": "maybe"},
        {"origin": "nobody"},
    ],
    ids=str,
)
def test_a_refund_keeps_its_evidence(buy, now, changes):
    row = Refund.objects.create(
        payment=buy().payments.get(), amount_minor=5, currency="USD", reason="why",
        requested_by="staff:1", requested_at=now,
    )  # fmt: skip

    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.filter(pk=row.pk).update(**changes)


def test_what_money_touched_cannot_be_deleted(buy):
    order = buy()

    for row in (order, order.customer, order.lines.get().tier, order.payments.get()):
        with pytest.raises(Exception, match="(?i)protect|foreign"), transaction.atomic():
            row.delete()
