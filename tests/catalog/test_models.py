"""What the database itself refuses about the catalog."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from catalog.levels import RANK, Level
from catalog.models import Category, Product, ProductTier, TierStock
from shopbot.kernel.money import Money
from tests.catalog.factories import make_category, make_product, make_tier

pytestmark = pytest.mark.django_db


def refused(queryset, rule, **change):
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        queryset.update(**change)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("tier_level_known", {"level": "gold"}),
        ("tier_billing_period_known", {"billing_period": "year"}),
        ("tier_price_not_negative", {"base_price_minor": -1}),
        ("tier_floor_up_to_price", {"floor_price_minor": 2001}),
        ("tier_floor_up_to_price", {"floor_price_minor": -1}),
        ("tier_sells_at_least_one", {"max_quantity": 0}),
        ("tier_trial_only_by_month", {"billing_period": "once", "trial_days": 7}),
    ],
)
def test_the_database_refuses_of_a_tier(rule, change):
    make_tier()

    refused(ProductTier.objects.all(), rule, **change)


def test_the_database_refuses_of_products_and_categories(now):
    make_product(category=make_category())

    refused(Product.objects.all(), "product_goods_type_known", goods_type="air")
    refused(
        Product.objects.all(),
        "product_schedule_forward",
        visible_from=now,
        visible_until=now - timedelta(1),
    )
    category = Category.objects.get()
    refused(Category.objects.all(), "category_not_own_parent", parent=category)


def test_a_level_is_sold_once_per_product():
    tier = make_tier(level="vip")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_tier(product=tier.product, level="vip")


def test_stock_never_falls_below_zero():
    make_tier(stock=0)

    with pytest.raises(IntegrityError), transaction.atomic():
        TierStock.objects.update(available=-1)


def test_a_category_in_use_is_not_deleted():
    product = make_product()
    inner = make_category(parent=make_category())

    with pytest.raises(ProtectedError):
        product.category.delete()
    with pytest.raises(ProtectedError):
        inner.parent.delete()


@pytest.mark.parametrize("code", ["ABC", "usd", "", "US"])
def test_a_currency_that_does_not_exist_is_refused_at_the_form(code):
    tier = make_tier()
    tier.currency = code

    with pytest.raises(ValidationError) as refusal:
        tier.full_clean()

    assert list(refusal.value.message_dict) == ["currency"]


def test_every_level_has_a_rank_and_ranks_rise():
    assert list(RANK) == Level.values
    assert sorted(RANK.values()) == list(RANK.values())
    assert make_tier(level="vip").rank == 20


def test_a_tier_is_called_after_its_product_where_that_costs_no_query(
    django_assert_num_queries,
):
    make_tier(product=make_product(name="Signals", tiers=()), name="Premium")

    with django_assert_num_queries(2):
        bare = ProductTier.objects.get()
        joined = ProductTier.objects.select_related("product").get()
        names = [str(bare), str(joined)]

    assert names == ["Premium (premium)", "Signals: Premium"]


def test_a_tier_knows_its_price_as_money():
    assert make_tier(base_price_minor=1999, currency="EUR").base_price == Money(1999, "EUR")
