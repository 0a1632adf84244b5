"""Reads of what the snapshot cannot hold, because it changes with every sale."""

from collections.abc import Collection, Mapping

from catalog.models import TierStock


def units_left(tier_ids: Collection[int]) -> Mapping[int, int]:
    """Return the units left of each tier that counts them; one query.

    A tier without a count is absent: whether that means "no limit" or "none left" is its
    ``tracks_stock``.
    """
    counted = TierStock.objects.filter(tier_id__in=tier_ids)
    return dict(counted.values_list("tier_id", "available"))
