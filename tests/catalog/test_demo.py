import json
from io import BytesIO, StringIO

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from PIL import Image

from catalog.models import Category, Product, ProductTier, TierStock
from catalog.snapshot import catalog_snapshot
from entitlements.models import EntitlementType, TierGrant
from shopbot.demo import load
from shopbot.demo.covers import MOTIFS, SIZE, cover
from shopbot.demo.loading import PRODUCTS
from shopbot.demo.shapes import LANGUAGES
from shopbot.kernel.models import Event
from shopbot.kernel.money import Money

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_it_has_the_breadth_to_try_everything(now):
    loaded = load(now)

    assert loaded.as_dict() == {
        "categories": 6,
        "products": 11,
        "tiers": 17,
        "entitlements": 8,
    }
    assert Category.objects.filter(parent__isnull=False).count() == 2
    assert set(Product.objects.values_list("goods_type", flat=True)) == {
        "digital",
        "service",
        "physical",
    }
    assert set(ProductTier.objects.values_list("billing_period", flat=True)) == {
        "month",
        "once",
    }
    assert Product.objects.filter(goods_type="digital", tiers__billing_period="once").exists()
    assert TierStock.objects.get(tier__product__slug="hoodie").available == 5


def test_signals_cost_what_every_example_says(now):
    load(now)
    shop = catalog_snapshot()

    prices = {
        level: shop.tier_by_slug(f"signals/{level}").base_price
        for level in ("premium", "vip", "enterprise")
    }

    assert prices == {
        "premium": Money(2000, "USD"),
        "vip": Money(5000, "USD"),
        "enterprise": Money(20000, "USD"),
    }
    grants = TierGrant.objects.filter(tier__product__slug="signals", type__code="signals")
    assert sorted(grants.values_list("tier__level", "level")) == [
        ("enterprise", "enterprise"),
        ("premium", "premium"),
        ("vip", "vip"),
    ]


def test_what_each_tier_promises_exists(now):
    load(now)

    promised = {code for p in PRODUCTS for tier in p.tiers for code in tier.grants}
    assert promised == set(EntitlementType.objects.values_list("code", flat=True))
    assert TierGrant.objects.count() == sum(len(t.grants) for p in PRODUCTS for t in p.tiers)


def test_customers_see_all_but_what_is_scheduled(now):
    load(now)
    shop = catalog_snapshot()
    camp = shop.product_by_slug("summer-camp")

    assert [category.slug for category in shop.roots(now)] == [
        "trading",
        "learning",
        "services",
        "goods",
    ]
    assert not camp.is_visible(now)
    assert camp.is_visible(now + PRODUCTS[6].opens_in)
    hidden = [product.slug for product in shop.products.values() if not product.is_visible(now)]
    assert hidden == ["summer-camp"]


def test_every_text_exists_in_every_language(now):
    load(now)
    shop = catalog_snapshot()

    for category in shop.categories.values():
        assert set(category.names) == set(category.descriptions) == set(LANGUAGES)
    for product in shop.products.values():
        assert set(product.names) == set(product.descriptions) == set(LANGUAGES)
        points = {len(product.features[code]) for code in LANGUAGES}
        assert len(points) == 1


def test_every_row_would_pass_the_admins_forms(now):
    load(now)

    for model in (Category, Product, ProductTier, EntitlementType, TierGrant):
        for row in model.objects.all():
            row.full_clean()


def test_each_product_has_a_cover(now):
    load(now)

    for product in Product.objects.all():
        with default_storage.open(product.image.name) as file:
            assert Image.open(file).size == SIZE


@pytest.mark.parametrize("motif", sorted(MOTIFS))
def test_a_cover_is_the_same_each_time(motif):
    draw = cover.__wrapped__
    pictures = [draw("Signals", motif=motif, colours=("#000000", "#ffffff")) for _ in range(2)]

    assert pictures[0] == pictures[1]
    assert Image.open(BytesIO(pictures[0])).size == SIZE


def test_loading_again_changes_nothing_that_staff_have_changed(now):
    load(now)
    ProductTier.objects.filter(product__slug="signals", level="premium").update(
        base_price_minor=2500
    )
    Product.objects.filter(slug="signals").update(name_en="My signals", is_active=False)
    ProductTier.objects.filter(product__slug="signals", level="vip").delete()

    again = load(now)

    assert not again
    signals = Product.objects.get(slug="signals")
    assert (signals.name_en, signals.is_active) == ("My signals", False)
    assert sorted(signals.tiers.values_list("level", "base_price_minor")) == [
        ("enterprise", 20000),
        ("premium", 2500),
    ]
    assert Event.objects.get().kind == "demo.loaded"


def test_what_is_missing_is_made_again(now):
    load(now)
    Product.objects.get(slug="hoodie").delete()

    again = load(now)

    assert again.as_dict() == {"categories": 0, "products": 1, "tiers": 1, "entitlements": 0}


def run(*arguments):
    output = StringIO()
    call_command("demo", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_says_what_it_made_and_what_to_try():
    first, second = run(), run()

    assert "made 6 categories, 11 products, 17 tiers, 8 entitlements" in first
    assert "quote signals/premium" in first
    assert "nothing was changed" in second


def test_the_command_answers_programs_in_json():
    answer = json.loads(run("--json"))

    assert answer == {
        "made": {"categories": 6, "products": 11, "tiers": 17, "entitlements": 8},
        "holds": {"categories": 6, "products": 11, "tiers": 17},
    }
