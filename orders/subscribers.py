"""How many customers renew an offer? Pricing asks before a price list is published."""

from __future__ import annotations

from collections.abc import Collection

from orders.models import Subscription
from pricing.subscribers import register_subscriber_count


def count_renewing(tier_ids: Collection[int]) -> int:
    """Count the customers whose subscription to any of these tiers goes on; one query."""
    going_on = Subscription.objects.live().filter(tier__in=tier_ids, will_renew=True)
    return going_on.values("customer").distinct().count()


register_subscriber_count(count_renewing)
