"""Programs read catalog, prices and orders."""

import json

import pytest
from django.core.management import call_command

from catalog.models import ProductTier
from orders.quoting import Wish
from orders.services.placing import place_order
from pricing.models import PriceVersion, StoredQuote
from pricing.services.versions import publish
from shopbot.kernel import clock
from tests.customers.factories import make_customer


def ask(program, **wish):
    return program.post(
        "/api/v1/quotes/", json.dumps({"offer": "signals/premium", **wish}), "application/json"
    )


def test_the_catalog_lists_what_is_on_sale(program, tier):
    body = program.get("/api/v1/catalog/?language=de").json()

    assert [product["slug"] for product in body["products"]] == ["signals"]
    offer = body["products"][0]["tiers"][0]
    assert (offer["offer"], offer["base_price_minor"]) == ("signals/premium", 2000)
    assert body["categories"][0]["slug"] == body["products"][0]["category"]


def test_the_catalog_says_the_price_of_the_list_in_force_as_a_quote_does(program, tier):
    spring = PriceVersion.objects.create(name="Spring")
    spring.prices.create(tier=tier, currency="USD", amount_minor=2500)
    draft = PriceVersion.objects.create(name="Summer")
    draft.prices.create(tier=tier, currency="USD", amount_minor=3000)

    publish(version_id=spring.pk, valid_from=None, actor="staff:1", now=clock.now())

    [product] = program.get("/api/v1/catalog/").json()["products"]
    assert product["tiers"][0]["base_price_minor"] == 2500
    assert ask(program, months=1, region="US").json()["total_minor"] == 2500


def test_a_price_comes_with_its_reason_and_can_be_replayed(program, tier):
    body = ask(program, months=12, region="US").json()

    assert body["total_minor"] == 19200
    assert sum(line["amount_minor"] for line in body["lines"]) == 19200
    assert len(body["explanation"]) > 1
    assert StoredQuote.objects.get().key == body["quote"]


def test_a_price_that_no_amount_can_hold_is_a_clear_problem(program, tier):
    ProductTier.objects.update(base_price_minor=2**63 - 1)

    answer = ask(program, months=2, region="US")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_terms")
    assert ask(program, months=1, region="US").json()["total_minor"] == 2**63 - 1
    assert StoredQuote.objects.count() == 1


def test_a_price_asked_again_and_again_is_kept_once_and_each_other_one_beside_it(program, tier):
    make_customer(telegram_id=7, region="US")
    make_customer(telegram_id=8, region="US")
    wishes = [{"region": "US"}, {"telegram_id": 7}, {"telegram_id": 8}]

    names = [
        [ask(program, months=1, **wish).json()["quote"] for wish in wishes] for _ in range(3)
    ]

    assert names[0] == names[1] == names[2]
    assert StoredQuote.objects.count() == 3
    ProductTier.objects.update(base_price_minor=2100)
    assert ask(program, months=1, region="US").json()["quote"] not in names[0]
    call_command("replay_quotes")


def test_a_price_for_a_customer_counts_who_sent_them(program, tier):
    make_customer(telegram_id=7, region="US", referrer=make_customer())

    assert ask(program, months=12, telegram_id=7).json()["total_minor"] == 17280


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, 400),
        ({"region": "US", "telegram_id": 1}, 400),
        ({"region": "US", "months": 0}, 400),
        ({"region": "MOON"}, 400),
        ({"region": "US", "offer": "nothing/premium"}, 404),
        ({"region": "US", "currency": "ZZZ"}, 400),
        ({"telegram_id": 99}, 404),
    ],
)
def test_a_price_that_cannot_be_said_is_a_clear_problem(program, tier, wish, status):
    answer = ask(program, **wish)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert not StoredQuote.objects.exists()


def place(customer, tier, key):
    return place_order(
        customer_id=customer.pk, wish=Wish(tier_id=tier.pk, months=1),
        expected_fingerprint=None, placement_key=key, now=clock.now(),
    )  # fmt: skip


def test_orders_are_listed_newest_first_by_pages(program, customer, tier, signals):
    numbers = [place(customer, tier, f"key-{at}").number for at in range(3)]

    first = program.get("/api/v1/orders/?page_size=2&telegram_id=42").json()
    second = program.get(first["next"]).json()

    listed = [order["number"] for order in first["results"] + second["results"]]
    assert listed == numbers[::-1]
    assert first["results"][0]["lines"][0]["level"] == "premium"
    assert program.get("/api/v1/orders/?telegram_id=43").json()["results"] == []


@pytest.mark.parametrize("count", [1, 5])
def test_a_page_of_orders_costs_the_same_for_one_and_for_five(
    program, customer, tier, signals, count, django_assert_num_queries
):
    for at in range(count):
        place(customer, tier, f"key-{at}")

    with django_assert_num_queries(3):
        program.get("/api/v1/orders/")


def test_one_order_is_found_by_its_number(program, customer, tier, signals):
    order = place(customer, tier, "key")

    assert program.get(f"/api/v1/orders/{order.number}/").json()["status"] == "pending"
    assert program.get("/api/v1/orders/ZZZZ-ZZZZ/").json()["code"] == "unknown_order"
    assert program.get("/api/v1/orders/?status=lost").status_code == 400
    assert program.get("/api/v1/orders/?telegram_id=me").status_code == 400


@pytest.mark.parametrize("query", ["telegram_id=" + "9" * 5000, "cursor=cD1hYmM="])
def test_a_list_is_asked_for_in_ways_that_make_sense(program, query):
    answer = program.get(f"/api/v1/orders/?{query}")

    assert answer.status_code in (400, 404)
    assert answer["Content-Type"] == "application/problem+json"
