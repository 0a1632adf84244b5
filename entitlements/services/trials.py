"""Let a customer try a product once."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from catalog.errors import UnknownTier
from catalog.levels import RANK
from catalog.models import ProductTier
from entitlements.errors import AlreadyHeld, NoTrial, TrialIsUsed
from entitlements.locking import lock_customer
from entitlements.models import Grant
from entitlements.services.granting import grant_all, grants_for_tier


def trial_source(*, product_id: int, customer_id: int) -> str:
    """Return a trial's source; that it is unique allows one per customer and product."""
    return f"trial:{product_id}:{customer_id}"


@transaction.atomic
def start_trial(*, customer_id: int, tier_id: int, now: datetime, actor: str) -> list[Grant]:
    """Grant what a tier gives for its trial days, without seats. Locks the customer.

    One trial per customer and product, at whichever tier, whatever became of it.

    Raises:
        UnknownTier: no such tier.
        NoTrial: the tier has no trial, or gives nothing.
        TrialIsUsed: the customer has had the trial of this product.
        AlreadyHeld: everything it gives is held already, at that level or a higher one.
    """
    tier = ProductTier.objects.filter(pk=tier_id).first()
    if tier is None:
        raise UnknownTier(f"no tier {tier_id}", tier_id=tier_id)
    source = trial_source(product_id=tier.product_id, customer_id=customer_id)
    given = grants_for_tier(
        tier_id=tier_id, source=source, months=None, days=tier.trial_days or 1
    )
    # With seats, friends who take their trials in turn would use each other's.
    new = [replace(each, seats=0) for each in given]
    if not tier.trial_days or not new:
        raise NoTrial(f"tier {tier_id} has no trial", tier_id=tier_id)
    lock_customer(customer_id)
    if Grant.objects.filter(source=source).exists():
        raise TrialIsUsed(f"{source} was used", product_id=tier.product_id)
    held = Grant.objects.filter(customer_id=customer_id).counting(now)
    ranks = {(grant.type_id, grant.rank) for grant in held}
    if all(
        any(type_id == each.type_id and rank >= RANK[each.level] for type_id, rank in ranks)
        for each in new
    ):
        raise AlreadyHeld(f"customer {customer_id} holds it", tier_id=tier_id)
    return grant_all(customer_id=customer_id, grants=new, now=now, actor=actor)
