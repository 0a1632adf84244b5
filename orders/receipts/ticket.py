"""Is this receipt ours? A signed name for the address in its QR code."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.urls import reverse

from orders.gateways.signing import is_tag, tag
from orders.models import Receipt

_PURPOSE: Final = "receipt"
# Whoever may check a receipt by its QR code may not therefore read it.
_FILE: Final = "receipt-file"


def ticket_of(receipt: Receipt) -> str:
    """Return the name that only we could have given this receipt."""
    return _signed(_PURPOSE, receipt)


def receipt_of(ticket: str) -> Receipt | None:
    """Return the receipt of a ticket; None when we never wrote it."""
    return _named(_PURPOSE, ticket)


def receipt_to_print(ticket: str) -> Receipt | None:
    """Return the receipt whose file this ticket opens; None when we never wrote it."""
    return _named(_FILE, ticket)


def file_url(receipt: Receipt) -> str:
    """Return the address at which the customer reads the receipt as a file."""
    return _address("orders:receipt-file", _signed(_FILE, receipt))


def check_url(receipt: Receipt) -> str:
    """Return the address at which anyone can check the receipt."""
    return _address("orders:receipt", ticket_of(receipt))


def _signed(purpose: str, receipt: Receipt) -> str:
    return f"{receipt.number}.{tag(purpose, receipt.number)}"


def _named(purpose: str, ticket: str) -> Receipt | None:
    number, _, given = ticket.partition(".")
    year, _, sequence = number.partition("-")
    if not is_tag(given, purpose, number) or not (year.isdigit() and sequence.isdigit()):
        return None
    found = Receipt.objects.filter(year=int(year), sequence=int(sequence))
    return found.select_related("order__customer").first()


def _address(view: str, ticket: str) -> str:
    path = reverse(view, kwargs={"ticket": ticket})
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"
