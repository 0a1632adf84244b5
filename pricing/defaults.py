"""What does a new shop start with? Regions, currencies, discounts and exchange rates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps

from pricing.fx_seed import STARS_NOTE, STARS_PER_DOLLAR, latest_rates

REGIONS = (
    ("US", "United States", "USD", 0),
    ("GB", "United Kingdom", "GBP", 300),
    ("EU", "European Union", "EUR", 300),
    ("ASIA", "Asia", "USD", 500),
)
CURRENCIES = (("USD", "none"), ("GBP", "ending_99"), ("EUR", "ending_99"), ("XTR", "none"))
VOLUME = ((3, 500), (6, 1000), (12, 2000))

FindModel = Callable[[str, str], Any]


def write_defaults(find_model: FindModel = apps.get_model) -> None:
    """Write the defaults into an empty pricing app; a table with rows of its own is left alone.

    Migrations pass their own ``find_model``.
    """
    region = find_model("pricing", "Region")
    if not region.objects.exists():
        region.objects.bulk_create(
            region(code=code, name=name, currency=currency, markup_bps=bps, position=position)
            for position, (code, name, currency, bps) in enumerate(REGIONS)
        )
    setting = find_model("pricing", "CurrencySetting")
    if not setting.objects.exists():
        setting.objects.bulk_create(
            setting(code=code, charm=charm) for code, charm in CURRENCIES
        )
    step = find_model("pricing", "VolumeStep")
    if not step.objects.exists():
        step.objects.bulk_create(
            step(months=months, discount_bps=bps) for months, bps in VOLUME
        )
    find_model("pricing", "PricingRules").objects.get_or_create(pk=1)
    find_model("pricing", "AffiliateProgram").objects.get_or_create(pk=1)
    write_rates(find_model)


def write_rates(find_model: FindModel = apps.get_model) -> int:
    """Write the rates shipped with the shop for currencies that have none; return how many."""
    rate = find_model("pricing", "FxRate")
    known = set(rate.objects.values_list("currency", flat=True))
    rate_date, rates = latest_rates()
    day = datetime(rate_date.year, rate_date.month, rate_date.day, tzinfo=UTC)
    shared = {"rate_date": rate_date, "status": "applied", "applied_at": day, "fetched_at": day}
    missing = [
        rate(base="EUR", currency=currency, rate=value, source="seed", **shared)
        for currency, value in rates.items()
        if currency not in known
    ]
    if "XTR" not in known:
        stars = {"rate": Decimal(STARS_PER_DOLLAR), "source": "manual", "note": STARS_NOTE}
        missing.append(rate(base="USD", currency="XTR", **stars, **shared))
    rate.objects.bulk_create(missing)
    return len(missing)
