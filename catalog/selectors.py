"""Reads that the snapshot does not serve: units left, which sales change, and staff's tree."""

from collections.abc import Collection, Mapping

from catalog.models import Category, TierStock


def units_left(tier_ids: Collection[int]) -> Mapping[int, int]:
    """Return the units left of each tier that counts them; one query.

    A tier without a count is absent: whether that means "no limit" or "none left" is its
    ``tracks_stock``.
    """
    counted = TierStock.objects.filter(tier_id__in=tier_ids)
    return dict(counted.values_list("tier_id", "available"))


def category_order() -> list[tuple[int, int]]:
    """Return every category as ``(id, depth)`` in the order of the tree; one query.

    Categories that a circle in damaged data cuts off from the top come last, so that staff can
    see and mend them.
    """
    below: dict[int | None, list[int]] = {}
    in_order = Category.objects.order_by("position", "pk")
    for pk, parent_id in in_order.values_list("pk", "parent_id"):
        below.setdefault(parent_id, []).append(pk)
    walked: dict[int, int] = {}
    waiting = [(pk, 0) for pk in reversed(below.get(None, []))]
    while waiting:
        pk, depth = waiting.pop()
        walked[pk] = depth
        waiting.extend((inner, depth + 1) for inner in reversed(below.get(pk, [])))
    cut_off = (pk for group in below.values() for pk in group if pk not in walked)
    return [*walked.items(), *((pk, 0) for pk in cut_off)]
