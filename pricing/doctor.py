"""What the shop's doctor asks about prices."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from pricing.selectors import rate_health
from shopbot.doctor import examination
from shopbot.health import Finding
from shopbot.kernel import clock


@examination
def rates() -> Iterator[Finding]:
    """Ask whether exchange rates still come; a trial on one machine lives on shipped ones."""
    health = rate_health(now=clock.now())
    if health.late_days is not None and not settings.SIMULATOR_ENABLED:
        yield Finding(
            "exchange rates",
            f"the newest is {health.late_days} days old",
            "Run `manage.py sweep fx-rates` and see what it says; see that beat runs.",
        )
    elif health.held:
        yield Finding(
            "exchange rates",
            f"{health.held} jumped and wait for a person",
            "Accept or reject them in the admin, under Exchange rates.",
        )
    else:
        yield Finding("exchange rates")
