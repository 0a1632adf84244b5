"""Two orders change their currency in opposite directions: beside a control that deadlocks."""

from __future__ import annotations

from functools import partial
from threading import Barrier

import pytest
from django.db import OperationalError, connection, transaction

from orders.models import Order
from orders.quoting import Wish, buyer_facts, offer_for
from orders.services.replacing import replace_order
from pricing.models import LimitCounter, Reservation
from pricing.services import release, reserve
from tests.pricing.rows import make_promotion

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="SQLite runs one writer at a time by itself"
    ),
]


@pytest.fixture
def crossing(place, make_customer):
    """Two waiting orders, one priced in dollars and one in Stars; budgets in both."""
    make_promotion(limits={("budget", "USD"): 9_000, ("budget", "XTR"): 9_000})
    return [
        (place(customer=make_customer(), currency=now_in), instead)
        for now_in, instead in (("USD", "XTR"), ("XTR", "USD"))
    ]


def wish_instead(order, currency):
    tier_id = order.lines.get().tier_id
    return Wish(tier_id=tier_id, months=1, currency=currency, instead_of=order.pk)


def priced_instead(order, currency, now):
    facts = buyer_facts(customer_id=order.customer_id)
    return offer_for(facts=facts, wish=wish_instead(order, currency), now=now).quote


@pytest.fixture
def slow_counters(transactional_db):
    """Let every count of a limit keep its row for a moment before the next statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER be_slow AFTER UPDATE ON pricing_limitcounter"
            " FOR EACH ROW EXECUTE FUNCTION be_slow()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER be_slow ON pricing_limitcounter")
        cursor.execute("DROP FUNCTION be_slow")


@pytest.mark.usefixtures("slow_counters")
def test_orders_that_exchange_their_currencies_at_once_both_do(crossing, race, now):
    def exchange(order, currency):
        return replace_order(
            order_id=order.pk,
            wish=wish_instead(order, currency),
            expected_fingerprint=priced_instead(order, currency, now).fingerprint,
            placement_key="tap-anew",
            actor=f"customer:{order.customer_id}",
            now=now,
        )

    placed = race([partial(exchange, *each) for each in crossing])

    assert [(each.currency, each.total_minor) for each in placed] == [
        ("XTR", 1386),
        ("USD", 1800),
    ]
    assert Order.objects.pending().count() == 2
    assert Reservation.objects.filter(status="reserved").count() == 2
    assert sorted(LimitCounter.objects.values_list("taken", flat=True)) == [154, 200]


def test_control_giving_back_before_taking_in_no_order_deadlocks(crossing, race, now):
    both_gave_back = Barrier(2)

    @transaction.atomic
    def naive(order, currency):
        quote = priced_instead(order, currency, now)
        release(holder=order.holder, now=now)
        both_gave_back.wait(timeout=10)
        reserve(quote=quote, holder="anew", customer_id=order.customer_id, now=now)

    outcomes = race([partial(naive, *each) for each in crossing])

    refused = [each for each in outcomes if each is not None]
    assert [type(each) for each in refused] == [OperationalError]
    assert "deadlock detected" in str(refused[0])
