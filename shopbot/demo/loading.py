"""Put the demo shop into the database: what is missing is made, what is there is left alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from catalog.levels import Level
from catalog.models import Category, Product, ProductTier, TierStock
from entitlements.models import EntitlementType, TierGrant
from shopbot.demo.covers import cover
from shopbot.demo.more_wares import OTHER_PRODUCTS
from shopbot.demo.shapes import DemoCategory, DemoProduct, DemoTier
from shopbot.demo.shelves import CATEGORIES, ENTITLEMENTS
from shopbot.demo.wares import TRADING_PRODUCTS
from shopbot.kernel.events import record

PRODUCTS = (*TRADING_PRODUCTS, *OTHER_PRODUCTS)


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows a run has made; all zero when the shop was there already."""

    categories: int
    products: int
    tiers: int
    entitlements: int

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)

    def __bool__(self) -> bool:
        return any(self.as_dict().values())


def load(now: datetime) -> Loaded:
    """Make what the demo shop lacks, by slug, and nothing else.

    Safe to repeat: rows that exist keep whatever staff made of them, prices included.
    """
    known = set(Product.objects.values_list("slug", flat=True))
    missing = [product for product in PRODUCTS if product.slug not in known]
    # Drawn and stored ahead of the transaction, which must not wait for files.
    images = {product.slug: _store_cover(product) for product in missing}
    with transaction.atomic():
        entitlements = _make_entitlements()
        categories = _make_categories()
        tiers = [
            _make_tier(_make_product(product, images[product.slug], now), position, tier)
            for product in missing
            for position, tier in enumerate(product.tiers)
        ]
        loaded = Loaded(categories, len(missing), len(tiers), entitlements)
        if loaded:
            record(
                "demo.loaded", subject="catalog", actor="command", at=now, **loaded.as_dict()
            )
    return loaded


def _store_cover(product: DemoProduct) -> str:
    name = f"products/demo-{product.slug}.png"
    path = Path(default_storage.path(name))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cover(product.name.en, motif=product.motif, colours=product.colours))
    return name


def _make_entitlements() -> int:
    made = 0
    for entitlement in ENTITLEMENTS:
        _, is_new = EntitlementType.objects.get_or_create(
            code=entitlement.code,
            defaults={
                "kind": entitlement.kind,
                **entitlement.name.columns("name"),
                **entitlement.description.columns("description"),
            },
        )
        made += is_new
    return made


def _make_categories() -> int:
    made = 0
    for position, category in enumerate(CATEGORIES):
        _, is_new = Category.objects.get_or_create(
            slug=category.slug, defaults=_category_columns(category, position)
        )
        made += is_new
    return made


def _category_columns(category: DemoCategory, position: int) -> dict[str, Any]:
    parent = Category.objects.get(slug=category.parent) if category.parent else None
    return {
        "parent": parent,
        "icon": category.icon,
        "position": position,
        **category.name.columns("name"),
        **category.description.columns("description"),
    }


def _make_product(product: DemoProduct, image: str, now: datetime) -> Product:
    made, _ = Product.objects.get_or_create(
        slug=product.slug,
        defaults={
            "category": Category.objects.get(slug=product.category),
            "goods_type": product.goods_type,
            "image": image,
            "is_active": True,
            "visible_from": now + product.opens_in if product.opens_in else None,
            "position": PRODUCTS.index(product),
            **product.name.columns("name"),
            **product.description.columns("description"),
            **product.features.columns("features"),
        },
    )
    return made


def _make_tier(product: Product, position: int, tier: DemoTier) -> ProductTier:
    level = Level(tier.level)
    period = ProductTier.BillingPeriod
    made = ProductTier.objects.create(
        product=product,
        level=level,
        base_price_minor=tier.price_minor,
        currency="USD",
        billing_period=period.ONCE if tier.is_once else period.MONTH,
        position=position,
        tracks_stock=tier.stock is not None,
        max_quantity=tier.max_quantity,
        trial_days=tier.trial_days,
        grace_days=tier.grace_days,
        floor_price_minor=tier.floor_minor,
        **(tier.name.columns("name") if tier.name else {"name_en": level.label}),
    )
    if tier.stock is not None:
        TierStock.objects.create(tier=made, available=tier.stock)
    types = EntitlementType.objects.filter(code__in=tier.grants)
    TierGrant.objects.bulk_create(
        TierGrant(tier=made, type=type_, level=level, seats=tier.seats) for type_ in types
    )
    return made
