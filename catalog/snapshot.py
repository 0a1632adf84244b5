"""The catalog as customers see it: one immutable value, read again only when it changed.

The screens of the bot are drawn from it without touching the database. It holds what is
switched on; schedules are judged at the moment asked about, so a product appears on time
without anything being written.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Final, TypeVar

from django.conf import settings
from django.db import models

from catalog.levels import RANK
from catalog.models import Category, Product, ProductTier
from shopbot.kernel.money import Money
from shopbot.kernel.versions import VersionedCache

FALLBACK_LANGUAGE: Final = "en"

#: A text by language; a language without its own text is absent.
Texts = Mapping[str, str]

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class TierView:
    """An offer of a product."""

    id: int
    product_id: int
    level: str
    names: Texts
    base_price: Money
    billing_period: str
    tracks_stock: bool
    max_quantity: int
    trial_days: int
    grace_days: int
    floor_price: Money | None

    @property
    def rank(self) -> int:
        """How high the level stands."""
        return RANK[self.level]

    @property
    def is_monthly(self) -> bool:
        """Paid for by the month, not once for good."""
        return self.billing_period == ProductTier.BillingPeriod.MONTH


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product with the offers that are on; ``image`` is a name in the media storage."""

    id: int
    category_id: int
    slug: str
    names: Texts
    descriptions: Texts
    features: Mapping[str, tuple[str, ...]]
    image: str
    goods_type: str
    visible_from: datetime | None
    visible_until: datetime | None
    tiers: tuple[TierView, ...]

    def is_visible(self, at: datetime) -> bool:
        """There is something to sell, and the schedule shows it; the end is exclusive."""
        return (
            bool(self.tiers)
            and (self.visible_from is None or self.visible_from <= at)
            and (self.visible_until is None or at < self.visible_until)
        )


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A shelf of the shop, reachable from the top through shelves that are switched on."""

    id: int
    parent_id: int | None
    slug: str
    icon: str
    names: Texts
    descriptions: Texts


@dataclass(frozen=True, slots=True)
class CatalogSnapshot:
    """Everything that is switched on, at one version of the catalog."""

    version: int
    categories: Mapping[int, CategoryView]
    products: Mapping[int, ProductView]
    _children: Mapping[int | None, tuple[CategoryView, ...]] = field(repr=False)
    _on_shelf: Mapping[int, tuple[ProductView, ...]] = field(repr=False)
    _below: Mapping[int, tuple[ProductView, ...]] = field(repr=False)
    _by_slug: Mapping[str, ProductView] = field(repr=False)
    _tiers: Mapping[int, TierView] = field(repr=False)

    def roots(self, at: datetime) -> tuple[CategoryView, ...]:
        """Return the categories at the top of the shop that lead to something visible."""
        return self._stocked(None, at)

    def children(self, category_id: int, at: datetime) -> tuple[CategoryView, ...]:
        """Return the categories within one that lead to something visible."""
        return self._stocked(category_id, at)

    def products_in(self, category_id: int, at: datetime) -> tuple[ProductView, ...]:
        """Return the visible products that stand in a category itself."""
        on_shelf = self._on_shelf.get(category_id, ())
        return tuple(product for product in on_shelf if product.is_visible(at))

    def path(self, category_id: int) -> tuple[CategoryView, ...]:
        """Return the categories from the top down to this one.

        Raises:
            KeyError: no such category is switched on.
        """
        steps = [self.categories[category_id]]
        while (parent_id := steps[-1].parent_id) is not None:
            steps.append(self.categories[parent_id])
        return tuple(reversed(steps))

    def product(self, product_id: int) -> ProductView:
        """Return a product, whatever its schedule.

        Raises:
            KeyError: no such product is switched on.
        """
        return self.products[product_id]

    def product_by_slug(self, slug: str) -> ProductView:
        """Return a product by the name that links carry, whatever its schedule.

        Raises:
            KeyError: no such product is switched on.
        """
        return self._by_slug[slug]

    def tier(self, tier_id: int) -> TierView:
        """Return an offer, whatever its product's schedule.

        Raises:
            KeyError: no such tier is switched on.
        """
        return self._tiers[tier_id]

    def tier_by_slug(self, slug: str) -> TierView:
        """Return an offer by its full name: ``"signals/premium"``.

        Raises:
            KeyError: no such tier is switched on.
        """
        product_slug, _, level = slug.partition("/")
        for tier in self._by_slug[product_slug].tiers:
            if tier.level == level:
                return tier
        raise KeyError(slug)

    def is_on_sale(self, tier_id: int, at: datetime) -> bool:
        """The offer exists, is switched on, and its product is visible."""
        tier = self._tiers.get(tier_id)
        return tier is not None and self.products[tier.product_id].is_visible(at)

    @staticmethod
    def text(texts: Texts, language: str) -> str:
        """Return a text in a language, else in English, else nothing."""
        return texts.get(language) or texts.get(FALLBACK_LANGUAGE, "")

    @staticmethod
    def points(product: ProductView, language: str) -> tuple[str, ...]:
        """Return what the customer gets, point by point, in a language, else in English."""
        return product.features.get(language) or product.features.get(FALLBACK_LANGUAGE, ())

    def _stocked(self, parent_id: int | None, at: datetime) -> tuple[CategoryView, ...]:
        return tuple(
            category
            for category in self._children.get(parent_id, ())
            if any(product.is_visible(at) for product in self._below[category.id])
        )


def catalog_snapshot() -> CatalogSnapshot:
    """Return the present catalog: one query, and three more when it has changed."""
    return CATALOG.get()


def load_snapshot(version: int) -> CatalogSnapshot:
    """Read the catalog in three queries, whatever its size."""
    tiers = _grouped(
        map(_tier_view, ProductTier.objects.filter(is_active=True)),
        attrgetter("product_id"),
    )
    return build_snapshot(
        version,
        categories=[_category_view(row) for row in Category.objects.filter(is_active=True)],
        products=[
            _product_view(row, tiers.get(row.pk, ()))
            for row in Product.objects.filter(is_active=True)
        ],
    )


def build_snapshot(
    version: int, *, categories: Iterable[CategoryView], products: Iterable[ProductView]
) -> CatalogSnapshot:
    """Arrange views, given in the order to show, into a snapshot.

    Only what can be reached from the top is kept: a category within a hidden one is hidden.
    """
    children: Mapping[int | None, tuple[CategoryView, ...]]
    children = _grouped(categories, attrgetter("parent_id"))
    on_shelf: Mapping[int, tuple[ProductView, ...]]
    on_shelf = _grouped(products, attrgetter("category_id"))
    below: dict[int, tuple[ProductView, ...]] = {}
    reached: dict[int, CategoryView] = {}
    _descend(None, children, on_shelf, below, reached)
    shown = {p.id: p for category_id in reached for p in on_shelf.get(category_id, ())}
    return CatalogSnapshot(
        version=version,
        categories=reached,
        products=shown,
        _children={None: children.get(None, ())}
        | {key: children[key] for key in reached if key in children},
        _on_shelf={key: on_shelf[key] for key in reached if key in on_shelf},
        _below=below,
        _by_slug={product.slug: product for product in shown.values()},
        _tiers={tier.id: tier for product in shown.values() for tier in product.tiers},
    )


def _descend(
    parent_id: int | None,
    children: Mapping[int | None, tuple[CategoryView, ...]],
    on_shelf: Mapping[int, tuple[ProductView, ...]],
    below: dict[int, tuple[ProductView, ...]],
    reached: dict[int, CategoryView],
) -> tuple[ProductView, ...]:
    gathered = on_shelf.get(parent_id, ()) if parent_id is not None else ()
    for category in children.get(parent_id, ()):
        reached[category.id] = category
        below[category.id] = _descend(category.id, children, on_shelf, below, reached)
        gathered += below[category.id]
    return gathered


def _grouped(values: Iterable[V], key: Callable[[V], K]) -> dict[K, tuple[V, ...]]:
    groups: defaultdict[K, list[V]] = defaultdict(list)
    for value in values:
        groups[key(value)].append(value)
    return {name: tuple(group) for name, group in groups.items()}


def texts_of(row: models.Model, name: str) -> Texts:
    """Return a translated field of a row in every language that has it."""
    translations = {code: getattr(row, f"{name}_{code}") for code, _ in settings.LANGUAGES}
    return {code: text for code, text in translations.items() if text}


def _category_view(row: Category) -> CategoryView:
    return CategoryView(
        id=row.pk,
        parent_id=row.parent_id,
        slug=row.slug,
        icon=row.icon,
        names=texts_of(row, "name"),
        descriptions=texts_of(row, "description"),
    )


def _points(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.splitlines())))


def _product_view(row: Product, tiers: tuple[TierView, ...]) -> ProductView:
    features = texts_of(row, "features").items()
    return ProductView(
        id=row.pk,
        category_id=row.category_id,
        slug=row.slug,
        names=texts_of(row, "name"),
        descriptions=texts_of(row, "description"),
        features={code: _points(text) for code, text in features},
        image=row.image.name or "",
        goods_type=row.goods_type,
        visible_from=row.visible_from,
        visible_until=row.visible_until,
        tiers=tiers,
    )


def _tier_view(row: ProductTier) -> TierView:
    floor = row.floor_price_minor
    return TierView(
        id=row.pk,
        product_id=row.product_id,
        level=row.level,
        names=texts_of(row, "name"),
        base_price=row.base_price,
        billing_period=row.billing_period,
        tracks_stock=row.tracks_stock,
        max_quantity=row.max_quantity,
        trial_days=row.trial_days,
        grace_days=row.grace_days,
        floor_price=None if floor is None else Money(floor, row.currency),
    )


CATALOG: Final = VersionedCache("catalog", load_snapshot)
