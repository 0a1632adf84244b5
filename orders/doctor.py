"""What the shop's doctor asks about payments."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from orders.card_findings import card_findings
from shopbot.doctor import examination
from shopbot.health import Finding
from shopbot.kernel import clock


@examination
def cards() -> Iterator[Finding]:
    """Examine Stripe where real cards are taken."""
    if settings.STRIPE_ENABLED and not settings.STRIPE_IS_SIMULATED:
        yield from card_findings(now=clock.now())
