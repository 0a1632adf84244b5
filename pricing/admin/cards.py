"""What staff see of prices on the first page, while something waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from pricing.models import Payout
from pricing.selectors import rate_health
from shopbot.admin.dashboard import Card, Section, dashboard_card


@dashboard_card(Section.ATTENTION, permission="pricing.view_fxrate", position=50)
def card_of_rates(*, now: datetime) -> Iterable[Card]:
    """Exchange rates that jumped, or that are old."""
    health = rate_health(now=now)
    page = reverse("admin:pricing_fxrate_changelist")
    if health.held:
        yield Card(
            title="Exchange rates jumped",
            value=str(health.held),
            note="Prices keep the old rate until you accept or reject the new one",
            link=f"{page}?status__exact=held",
        )
    # A trial on one machine lives on the rates it was shipped with.
    if health.late_days is not None and not settings.SIMULATOR_ENABLED:
        yield Card(
            title="Exchange rates are old",
            value=f"{health.late_days} days",
            note="Nothing new came from the European Central Bank",
            link=page,
        )


@dashboard_card(Section.ATTENTION, permission="pricing.view_payout", position=51)
def card_of_payouts(*, now: datetime) -> Iterable[Card]:
    """Affiliates who wait for their money."""
    waiting = Payout.objects.filter(status=Payout.Status.OPEN).count()
    if waiting:
        page = reverse("admin:pricing_payout_changelist")
        yield Card(
            title="Payouts to make",
            value=str(waiting),
            note="Affiliates who wait for their money",
            link=f"{page}?status__exact=open",
        )
