# ruff: noqa: F811  a fixture is asked for by its name
"""The cast of these tests: the shop of the orders' tests, with things to hand over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from catalog.models import ProductTier
from delivery.models import Code, CodeStock, DeliveryItem
from tests.orders.conftest import (  # noqa: F401  the same shop
    _local_trial,
    buy,
    customer,
    make_customer,
    make_tier,
    open_demo,
    pay,
    place,
    signals,
    tier,
)


@pytest.fixture
def make_codes(now) -> Callable[..., CodeStock]:
    """Let a tier sell codes, K-1 to K-count."""

    def make(tier: ProductTier, count: int, **fields: Any) -> CodeStock:
        stock = CodeStock.objects.create(tier=tier, **fields)
        Code.objects.bulk_create(
            Code(stock=stock, secret=f"K-{number}", added_by="staff:7", added_at=now)
            for number in range(1, count + 1)
        )
        return stock

    return make


@pytest.fixture
def key_tier(make_tier) -> ProductTier:
    """A key sold once, at most five in one order."""
    return make_tier(billing_period="once", max_quantity=5)


@pytest.fixture
def make_text() -> Callable[..., DeliveryItem]:
    """Let a tier bring a text."""

    def make(tier: ProductTier, **fields: Any) -> DeliveryItem:
        wanted = {"kind": "text", "title": "Welcome", "text": "Come in & read <this>."}
        return DeliveryItem.objects.create(tier=tier, **{**wanted, **fields})

    return make


@pytest.fixture
def statuses() -> Callable[[], dict[str, int]]:
    """Count codes by status."""

    def count() -> dict[str, int]:
        found: dict[str, int] = {}
        for status in Code.objects.values_list("status", flat=True):
            found[status] = found.get(status, 0) + 1
        return found

    return count
