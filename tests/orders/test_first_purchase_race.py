"""Two checkouts at once: beside a control in which reading before writing gives it twice."""

from __future__ import annotations

from threading import Barrier

import pytest

from orders.models import Order
from orders.quoting import buyer_facts
from tests.pricing.rows import make_promotion

pytestmark = pytest.mark.django_db(transaction=True)


def test_checkouts_at_once_get_one_first_purchase(place, customer, race):
    make_promotion(percent_bps=5000, first_purchase_only=True)

    race([place] * 4)

    totals = Order.objects.filter(customer=customer).values_list("total_minor", flat=True)
    assert sorted(totals) == [1000, 2000, 2000, 2000]


def test_control_asking_before_placing_gives_it_to_every_checkout(customer, race):
    met = Barrier(4)

    def naive() -> bool:
        is_first = buyer_facts(customer_id=customer.pk).is_first_purchase
        met.wait(timeout=10)
        return is_first

    assert race([naive] * 4) == [True, True, True, True]
