"""Customers who work for the shop: marked in the admin, and what it opens to them."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from customers.models import Customer
from customers.services import mark_staff, unmark_staff
from orders.quoting import quote_for_customer
from pricing.defaults import write_defaults
from pricing.engine import PromoRefused
from shopbot.kernel.models import Event
from tests.catalog.factories import make_tier
from tests.customers.factories import make_customer
from tests.pricing.rows import make_code, make_promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer():
    return make_customer()


@pytest.fixture
def clerk(client):
    """May change customers, and not say who works here."""
    user = User.objects.create_user("clerk", password="x", is_staff=True)
    names = ["view_customer", "change_customer"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def page(customer, action):
    return reverse(f"admin:customers_customer_{action}", args=[customer.pk])


def test_an_owner_marks_a_customer_and_takes_it_back(admin_client, customer):
    admin_client.post(page(customer, "mark_as_staff"), {"_form_submitted": "on"})
    assert Customer.objects.get().is_staff
    admin_client.post(page(customer, "unmark_as_staff"), {"_form_submitted": "on"})
    assert not Customer.objects.get().is_staff

    kinds = Event.objects.filter(customer_id=customer.pk, actor__startswith="staff:")
    assert list(kinds.order_by("pk").values_list("kind", flat=True)) == [
        "customer.staff_marked",
        "customer.staff_unmarked",
    ]


def test_a_clerk_without_the_permission_cannot(clerk, customer):
    assert clerk.post(page(customer, "mark_as_staff")).status_code == 403

    assert not Customer.objects.get().is_staff


def test_a_code_for_staff_applies_to_whoever_is_marked(customer, now):
    write_defaults()
    tier = make_tier()
    make_code(make_promotion(trigger="code", staff_only=True), code="TEAM")

    def price():
        return quote_for_customer(
            customer_id=customer.pk,
            tier_id=tier.pk,
            months=1,
            currency="USD",
            promo_code="TEAM",
            now=now,
        ).total_minor

    with pytest.raises(PromoRefused):
        price()
    for _ in range(2):
        mark_staff(customer_id=customer.pk, actor="staff:1", now=now)
    assert price() == 1800
    unmark_staff(customer_id=customer.pk, actor="staff:1", now=now)
    with pytest.raises(PromoRefused):
        price()
