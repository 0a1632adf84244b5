"""Named predicates over grants and blocks: which of them count at a moment."""

from datetime import datetime
from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q


class GrantQuerySet(models.QuerySet["Grant"]):
    """Grants."""

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))

    def live(self) -> Self:
        """Those that were not closed before their end; they may be over."""
        return self.filter(revoked_at__isnull=True)

    def counting(self, at: datetime) -> Self:
        """Those whose stretch, grace included, holds the moment."""
        return self.filter(starts_at__lte=at, access_until__gt=at)

    def unblocked(self, at: datetime) -> Self:
        """Those whose holder is not blocked, nor the owner of the seat it is."""
        return self.exclude(_blocked(at))

    def with_blocked(self, at: datetime) -> Self:
        """Add ``is_blocked``: the holder, or the owner of the seat, is blocked then."""
        return self.annotate(is_blocked=_blocked(at))


class BlockQuerySet(models.QuerySet["Block"]):
    """Blocks."""

    def standing(self, at: datetime) -> Self:
        """Those placed and not lifted at the moment."""
        not_lifted = Q(lifted_at__isnull=True) | Q(lifted_at__gt=at)
        return self.filter(not_lifted, starts_at__lte=at)


def _blocked(at: datetime) -> Exists:
    # By name, since the models import this module.
    blocks: BlockQuerySet = apps.get_model("entitlements", "Block").objects.all()
    holder = Q(customer_id=OuterRef("customer_id"))
    owner = Q(customer_id=OuterRef("follows__customer_id"))
    return Exists(blocks.standing(at).filter(holder | owner))
