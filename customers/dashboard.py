"""What staff see of customers on the first page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse

from customers.models import Customer
from shopbot.admin.dashboard import Card, Section, dashboard_card, day_start


@dashboard_card(Section.TODAY, permission="customers.view_customer", position=20)
def card_of_newcomers(*, now: datetime) -> Iterable[Card]:
    """Who opened the shop for the first time."""
    today = day_start(now)
    found = Customer.objects.aggregate(
        all=Count("pk"),
        today=Count("pk", filter=Q(created_at__gte=today)),
        month=Count("pk", filter=Q(created_at__gte=today - timedelta(days=29))),
    )
    yield Card(
        title="New customers today",
        value=str(found["today"]),
        note=f"{found['month']} in 30 days, {found['all']} in all",
        link=reverse("admin:customers_customer_changelist"),
    )
