"""What staff see of access on the first page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse

from entitlements.models import Grant
from shopbot.admin.dashboard import Card, Section, dashboard_card


@dashboard_card(Section.TODAY, permission="entitlements.view_grant", position=30)
def card_of_access(*, now: datetime) -> Iterable[Card]:
    """Who may use something at present, and how much of it ends soon."""
    soon = Q(access_until__lte=now + timedelta(days=7))
    found = Grant.objects.counting(now).aggregate(
        customers=Count("customer", distinct=True), ending=Count("pk", filter=soon)
    )
    yield Card(
        title="Customers with access",
        value=str(found["customers"]),
        note=f"{found['ending']} entitlements end within 7 days",
        link=reverse("admin:entitlements_grant_changelist"),
    )
