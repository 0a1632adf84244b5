"""Who pays an old price? Pricing stands below orders, so whoever knows registers a count."""

from __future__ import annotations

from collections.abc import Callable, Collection

#: Counts the customers who are subscribed to any of these tiers.
SubscriberCount = Callable[[Collection[int]], int]

_counters: list[SubscriberCount] = []


def register_subscriber_count(counter: SubscriberCount) -> SubscriberCount:
    """Let ``counter`` answer how many customers are subscribed to some tiers."""
    if counter not in _counters:
        _counters.append(counter)
    return counter


def count_subscribers(tier_ids: Collection[int]) -> int:
    """Return how many customers are subscribed to any of the tiers, as far as anybody knows."""
    return sum(counter(tier_ids) for counter in _counters) if tier_ids else 0
