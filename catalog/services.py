"""What can be done with the catalog beyond editing its rows."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from catalog.errors import (
    CategoryCycle,
    NothingToSell,
    StockTooLow,
    UnknownCategory,
    UnknownProduct,
    UnknownTier,
)
from catalog.models import Category, Product, ProductTier, TierStock
from shopbot.kernel.events import record


@transaction.atomic
def publish(*, product_id: int, actor: str, now: datetime) -> Product:
    """Show a product, within its schedule if there is one; publishing twice changes nothing.

    Raises:
        NothingToSell: no tier of it is active.
        UnknownProduct: no such product.
    """
    product = _locked_product(product_id)
    if product.is_active:
        return product
    if not ProductTier.objects.filter(product_id=product_id, is_active=True).exists():
        raise NothingToSell("a product needs an active tier to be published")
    return _switch(product, "product.published", actor, now)


@transaction.atomic
def unpublish(*, product_id: int, actor: str, now: datetime) -> Product:
    """Hide a product; what customers hold of it stays theirs. Twice changes nothing.

    Raises:
        UnknownProduct: no such product.
    """
    product = _locked_product(product_id)
    if not product.is_active:
        return product
    return _switch(product, "product.unpublished", actor, now)


@transaction.atomic
def move_category(
    *, category_id: int, parent_id: int | None, actor: str, now: datetime
) -> Category:
    """Put a category, with all that stands in it, into another one or at the top (None).

    Raises:
        CategoryCycle: the new parent is the category itself or stands in it.
        UnknownCategory: one of them does not exist.
    """
    refuse_cycle(category_id=category_id, parent_id=parent_id)
    category = Category.objects.get(pk=category_id)
    if category.parent_id == parent_id:
        return category
    before = category.parent_id
    category.parent_id = parent_id
    category.save(update_fields=["parent"])
    record(
        "category.moved",
        subject=f"category:{category_id}",
        actor=actor,
        at=now,
        before=before,
        after=parent_id,
    )
    return category


def refuse_cycle(*, category_id: int, parent_id: int | None) -> None:
    """Check a move under a lock of the whole tree, held to the end of the transaction.

    Two moves that are each fine can close a circle together, so they must take turns.

    Raises:
        CategoryCycle: the new parent is the category itself or stands in it.
        UnknownCategory: one of them does not exist.
    """
    parents = {row.pk: row.parent_id for row in Category.objects.locked()}
    for named in (category_id, parent_id):
        if named is not None and named not in parents:
            raise UnknownCategory(f"no category {named}", category_id=named)
    above = parent_id
    while above is not None:
        if above == category_id:
            raise CategoryCycle("a category cannot stand in itself or in one of its own")
        above = parents[above]


@transaction.atomic
def adjust_stock(*, tier_id: int, by: int, actor: str, now: datetime) -> int:
    """Add units to a tier's stock, or take away with a negative ``by``; return what is left.

    A difference, not a new count: units sold meanwhile stay sold.

    Raises:
        StockTooLow: fewer units are left than should be taken away.
        UnknownTier: no such tier.
    """
    if not ProductTier.objects.filter(pk=tier_id).exists():
        raise UnknownTier(f"no tier {tier_id}", tier_id=tier_id)
    TierStock.objects.get_or_create(tier_id=tier_id)
    enough = TierStock.objects.filter(tier_id=tier_id, available__gte=-by)
    if not enough.update(available=F("available") + by):
        raise StockTooLow(f"fewer than {-by} units are left", tier_id=tier_id)
    left = TierStock.objects.values_list("available", flat=True).get(tier_id=tier_id)
    record("stock.adjusted", subject=f"tier:{tier_id}", actor=actor, at=now, by=by, left=left)
    return left


def _locked_product(product_id: int) -> Product:
    product = Product.objects.filter(pk=product_id).locked().first()
    if product is None:
        raise UnknownProduct(f"no product {product_id}", product_id=product_id)
    return product


def _switch(product: Product, kind: str, actor: str, now: datetime) -> Product:
    product.is_active = not product.is_active
    product.save(update_fields=["is_active"])
    record(kind, subject=f"product:{product.pk}", actor=actor, at=now, slug=product.slug)
    return product
