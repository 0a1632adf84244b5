"""Is this receipt ours? A signed name for the address in its QR code."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.urls import reverse

from orders.gateways.signing import is_tag, tag
from orders.models import Receipt

_PURPOSE: Final = "receipt"


def ticket_of(receipt: Receipt) -> str:
    """Return the name that only we could have given this receipt."""
    return f"{receipt.number}.{tag(_PURPOSE, receipt.number)}"


def receipt_of(ticket: str) -> Receipt | None:
    """Return the receipt of a ticket; None when we never wrote it."""
    number, _, given = ticket.partition(".")
    year, _, sequence = number.partition("-")
    if not is_tag(given, _PURPOSE, number) or not (year.isdigit() and sequence.isdigit()):
        return None
    found = Receipt.objects.filter(year=int(year), sequence=int(sequence))
    return found.select_related("order__customer").first()


def check_url(receipt: Receipt) -> str:
    """Return the address at which anyone can check the receipt."""
    path = reverse("orders:receipt", kwargs={"ticket": ticket_of(receipt)})
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"
