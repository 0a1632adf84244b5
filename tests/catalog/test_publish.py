import pytest

from catalog.errors import NothingToSell, UnknownProduct
from catalog.models import Product, ProductTier
from catalog.services import publish, unpublish
from shopbot.kernel.models import Event
from tests.catalog.factories import make_product

pytestmark = pytest.mark.django_db


def test_publishing_shows_the_product_and_says_so_once(now):
    product = make_product(slug="signals", is_active=False)

    for _ in range(2):
        assert publish(product_id=product.pk, actor="staff:7", now=now).is_active

    assert Product.objects.get().is_active
    event = Event.objects.get()
    assert (event.kind, event.subject, event.actor) == (
        "product.published",
        f"product:{product.pk}",
        "staff:7",
    )
    assert event.data == {"slug": "signals"}


def test_unpublishing_hides_the_product_and_says_so_once(now):
    product = make_product()

    for _ in range(2):
        assert not unpublish(product_id=product.pk, actor="staff:7", now=now).is_active

    assert not Product.objects.get().is_active
    assert Event.objects.get().kind == "product.unpublished"


@pytest.mark.parametrize("tiers", [(), ("premium",)])
def test_a_product_with_nothing_to_sell_is_not_published(tiers, now):
    product = make_product(is_active=False, tiers=tiers)
    ProductTier.objects.update(is_active=False)

    with pytest.raises(NothingToSell):
        publish(product_id=product.pk, actor="staff:7", now=now)

    assert not Product.objects.get().is_active
    assert not Event.objects.exists()


@pytest.mark.parametrize("move", [publish, unpublish])
def test_an_unknown_product_is_refused(move, now):
    with pytest.raises(UnknownProduct):
        move(product_id=1, actor="staff:7", now=now)
