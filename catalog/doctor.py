"""What would customers miss in this catalog? The doctor asks here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.core.files.storage import default_storage

from catalog.models import Product, ProductTier
from catalog.snapshot import CatalogSnapshot, ProductView, load_snapshot
from shopbot.doctor import examination
from shopbot.health import Finding
from shopbot.kernel import clock

_SHOWN = 3


@examination
def catalog() -> Iterator[Finding]:
    """Judge what is published: something to buy, in every language, with image and stock."""
    shop = load_snapshot(0)
    faults = [*_empty(shop), *_without_tiers(), *_untranslated(shop), *_without_images(shop)]
    faults += _uncounted()
    yield from faults or [Finding("catalog")]


def _empty(shop: CatalogSnapshot) -> Iterator[Finding]:
    if not shop.roots(clock.now()):
        yield Finding(
            "catalog",
            "nothing is on sale now",
            "Publish a product in the admin, or run `python manage.py demo`.",
        )


def _without_tiers() -> Iterator[Finding]:
    bare = Product.objects.filter(is_active=True).exclude(tiers__is_active=True)
    names = [product.slug for product in bare]
    if names:
        yield Finding(
            "catalog",
            f"published without an active tier, so hidden: {_named(names)}",
            "Switch a tier on, or unpublish the product.",
        )


def _untranslated(shop: CatalogSnapshot) -> Iterator[Finding]:
    for code, label in settings.LANGUAGES:
        names = [view.slug for view in shop.products.values() if not _speaks(view, code)]
        if names:
            yield Finding(
                "catalog",
                f"no name or description in {label}: {_named(names)}",
                f"Fill in the tab {label}; customers read English until then.",
            )


def _speaks(product: ProductView, code: str) -> bool:
    return code in product.names and (code in product.descriptions or not product.descriptions)


def _without_images(shop: CatalogSnapshot) -> Iterator[Finding]:
    pictured = [view for view in shop.products.values() if view.image]
    names = [view.slug for view in pictured if not default_storage.exists(view.image)]
    if names:
        yield Finding(
            "catalog",
            f"the image file is gone: {_named(names)}",
            "Upload the image again, or clear it on the product's page.",
        )


def _uncounted() -> list[Finding]:
    tiers = ProductTier.objects.filter(is_active=True, tracks_stock=True, stock__isnull=True)
    names = [str(tier) for tier in tiers.select_related("product")]
    if not names:
        return []
    return [
        Finding(
            "catalog",
            f"counts units but has none, so sold out: {_named(names)}",
            "Press “Change stock” on the tier's page, or stop counting.",
        )
    ]


def _named(names: Iterable[str]) -> str:
    first = list(names)
    more = len(first) - _SHOWN
    return ", ".join(first[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
