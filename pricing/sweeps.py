"""What comes due by itself in pricing: the day's exchange rates, experiments that must end."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from pricing.ecb import DAILY_URL, fetch_daily
from pricing.errors import BadFeed, FeedUnreachable
from pricing.models import FxRate
from pricing.selectors import rate_health
from pricing.services.experiments import stop_where_due
from pricing.services.rates import take_over
from shopbot.kernel.events import record
from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import sweep

logger = logging.getLogger(__name__)

#: The bank publishes once on each working day; asking more often finds nothing new.
PAUSE = timedelta(hours=3)
DAY = timedelta(days=1)
#: What the event log calls all rates together.
RATES = "fx:rates"


@sweep("fx-rates")
def fetch_rates(*, now: datetime, limit: int) -> int:
    """Take over the day's exchange rates of the European Central Bank, if there are new."""
    _tell_of_late_rates(now)
    asked = FxRate.objects.filter(source=FxRate.Source.ECB)
    newest = asked.aggregate(at=Max("fetched_at"))["at"]
    if newest is not None and now - newest < PAUSE:
        return 0
    try:
        # An owner without a way out may point this at a mirror.
        daily = fetch_daily(getattr(settings, "FX_FEED_URL", DAILY_URL))
        taken = take_over(daily=daily, now=now)
    except (FeedUnreachable, BadFeed) as error:
        # Prices keep the last rate; the alarm on old rates tells staff if this goes on.
        logger.warning("exchange rates were not taken over: %s", error)
        return 0
    return sum(len(currencies) for currencies in taken.values())


def _tell_of_late_rates(now: datetime) -> None:
    """Record once a day that no new rate came; a trial lives on those it was shipped with."""
    late_days = rate_health(now=now).late_days
    if late_days is None or settings.SIMULATOR_ENABLED:
        return
    told = Event.objects.filter(subject=RATES, kind="fx.late", happened_at__gt=now - DAY)
    if not told.exists():
        record("fx.late", subject=RATES, actor="beat", at=now, days=late_days)


@sweep("price-experiments")
def end_experiments(*, now: datetime, limit: int) -> int:
    """Stop the price experiments whose end, size or harm has been reached."""
    return stop_where_due(now=now)
