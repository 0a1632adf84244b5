"""Every page opens for those who may, at a cost that does not grow with the shop."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Category, Product, ProductTier, TierStock
from tests.catalog.factories import make_category, make_product, make_tier

pytestmark = pytest.mark.django_db

MODELS = ["category", "product", "producttier", "tierstock"]


@pytest.fixture
def clerk(client):
    user = User.objects.create_user("clerk", is_staff=True)
    views = Permission.objects.filter(codename__startswith="view_")
    user.user_permissions.set(views.filter(content_type__app_label="catalog"))
    client.force_login(user)
    return client


@pytest.fixture
def shop():
    product = make_product(tiers=("premium", "vip"), name_en="Signals", slug="signals")
    make_tier(product=product, level="enterprise", stock=3, floor_price_minor=100)
    make_category(parent=product.category)


def row_of(model):
    models = {
        "category": Category,
        "product": Product,
        "producttier": ProductTier,
        "tierstock": TierStock,
    }
    return models[model].objects.order_by("pk").first()


def cost_of(client, url):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(url)
    assert response.status_code == 200
    return len(queries)


@pytest.mark.parametrize("model", MODELS)
def test_staff_open_the_list_and_the_row(model, admin_client, shop):
    page = reverse(f"admin:catalog_{model}_change", args=[row_of(model).pk])

    assert admin_client.get(reverse(f"admin:catalog_{model}_changelist")).status_code == 200
    assert admin_client.get(page).status_code == 200


@pytest.mark.parametrize("model", ["category", "product", "producttier"])
def test_staff_open_the_page_of_a_new_row(model, admin_client):
    assert admin_client.get(reverse(f"admin:catalog_{model}_add")).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_a_clerk_who_may_only_look_sees_the_list_and_the_row(model, clerk, shop):
    page = reverse(f"admin:catalog_{model}_change", args=[row_of(model).pk])

    assert clerk.get(reverse(f"admin:catalog_{model}_changelist")).status_code == 200
    response = clerk.get(page)

    assert response.status_code == 200
    assert b'name="_save"' not in response.content


@pytest.mark.parametrize("model", MODELS)
def test_a_clerk_who_may_only_look_adds_nothing(model, clerk, shop):
    assert clerk.get(reverse(f"admin:catalog_{model}_add")).status_code == 403


def test_a_clerk_reads_prices_as_people_write_them(clerk, shop):
    tier = ProductTier.objects.get(level="enterprise")
    page = reverse("admin:catalog_producttier_change", args=[tier.pk])

    shown = clerk.get(page).content.decode()

    assert "$20.00" in shown
    assert "$1.00" in shown
    assert "2000" not in shown


@pytest.mark.parametrize("model", MODELS)
def test_the_list_costs_the_same_for_three_rows_and_for_thirty(model, admin_client):
    url = reverse(f"admin:catalog_{model}_changelist")
    admin_client.get(url)

    costs = []
    for more in (3, 27):
        for _ in range(more):
            make_tier(product=make_product(tiers=("vip",)), stock=1)
        costs.append(cost_of(admin_client, url))

    assert costs[0] == costs[1]


def test_the_page_of_a_product_costs_the_same_for_one_tier_and_for_four(admin_client):
    small = make_product(tiers=("premium",))
    large = make_product(tiers=("free", "premium", "vip", "enterprise"))
    pages = [reverse("admin:catalog_product_change", args=[p.pk]) for p in (small, large)]
    admin_client.get(pages[0])

    costs = [cost_of(admin_client, page) for page in pages]

    assert costs[0] == costs[1]


@pytest.mark.parametrize("model", MODELS)
def test_the_search_finds_and_does_not_find(model, admin_client, shop):
    url = reverse(f"admin:catalog_{model}_changelist")
    sought = {"category": Category.objects.order_by("pk").first().slug}.get(model, "signals")

    found = admin_client.get(url, {"q": sought}).context["cl"].result_count
    missed = admin_client.get(url, {"q": "xyzzy"}).context["cl"].result_count

    assert (found > 0, missed) == (True, 0)


def test_autocompletes_answer(admin_client, shop):
    about = {"app_label": "catalog", "model_name": "product", "field_name": "category"}

    answer = admin_client.get(reverse("admin:autocomplete"), {**about, "term": "cat"})

    assert [row["text"] for row in answer.json()["results"]] == [
        str(row) for row in Category.objects.order_by("pk")
    ]
