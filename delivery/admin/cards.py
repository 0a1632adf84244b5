"""What staff see of delivery on the first page, while something waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from delivery.models import CodeStock, Delivery, Parcel
from shopbot.admin.dashboard import Card, Section, dashboard_card


@dashboard_card(Section.ATTENTION, permission="delivery.view_delivery", position=40)
def card_of_failures(*, now: datetime) -> Iterable[Card]:
    """Things that were paid for and did not arrive."""
    failed = Delivery.objects.filter(status=Delivery.Status.FAILED).count()
    if failed:
        page = reverse("admin:delivery_delivery_changelist")
        yield Card(
            title="Failed deliveries",
            value=str(failed),
            note="Paid for and not in the chat; retry them",
            link=f"{page}?status__exact=failed",
        )


@dashboard_card(Section.ATTENTION, permission="delivery.view_codestock", position=41)
def card_of_low_stock(*, now: datetime) -> Iterable[Card]:
    """Stocks of codes that run low."""
    low = CodeStock.objects.filter(is_active=True, low_since__isnull=False).count()
    if low:
        yield Card(
            title="Codes run low",
            value=str(low),
            note="Stocks at or below their mark",
            link=reverse("admin:delivery_codestock_changelist"),
        )


@dashboard_card(Section.ATTENTION, permission="delivery.view_parcel", position=42)
def card_of_parcels(*, now: datetime) -> Iterable[Card]:
    """Parcels that are paid and have not left."""
    waiting = Parcel.objects.filter(
        status__in=[Parcel.Status.TO_PACK, Parcel.Status.PACKED]
    ).count()
    if waiting:
        page = reverse("admin:delivery_parcel_changelist")
        yield Card(
            title="Parcels to send",
            value=str(waiting),
            note="Paid and not shipped yet",
            link=f"{page}?sending=todo",
        )
