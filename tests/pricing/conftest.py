"""Fixtures of the pricing tests: a shop with its defaults, a tier, customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from catalog.models import ProductTier
from customers.models import Customer
from pricing.defaults import write_defaults
from tests.catalog.factories import make_product
from tests.catalog.factories import make_tier as make_tier_row
from tests.customers.factories import make_customer
from tests.pricing.bank import Bank, open_bank


@pytest.fixture
def shop(db: Any) -> None:
    """A shop with its default regions, currencies, discounts and rates.

    Migrations wrote them once; a test on several connections empties every table at its end.
    """
    write_defaults()


@pytest.fixture
def tier(shop: None) -> ProductTier:
    """The premium tier of signals: 20.00 USD a month."""
    product = make_product(slug="signals", name="Signals", tiers=())
    return make_tier_row(product=product, level="premium", max_quantity=50)


@pytest.fixture
def customer(shop: None) -> Customer:
    """Ada, who buys."""
    return make_customer()


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank that answers with the rates of 2 November 2026."""
    with open_bank() as opened:
        yield opened
