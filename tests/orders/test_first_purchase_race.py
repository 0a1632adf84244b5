"""Two checkouts at once: beside a control in which reading before writing gives it twice."""

from __future__ import annotations

from functools import partial
from threading import Barrier

import pytest

from orders.models import Order
from tests.pricing.rows import make_promotion

pytestmark = pytest.mark.django_db(transaction=True)


def test_checkouts_at_once_get_one_first_purchase(place, customer, race):
    make_promotion(percent_bps=5000, first_purchase_only=True)

    race([place] * 4)

    totals = Order.objects.filter(customer=customer).values_list("total_minor", flat=True)
    assert sorted(totals) == [1000, 2000, 2000, 2000]


def test_control_asking_before_placing_gives_it_to_every_checkout(place, customer, race):
    waiting = [place() for _ in range(4)]
    met = Barrier(4)

    def naive(order: Order) -> None:
        given = Order.objects.filter(customer=customer, total_minor=1000)
        price = 2000 if given.exists() else 1000
        met.wait(timeout=10)
        Order.objects.filter(pk=order.pk).update(total_minor=price)

    race([partial(naive, order) for order in waiting])

    totals = Order.objects.filter(customer=customer).values_list("total_minor", flat=True)
    assert list(totals) == [1000, 1000, 1000, 1000]
