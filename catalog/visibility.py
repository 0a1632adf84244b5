"""Why does a customer see a product, or not? Answered for staff, in words."""

from collections.abc import Mapping
from datetime import datetime

from django.db import models

from catalog.models import Category, Product


class Status(models.TextChoices):
    """What decides whether customers see a product."""

    ON_SALE = "on-sale", "On sale"
    DRAFT = "draft", "Not published"
    CATEGORY_HIDDEN = "category-hidden", "Category is hidden"
    NO_TIER = "no-tier", "No active tier"
    SCHEDULED = "scheduled", "Scheduled"
    OVER = "over", "Schedule is over"


def status_of(product: Product, *, hidden: frozenset[int], at: datetime) -> Status:
    """Return the first reason against a product, or that it is on sale.

    Costs no query if its tiers are prefetched; ``hidden`` comes from ``hidden_categories``.
    """
    if not product.is_active:
        return Status.DRAFT
    if product.category_id in hidden:
        return Status.CATEGORY_HIDDEN
    if not any(tier.is_active for tier in product.tiers.all()):
        return Status.NO_TIER
    if product.visible_from is not None and at < product.visible_from:
        return Status.SCHEDULED
    if product.visible_until is not None and product.visible_until <= at:
        return Status.OVER
    return Status.ON_SALE


def hidden_categories() -> frozenset[int]:
    """Return the categories that are switched off or stand in one that is; one query."""
    rows = {row.pk: row for row in Category.objects.only("parent_id", "is_active")}
    return frozenset(pk for pk in rows if not _is_shown(pk, rows))


def _is_shown(category_id: int, rows: Mapping[int, Category]) -> bool:
    above: int | None = category_id
    for _ in rows:
        if above is None or not rows[above].is_active:
            break
        above = rows[above].parent_id
    return above is None
