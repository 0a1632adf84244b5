"""What pricing does by itself."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pricing.ecb import fetch_daily
from pricing.errors import FeedUnreachable
from pricing.models import FxRate
from pricing.sweeps import end_experiments, fetch_rates
from shopbot.kernel.sweeps import sweeps

NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)


def test_both_sweeps_are_known_by_name():
    assert {"fx-rates", "price-experiments"} <= set(sweeps())


def test_takes_over_the_banks_rates_and_asks_again_after_three_hours(shop, bank, settings):
    settings.FX_FEED_URL = bank.url

    handled = [
        fetch_rates(now=NOW + timedelta(hours=hours), limit=500) for hours in (0, 0, 2, 3, 6)
    ]

    assert handled == [3, 0, 0, 0, 0]
    assert bank.asked == 3
    assert FxRate.objects.get(source="ecb", currency="USD").rate == Decimal("1.1201")


def test_a_bank_that_is_away_changes_no_rate_and_stops_nothing(shop, settings):
    settings.FX_FEED_URL = "http://127.0.0.1:9/daily.xml"
    before = FxRate.objects.count()

    assert fetch_rates(now=NOW, limit=500) == 0

    assert FxRate.objects.count() == before


def test_refuses_an_address_that_is_not_encrypted():
    with pytest.raises(FeedUnreachable):
        fetch_daily("http://example.com/daily.xml")


def test_ends_no_experiment_where_none_is_due(shop):
    assert end_experiments(now=NOW, limit=500) == 0
