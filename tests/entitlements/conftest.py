"""The cast of these tests: customers, entitlements, tiers, and short ways to grant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from catalog.models import Category, Product, ProductTier
from customers.models import Customer
from entitlements.models import EntitlementType, Grant, TierGrant
from entitlements.services import NewGrant, grant_all

_numbers = count(1)


def at(text: str) -> datetime:
    """Read ``2026-03-15`` or ``2026-03-15 12:00`` as a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def make_customer(now: datetime) -> Callable[..., Customer]:
    def make(**fields: Any) -> Customer:
        number = next(_numbers)
        fields = {
            "telegram_id": 7_000_000 + number,
            "first_name": f"Ann{number}",
            "created_at": now,
            "last_seen_at": now,
        } | fields
        return Customer.objects.create(**fields)

    return make


@pytest.fixture
def customer(make_customer) -> Customer:
    return make_customer()


@pytest.fixture
def stranger(make_customer) -> Customer:
    """Who must see nothing of it."""
    return make_customer()


@pytest.fixture
def make_type() -> Callable[..., EntitlementType]:
    def make(code: str = "signals", **fields: Any) -> EntitlementType:
        return EntitlementType.objects.create(code=code, **{"name": code.title()} | fields)

    return make


@pytest.fixture
def signals(make_type) -> EntitlementType:
    return make_type("signals")


@pytest.fixture
def make_tier() -> Callable[..., ProductTier]:
    def make(
        *grants: tuple[EntitlementType, str], product: Product | None = None, **fields: Any
    ) -> ProductTier:
        number = next(_numbers)
        if product is None:
            category = Category.objects.create(name="Shelf", slug=f"shelf-{number}")
            product = Product.objects.create(
                category=category, name="Signals", slug=f"signals-{number}"
            )
        seats = fields.pop("seats", 0)
        fields = {"level": "premium", "name": "Premium", "base_price_minor": 2000} | fields
        tier = ProductTier.objects.create(product=product, **fields)
        for type_, level in grants:
            TierGrant.objects.create(tier=tier, type=type_, level=level, seats=seats)
        return tier

    return make


@pytest.fixture
def grant(customer, signals, now) -> Callable[..., Grant]:
    """Grant one entitlement; for a month of premium ``signals`` unless told otherwise."""

    def give(**fields: Any) -> Grant:
        who = fields.pop("customer", customer)
        type_ = fields.pop("type", signals)
        moment = fields.pop("at", now)
        lengths = {"months", "days", "ends_at"} & fields.keys()
        fields = {
            "type_id": type_.pk,
            "level": "premium",
            "source": f"order-line:{next(_numbers)}",
            "months": None if lengths else 1,
        } | fields
        rows = grant_all(
            customer_id=who.pk, grants=[NewGrant(**fields)], now=moment, actor="test"
        )
        return rows[0]

    return give


@pytest.fixture
def live(customer) -> Callable[..., list[tuple[str, str, datetime, datetime | None]]]:
    """Return the live grants of a customer as (source, level, start, end), by start."""

    def look(who: Customer | None = None) -> list[tuple[str, str, datetime, datetime | None]]:
        rows = Grant.objects.live().filter(customer=who or customer)
        return list(
            rows.order_by("starts_at", "pk").values_list(
                "source", "level", "starts_at", "ends_at"
            )
        )

    return look
