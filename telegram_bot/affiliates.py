"""What does a customer's link bring, and who came by it? One synchronous block each."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import segno

from customers.services import accept_referral
from pricing.selectors import Statement, StatementLine, affiliate_statement, statement_lines
from pricing.services import count_click
from telegram_bot.visit import Visit

PAGE_SIZE: Final = 8

#: Pixels of one module: a picture of about 400 pixels, sharp on every phone.
_SCALE: Final = 10


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Some lines of an affiliate's account, newest first."""

    lines: tuple[StatementLine, ...]
    page: int
    has_next: bool


def statement_of(*, customer_id: int, at: datetime) -> Statement:
    """Return what the customer's link has brought so far."""
    return affiliate_statement(customer_id=customer_id, now=at)


def statement_page(*, customer_id: int, page: int) -> StatementPage:
    """Return a page of the customer's account."""
    lines, has_next = statement_lines(customer_id=customer_id, page=page, size=PAGE_SIZE)
    return StatementPage(lines=lines, page=page, has_next=has_next)


def come_by_link(*, visit: Visit, code: str) -> bool:
    """Count the click and note who brought the customer; True where that is new."""
    count_click(code=code, visitor_id=visit.customer_id, now=visit.at)
    return accept_referral(customer_id=visit.customer_id, code=code, now=visit.at)


def qr_picture(address: str) -> bytes:
    """Draw an address as a QR code (PNG)."""
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="png", scale=_SCALE, border=3)
    return picture.getvalue()
