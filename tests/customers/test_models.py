"""What the database itself refuses about customers."""

import pytest
from django.db import IntegrityError, transaction

from customers.models import Customer
from tests.customers.factories import make_customer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("customer_language_known", {"language": "fr"}),
        ("customer_telegram_id_positive", {"telegram_id": 0}),
        ("customer_region_iff_confirmed", {"region": "GB"}),
        ("customer_referrer_iff_referred", {"referred_at": "2026-01-01T00:00Z"}),
    ],
)
def test_the_database_refuses(rule, change):
    customer = make_customer()

    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(**change)


def test_the_database_refuses_to_be_ones_own_referrer(now):
    customer = make_customer()

    with pytest.raises(IntegrityError, match="customer_not_own_referrer"), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(referrer=customer, referred_at=now)


def test_one_stripe_customer_belongs_to_one_of_ours():
    make_customer(stripe_customer_id=""), make_customer(stripe_customer_id="")
    make_customer(stripe_customer_id="cus_1")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_customer(stripe_customer_id="cus_1")


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({"first_name": "Ada", "last_name": "Lovelace", "username": "ada"}, "Ada Lovelace"),
        ({"first_name": "", "username": "ada"}, "@ada"),
        ({"first_name": "", "username": ""}, "42"),
    ],
)
def test_staff_see_the_best_name_there_is(names, shown):
    customer = make_customer(telegram_id=42, **names)

    assert customer.display_name == shown
    assert str(customer) == f"{shown} (42)"
