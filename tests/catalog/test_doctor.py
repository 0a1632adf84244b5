import pytest

from catalog.doctor import catalog
from catalog.models import ProductTier
from tests.catalog.factories import make_product, make_tier

pytestmark = pytest.mark.django_db

LANGUAGES = ("en", "ru", "de", "es")


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def make_complete(**fields):
    return make_product(**{f"name_{code}": "Signals" for code in LANGUAGES}, **fields)


def faults():
    return [finding.fault for finding in catalog()]


def test_a_complete_catalog_is_well():
    make_complete()

    assert faults() == [""]


def test_an_empty_shop_is_told():
    assert faults() == ["nothing is on sale now"]


def test_published_products_without_an_active_tier_are_named():
    make_complete()
    make_complete(slug="bare", tiers=())
    off = make_complete(slug="off")
    ProductTier.objects.filter(product=off).update(is_active=False)

    assert faults() == ["published without an active tier, so hidden: bare, off"]


def test_products_without_a_language_are_named_by_language():
    fields = {f"name_{code}": "Signals" for code in LANGUAGES if code != "de"}
    for number in range(5):
        make_product(slug=f"p{number}", description_en="Daily.", **fields)

    assert faults() == [
        "no name or description in Russian: p0, p1, p2 and 2 more",
        "no name or description in German: p0, p1, p2 and 2 more",
        "no name or description in Spanish: p0, p1, p2 and 2 more",
    ]


def test_an_image_whose_file_is_gone_is_told():
    make_complete(slug="signals", image="products/gone.png")

    assert faults() == ["the image file is gone: signals"]


def test_a_tier_that_counts_units_it_was_never_given_is_told():
    product = make_complete(tiers=(), name="Signals")
    make_tier(product=product, tracks_stock=True, name="Premium")
    make_tier(product=product, level="vip", stock=0)

    assert faults() == ["counts units but has none, so sold out: Signals: Premium"]
