"""Every page opens for those who may, at a cost that does not grow with the shop."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pricing import models
from pricing.admin.fields import PercentField
from pricing.engine import QuoteRequest
from pricing.services import earn_commission, open_payouts, quote_offer, store_quote
from pricing.services.gift_cards import issue_gift_cards
from pricing.services.rates import set_rate
from shopbot.admin.pages import load_pages
from shopbot.kernel.money import Money
from tests.catalog.factories import make_tier
from tests.customers.factories import make_customer
from tests.pricing.rows import make_code, make_experiment, make_promotion

ONE_ROW = ["pricingrules", "affiliateprogram"]
LISTS = [
    "affiliate",
    "commissionentry",
    "currencysetting",
    "experiment",
    "exposure",
    "fxrate",
    "giftcard",
    "localprice",
    "payout",
    "priceversion",
    "promocode",
    "promotion",
    "quantitystep",
    "region",
    "reservation",
    "storedquote",
    "volumestep",
]


@pytest.fixture
def more(tier, now):
    """Add one row to every table."""
    numbers = iter(range(1000))

    def add():
        number = next(numbers)
        customer = make_customer()
        models.Affiliate.objects.create(customer=customer, commission_bps=2000)
        earn_commission(
            affiliate_customer_id=customer.pk,
            holder=f"order:{number}",
            base=Money(10_000, "USD"),
            now=now - timedelta(days=60),
        )
        open_payouts(actor="staff:1", now=now)
        own_tier = make_tier()
        experiment = make_experiment(own_tier)
        models.Exposure.objects.create(
            experiment=experiment, arm=experiment.arms.first(), customer=customer, shown_at=now
        )
        models.LocalPrice.objects.create(tier=own_tier, currency="EUR", amount_minor=1899)
        set_rate(
            currency="USD",
            rate=Decimal("1.2"),
            until=None,
            reason="Test",
            actor="staff:1",
            now=now,
        )
        issue_gift_cards(amount=Money(5000, "USD"), count=1, actor="staff:1", now=now)
        version = models.PriceVersion.objects.create(name=f"List {number}")
        version.prices.create(tier=own_tier, currency="USD", amount_minor=1500)
        promotion = make_promotion(
            trigger="code", amounts={"USD": 500}, limits={"total": 5, ("budget", "USD"): 900}
        )
        code = make_code(promotion, customer=customer, limits={"total": 1})
        models.Reservation.objects.create(
            limit=code.limits.get(),
            holder=f"order:{number}",
            customer=customer,
            amount=1,
            reserved_at=now,
        )
        models.QuantityStep.objects.create(
            product=own_tier.product, min_quantity=2, discount_bps=100
        )
        models.Region.objects.create(
            code=f"R{chr(65 + number)}", name="Region", currency="USD", markup_bps=100
        )
        models.VolumeStep.objects.create(months=24 + number, discount_bps=2500)
        models.CurrencySetting.objects.create(code=["CHF", "JPY", "SEK", "NOK", "PLN"][number])
        request = QuoteRequest(tier_id=tier.pk, months=1, region="US", at=now)
        store_quote(quote=quote_offer(request=request), key=f"order:{number}", now=now)

    return add


@pytest.fixture
def clerk(client, shop):
    """Somebody on the staff who may look at everything about prices."""
    user = User.objects.create_user("clerk", is_staff=True)
    views = Permission.objects.filter(codename__startswith="view_")
    user.user_permissions.set(views.filter(content_type__app_label="pricing"))
    client.force_login(user)
    return client


def row_page(name):
    row = models.__dict__[_class_name(name)].objects.order_by("pk").last()
    return reverse(f"admin:pricing_{name}_change", args=[row.pk])


def _class_name(name):
    return next(each for each in models.__all__ if each.lower() == name)


def list_page(name):
    return reverse(f"admin:pricing_{name}_changelist")


def cost_of(client, url):
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == 200
    return len(queries)


def test_every_page_is_in_one_of_these_lists():
    load_pages()
    pages = {
        model._meta.model_name
        for model in admin.site._registry
        if model._meta.app_label == "pricing"
    }

    assert pages == {*LISTS, *ONE_ROW}


def test_staff_open_every_list_and_row(admin_client, more):
    more()

    lists = {name: admin_client.get(list_page(name)).status_code for name in LISTS}
    rows = {name: admin_client.get(row_page(name)).status_code for name in [*LISTS, *ONE_ROW]}

    assert {name: code for name, code in lists.items() if code != 200} == {}
    assert {name: code for name, code in rows.items() if code != 200} == {}


@pytest.mark.parametrize("name", ONE_ROW)
def test_a_page_of_one_row_leads_to_it(name, admin_client, shop):
    assert admin_client.get(list_page(name)).url == row_page(name)


def test_a_clerk_may_look_and_change_nothing(clerk, more):
    more()

    answers = {
        name: (
            clerk.get(list_page(name)).status_code,
            clerk.get(row_page(name)).status_code,
            clerk.post(row_page(name), {}).status_code,
            clerk.get(reverse(f"admin:pricing_{name}_add")).status_code,
        )
        for name in LISTS
    }

    assert {
        name: codes for name, codes in answers.items() if codes != (200, 200, 403, 403)
    } == {}


def test_a_list_costs_the_same_for_few_rows_and_for_more(admin_client, more):
    more()
    more()
    for name in LISTS:  # what is read once per process is read now
        admin_client.get(list_page(name))
    few = {name: cost_of(admin_client, list_page(name)) for name in LISTS}
    for _ in range(3):
        more()
    admin_client.get(list_page("region"))

    assert {name: cost_of(admin_client, list_page(name)) for name in LISTS} == few


@pytest.mark.parametrize(
    "name",
    ["experiment", "fxrate", "giftcard", "priceversion", "promotion", "region", "volumestep"],
)
def test_a_new_row_has_a_form(name, admin_client, shop):
    assert admin_client.get(reverse(f"admin:pricing_{name}_add")).status_code == 200


@pytest.mark.parametrize(("bps", "shown"), [(1000, "10"), (10_000, "100"), (1250, "12.5")])
def test_a_percentage_is_shown_as_people_write_it(bps, shown):
    assert PercentField().prepare_value(bps) == shown
