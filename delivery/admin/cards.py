"""What staff see of delivery on the first page, while something waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from delivery.models import CodeStock, Delivery, Parcel
from shopbot.admin.dashboard import Card, Section, dashboard_card, waiting_card


@dashboard_card(Section.ATTENTION, permission="delivery.view_delivery", position=40)
def card_of_failures(*, now: datetime) -> Iterable[Card]:
    """Things that were paid for and did not arrive."""
    rows = Delivery.objects.filter(status=Delivery.Status.FAILED)
    return waiting_card(
        rows,
        "Failed deliveries",
        "Paid for and not in the chat; retry them",
        where="status__exact=failed",
    )


@dashboard_card(Section.ATTENTION, permission="delivery.view_codestock", position=41)
def card_of_low_stock(*, now: datetime) -> Iterable[Card]:
    """Stocks of codes that run low."""
    rows = CodeStock.objects.filter(is_active=True, low_since__isnull=False)
    return waiting_card(rows, "Codes run low", "Stocks at or below their mark")


@dashboard_card(Section.ATTENTION, permission="delivery.view_parcel", position=42)
def card_of_parcels(*, now: datetime) -> Iterable[Card]:
    """Parcels that are paid and have not left."""
    rows = Parcel.objects.filter(status__in=[Parcel.Status.TO_PACK, Parcel.Status.PACKED])
    return waiting_card(
        rows, "Parcels to send", "Paid and not shipped yet", where="sending=todo"
    )
