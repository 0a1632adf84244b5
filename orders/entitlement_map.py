"""What does a customer have, as other software reads it? One shape for API and webhooks."""

from datetime import datetime
from typing import Any

from entitlements.allowances import Allowance, privileges_of
from entitlements.models import TierGrant
from entitlements.selectors import Holding, holdings, tier_of
from orders.models import Subscription


def entitlement_map(*, customer_id: int, at: datetime) -> dict[str, Any]:
    """Return the customer's tier, entitlements by code and privileges by code, as JSON values.

    Moments are ISO 8601 in UTC, ``expires_at`` null for lifetime; suspended entitlements are
    listed with ``is_active`` false. A fixed number of queries (8), however much there is.
    """
    renewing = _renewing_types(customer_id)
    return {
        "tier": str(tier_of(customer_id, at)),
        "entitlements": {
            held.code: _entitlement(held, will_renew=held.type_id in renewing)
            for held in holdings(customer_id, at)
        },
        "privileges": {each.code: _privilege(each) for each in privileges_of(customer_id, at)},
    }


def _renewing_types(customer_id: int) -> set[int]:
    renewing = Subscription.objects.live().filter(customer_id=customer_id, will_renew=True)
    sold = TierGrant.objects.filter(tier__in=renewing.order_by().values("tier"))
    return set(sold.values_list("type_id", flat=True))


def _entitlement(held: Holding, *, will_renew: bool) -> dict[str, Any]:
    return {
        "name": held.name,
        "tier": held.level,
        "is_active": held.is_active,
        "is_blocked": held.is_blocked,
        "in_grace": held.in_grace,
        "starts_at": _moment(held.starts_at),
        "expires_at": _moment(held.ends_at),
        "grace_until": _moment(held.grace_until),
        "will_renew": will_renew,
        "source": held.source,
    }


def _privilege(allowance: Allowance) -> dict[str, Any]:
    return {
        "kind": allowance.kind,
        "value": allowance.value,
        "limit": allowance.limit,
        "used": allowance.used,
        "remaining": allowance.remaining,
        "resets_at": _moment(allowance.resets_at),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
