"""What pricing does by itself."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pricing.ecb import DailyRates, fetch_daily
from pricing.engine import NoRate, QuoteRequest
from pricing.errors import FeedUnreachable
from pricing.models import FxRate
from pricing.services import quote_offer
from pricing.services.rates import take_over
from pricing.sweeps import end_experiments, fetch_rates
from shopbot.kernel.events import relay
from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import sweeps
from telegram_bot.models import OutgoingMessage
from tests.catalog.factories import make_tier

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


@pytest.fixture
def euros(shop):
    """What a year of signals costs in Europe at a moment."""
    tier = make_tier(base_price_minor=2000)
    return lambda at: (
        quote_offer(request=QuoteRequest(tier_id=tier.pk, months=12, region="EU", at=at)).total
    )


def test_rates_that_stop_coming_alarm_staff_daily_and_stop_sales_after_thirty_days(
    bank, euros, settings
):
    settings.FX_FEED_URL, settings.SIMULATOR_ENABLED = bank.url, False
    settings.STAFF_CHAT_ID = -100
    fetch_rates(now=NOW, limit=500)
    settings.FX_FEED_URL = "http://127.0.0.1:9/daily.xml"
    price = euros(NOW)

    for hours in range(0, 8 * 24, 6):
        fetch_rates(now=NOW + timedelta(hours=hours), limit=500)
    relay(now=NOW + timedelta(days=8))

    told = OutgoingMessage.objects.filter(chat_id=-100).order_by("pk")
    assert [each.params["text"].partition(";")[0] for each in told] == [
        "⚠️ No exchange rate came for 6 days",
        "⚠️ No exchange rate came for 7 days",
        "⚠️ No exchange rate came for 8 days",
    ]
    assert euros(NOW + timedelta(days=30)) == price
    with pytest.raises(NoRate):
        euros(NOW + timedelta(days=31))


def test_rates_that_jump_alarm_staff_once_and_change_no_price(euros, settings):
    settings.STAFF_CHAT_ID = -100
    price = euros(NOW)
    doubled = DailyRates(NOW.date(), {"USD": Decimal("2.2"), "GBP": Decimal("1.7")})

    for hours in (0, 6):
        take_over(daily=doubled, now=NOW + timedelta(hours=hours))
    relay(now=NOW)

    told = OutgoingMessage.objects.get(chat_id=-100).params["text"]
    assert told.startswith("⚠️ Exchange rates jumped: GBP, USD. Prices keep the old ones")
    assert told.endswith("/admin/pricing/fxrate/?status__exact=held")
    assert euros(NOW + timedelta(hours=6)) == price


def test_shipped_rates_are_a_start_that_staff_are_told_of_and_never_refused(euros, settings):
    settings.SIMULATOR_ENABLED = False
    settings.FX_FEED_URL = "http://127.0.0.1:9/daily.xml"
    later = NOW + timedelta(days=182)

    assert euros(later) == euros(NOW)
    fetch_rates(now=later, limit=500)

    assert Event.objects.get(kind="fx.late").data["days"] > 182
