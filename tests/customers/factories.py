"""Customers for tests, with defaults that may be overridden one by one."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from customers.models import Customer

_telegram_ids = count(700_001)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def make_customer(**fields: Any) -> Customer:
    """Return a saved customer; a region given alone is confirmed at the creation."""
    telegram_id = fields.pop("telegram_id", None) or next(_telegram_ids)
    created_at = fields.pop("created_at", LONG_AGO)
    if fields.get("region"):
        fields.setdefault("region_confirmed_at", created_at)
    if fields.get("referrer") or fields.get("referrer_id"):
        fields.setdefault("referred_at", created_at)
    defaults = {"first_name": "Ada", "telegram_language": "en", "last_seen_at": created_at}
    return Customer.objects.create(
        telegram_id=telegram_id, created_at=created_at, **{**defaults, **fields}
    )
