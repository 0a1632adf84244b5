from datetime import timedelta

import pytest
from django.utils import translation

from catalog.models import Category, Product, ProductTier, TierStock
from catalog.snapshot import catalog_snapshot, load_snapshot
from shopbot.kernel.money import Money
from tests.catalog.factories import make_category, make_product, make_tier

pytestmark = pytest.mark.django_db


def slugs(views):
    return [view.slug for view in views]


def test_the_tree_is_walked_from_the_top_in_the_staffs_order(now):
    second = make_category(slug="second", position=2)
    first = make_category(slug="first", position=1)
    inner = make_category(slug="inner", parent=first)
    make_product(slug="b", category=inner, position=2)
    make_product(slug="a", category=inner, position=1)
    make_product(slug="c", category=second)

    shop = catalog_snapshot()

    assert slugs(shop.roots(now)) == ["first", "second"]
    assert slugs(shop.children(first.pk, now)) == ["inner"]
    assert slugs(shop.products_in(inner.pk, now)) == ["a", "b"]
    assert slugs(shop.products_in(first.pk, now)) == []
    assert slugs(shop.path(inner.pk)) == ["first", "inner"]


def test_a_category_that_leads_to_nothing_visible_is_hidden(now):
    outer = make_category(slug="outer")
    inner = make_category(slug="inner", parent=outer)
    make_category(slug="empty")
    make_product(category=make_category(slug="all-off"), is_active=False)
    make_product(category=make_category(slug="not-yet"), visible_from=now + timedelta(1))
    make_product(category=make_category(slug="nothing-to-sell"), tiers=())
    make_product(category=inner)

    shop = catalog_snapshot()

    assert slugs(shop.roots(now)) == ["outer"]
    assert slugs(shop.children(outer.pk, now)) == ["inner"]


def test_whatever_stands_in_a_hidden_category_is_hidden(now):
    hidden = make_category(is_active=False)
    inner = make_category(parent=hidden)
    product = make_product(category=inner, slug="secret")
    tier = product.tiers.get()

    shop = catalog_snapshot()

    assert shop.roots(now) == ()
    assert shop.children(hidden.pk, now) == ()
    assert shop.products_in(inner.pk, now) == ()
    assert not shop.is_on_sale(tier.pk, now)
    for lookup in (
        lambda: shop.product(product.pk),
        lambda: shop.product_by_slug("secret"),
        lambda: shop.tier(tier.pk),
        lambda: shop.tier_by_slug("secret/premium"),
        lambda: shop.path(inner.pk),
    ):
        with pytest.raises(KeyError):
            lookup()


def test_the_schedule_is_judged_at_the_moment_asked_about(now, django_assert_num_queries):
    product = make_product(visible_from=now, visible_until=now + timedelta(hours=1))
    tier = product.tiers.get()
    shop = catalog_snapshot()
    a_moment = timedelta(microseconds=1)

    with django_assert_num_queries(0):
        seen = [
            bool(shop.roots(at))
            and bool(shop.products_in(product.category_id, at))
            and shop.is_on_sale(tier.pk, at)
            for at in (
                now - a_moment,
                now,
                now + timedelta(hours=1) - a_moment,
                now + timedelta(hours=1),
            )
        ]

    assert seen == [False, True, True, False]


def test_only_tiers_that_are_switched_on_are_offered(now):
    product = make_product(tiers=("vip", "premium"))
    ProductTier.objects.filter(level="vip").update(is_active=False)

    view = catalog_snapshot().product(product.pk)

    assert [tier.level for tier in view.tiers] == ["premium"]


def test_a_tier_tells_its_terms(now):
    product = make_product(slug="signals", tiers=())
    row = make_tier(
        product=product,
        level="vip",
        base_price_minor=5000,
        floor_price_minor=3000,
        trial_days=7,
        grace_days=3,
        max_quantity=4,
        stock=2,
    )

    tier = catalog_snapshot().tier_by_slug("signals/vip")

    assert tier == catalog_snapshot().tier(row.pk)
    assert (tier.base_price, tier.floor_price) == (Money(5000, "USD"), Money(3000, "USD"))
    assert (tier.rank, tier.is_monthly, tier.tracks_stock) == (20, True, True)
    assert (tier.trial_days, tier.grace_days, tier.max_quantity) == (7, 3, 4)


def test_texts_fall_back_to_english():
    product = make_product(
        name_en="Signals",
        name_de="Signale",
        description_en="Daily.",
        features_en="One\n\n Two ",
        features_ru="Раз\nДва",
    )
    shop = catalog_snapshot()
    view = shop.product(product.pk)

    assert [shop.text(view.names, code) for code in ("en", "de", "ru")] == [
        "Signals",
        "Signale",
        "Signals",
    ]
    assert shop.text(view.descriptions, "es") == "Daily."
    assert shop.points(view, "ru") == ("Раз", "Два")
    assert shop.points(view, "es") == ("One", "Two")
    assert shop.text({}, "en") == ""


@pytest.mark.parametrize("language", ["en", "ru", "de"])
def test_the_language_of_the_moment_does_not_leak_into_the_snapshot(language):
    product = make_product(name_en="Signals", name_ru="Сигналы")

    with translation.override(language):
        names = load_snapshot(1).product(product.pk).names

    assert names == {"en": "Signals", "ru": "Сигналы"}


def test_its_cost_does_not_grow_with_the_shop(django_assert_num_queries):
    for _ in range(3):
        make_product(tiers=("premium", "vip"))
    with django_assert_num_queries(4):
        assert len(catalog_snapshot().products) == 3

    for _ in range(27):
        make_product(tiers=("premium", "vip"))
    with django_assert_num_queries(4):
        assert len(catalog_snapshot().products) == 30

    with django_assert_num_queries(1):
        catalog_snapshot()


@pytest.mark.parametrize(
    "change",
    [
        lambda: Category.objects.update(name_ru="Полка"),
        lambda: Product.objects.update(position=9),
        lambda: ProductTier.objects.update(base_price_minor=1),
        lambda: ProductTier.objects.all().delete(),
        lambda: make_category(),
    ],
)
def test_every_change_of_the_catalog_is_seen(change):
    make_product()
    before = catalog_snapshot()

    change()

    assert catalog_snapshot().version > before.version
    assert catalog_snapshot() is catalog_snapshot()


def test_selling_does_not_make_anyone_read_the_catalog_again():
    tier = make_tier(stock=5)
    before = catalog_snapshot()

    TierStock.objects.take(tier.pk, 1)

    assert catalog_snapshot() is before


def test_a_circle_of_categories_in_damaged_data_is_hidden_and_does_not_hang(now):
    outer = make_category()
    inner = make_category(parent=outer)
    make_product(category=inner)
    Category.objects.filter(pk=outer.pk).update(parent=inner)

    shop = catalog_snapshot()

    assert shop.roots(now) == ()
    assert shop.products == {}
