"""Categories, products and tiers for tests, with defaults that may be overridden one by one."""

from itertools import count
from typing import Any

from catalog.models import Category, Product, ProductTier, TierStock

_numbers = count(1)


def make_category(**fields: Any) -> Category:
    """Return a saved, visible category."""
    number = next(_numbers)
    return Category.objects.create(
        **{"name": f"Category {number}", "slug": f"category-{number}", **fields}
    )


def make_product(**fields: Any) -> Product:
    """Return a saved, published product; ``tiers`` names its levels (by default premium)."""
    number = next(_numbers)
    levels = fields.pop("tiers", ("premium",))
    if "category" not in fields and "category_id" not in fields:
        fields["category"] = make_category()
    product = Product.objects.create(
        **{
            "name": f"Product {number}",
            "slug": f"product-{number}",
            "is_active": True,
            **fields,
        }
    )
    for position, level in enumerate(levels):
        make_tier(product=product, level=level, position=position)
    return product


def make_tier(**fields: Any) -> ProductTier:
    """Return a saved tier at 20.00 USD a month; ``stock`` counts its units."""
    stock = fields.pop("stock", None)
    if "product" not in fields and "product_id" not in fields:
        fields["product"] = make_product(tiers=())
    level = fields.setdefault("level", "premium")
    defaults = {"name": level.title(), "base_price_minor": 2000, "currency": "USD"}
    if stock is not None:
        fields.setdefault("tracks_stock", True)
    tier = ProductTier.objects.create(**{**defaults, **fields})
    if stock is not None:
        TierStock.objects.create(tier=tier, available=stock)
    return tier
