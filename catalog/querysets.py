"""Named predicates and single-statement writes over the catalog."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q


class CategoryQuerySet(models.QuerySet["Category"]):
    """Categories."""

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))


class ProductQuerySet(models.QuerySet["Product"]):
    """Products."""

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))

    def within_schedule(self, at: datetime) -> Self:
        """Those whose schedule shows them at a moment; the end is exclusive."""
        started = Q(visible_from__isnull=True) | Q(visible_from__lte=at)
        not_over = Q(visible_until__isnull=True) | Q(visible_until__gt=at)
        return self.filter(started & not_over)


class TierStockQuerySet(models.QuerySet["TierStock"]):
    """Units left of tiers that count them."""

    def take(self, tier_id: int, quantity: int) -> bool:
        """Claim ``quantity`` units in one statement; False when fewer are left.

        The condition and the write are one UPDATE, so two buyers of the last unit cannot
        both see True.
        """
        if quantity < 1:
            raise ValueError("a quantity is at least 1")
        enough = self.filter(tier_id=tier_id, available__gte=quantity)
        return enough.update(available=F("available") - quantity) == 1

    def put_back(self, tier_id: int, quantity: int) -> bool:
        """Return ``quantity`` units in one statement; False when the tier counts none."""
        if quantity < 1:
            raise ValueError("a quantity is at least 1")
        counted = self.filter(tier_id=tier_id)
        return counted.update(available=F("available") + quantity) == 1
