"""Many customers at once at the last uses of a promotion."""

import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction

from pricing.defaults import write_defaults
from pricing.engine import Buyer, QuoteRequest
from pricing.errors import LimitReached
from pricing.models import LimitCounter, PromoLimit, Reservation
from pricing.services import quote_offer, release, reserve
from tests.catalog.factories import make_tier
from tests.customers.factories import make_customer
from tests.pricing.rows import make_promotion

pytestmark = pytest.mark.django_db(transaction=True)

rows_are_locked = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite runs one writer at a time by itself"
)

CUSTOMERS = 200
THREADS = 25
LIMIT = 10


@pytest.fixture
def crowd(now):
    """200 customers, each with a quote that uses the same limited promotion."""
    write_defaults()
    tier = make_tier()
    make_promotion(limits={"total": LIMIT})
    customers = [make_customer() for _ in range(CUSTOMERS)]
    request = QuoteRequest(tier_id=tier.pk, months=1, region="US", at=now, buyer=Buyer())
    quote = quote_offer(request=request)
    assert quote.total_minor == 1800
    return quote, customers


def test_200_customers_at_once_leave_exactly_the_limit_of_10(crowd, race, now):
    quote, customers = crowd

    def order(number):
        try:
            reserve(
                quote=quote,
                holder=f"order:{number}",
                customer_id=customers[number].pk,
                now=now,
            )
        except LimitReached:
            return False
        return True

    def share(start):
        return lambda: sum(order(number) for number in range(start, CUSTOMERS, THREADS))

    got = race([share(start) for start in range(THREADS)])

    assert sum(got) == LIMIT
    assert LimitCounter.objects.get().taken == LIMIT
    assert Reservation.objects.count() == LIMIT


def test_control_check_then_count_gives_more_than_the_limit(crowd, race):
    quote, _ = crowd
    limit_id = quote.reservations[0][0]
    LimitCounter.objects.create(limit_id=limit_id, taken=LIMIT - 1)
    both_have_looked = threading.Barrier(2)

    def naive():
        counter = LimitCounter.objects.get(limit_id=limit_id)
        has_room = counter.taken < LIMIT
        both_have_looked.wait(timeout=10)
        LimitCounter.objects.filter(pk=counter.pk).update(taken=counter.taken + 1)
        connections.close_all()
        return has_room

    assert race(naive, naive) == [True, True]


def test_what_is_given_back_at_the_same_time_is_given_back_once(crowd, race, now):
    quote, customers = crowd
    reserve(quote=quote, holder="order:1", customer_id=customers[0].pk, now=now)

    def cancel():
        return release(holder="order:1", now=now)

    given = race(*[cancel] * 6)

    assert sorted(given) == [0, 0, 0, 0, 0, 1]
    assert LimitCounter.objects.get().taken == 0


def change_what_it_counts(limit_id):
    """Return what comes of it, without waiting long."""

    def change():
        with transaction.atomic():
            if connection.vendor == "postgresql":
                connection.cursor().execute("SET LOCAL lock_timeout = '100ms'")
            return PromoLimit.objects.filter(pk=limit_id).update(kind="customer")

    return change


@rows_are_locked
def test_what_a_limit_counts_waits_for_the_order_that_uses_it_first(crowd, race, now):
    quote, customers = crowd
    change = change_what_it_counts(quote.reservations[0][0])

    with transaction.atomic():
        reserve(quote=quote, holder="order:1", customer_id=customers[0].pk, now=now)
        [meanwhile] = race(change)
    [after] = race(change)

    assert (type(meanwhile), type(after)) == (OperationalError, IntegrityError)
    assert "lock timeout" in str(meanwhile)
    assert release(holder="order:1", now=now) == 1
    assert LimitCounter.objects.get().taken == 0


@rows_are_locked
def test_control_an_order_that_holds_nothing_of_the_limit_is_not_seen(crowd, race, now):
    quote, customers = crowd
    limit_id = quote.reservations[0][0]

    with transaction.atomic():
        Reservation.objects.create(
            limit_id=limit_id,
            holder="order:1",
            customer=customers[0],
            amount=1,
            reserved_at=now,
        )
        [meanwhile] = race(change_what_it_counts(limit_id))

    assert meanwhile == 1


def test_one_order_placed_twice_at_once_reserves_once(crowd, race, now):
    quote, customers = crowd

    def place():
        return reserve(quote=quote, holder="order:1", customer_id=customers[0].pk, now=now)

    race(*[place] * 6)

    assert LimitCounter.objects.get().taken == 1
    assert Reservation.objects.count() == 1
