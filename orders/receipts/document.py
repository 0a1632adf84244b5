"""How does a receipt look? One page of PDF in the customer's language."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import segno
from babel.dates import format_date
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from fpdf import FPDF

from orders.errors import UnknownOrder
from orders.models import Order, OrderLine, Receipt
from orders.models.payments import GIFT_CARD
from orders.receipts.ticket import check_url
from pricing.explain_text import line_text
from shopbot.kernel.money import Money, format_money

FONTS: Final = Path(__file__).parent / "fonts"
FONT: Final = "DejaVu"

# Millimeters on A4.
MARGIN: Final = 20
WIDTH: Final = 170
AMOUNT_WIDTH: Final = 45
QR_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """A receipt as a file: its name and its bytes."""

    name: str
    content: bytes


def receipt_file(*, order_id: int, language: str = "") -> ReceiptFile:
    """Print the receipt of a paid order, in the customer's language unless told another.

    Raises:
        UnknownOrder: no such order, or it has no receipt because nothing was paid.
    """
    receipt = (
        Receipt.objects.filter(order_id=order_id)
        .select_related("order__customer")
        .prefetch_related("order__lines")
        .first()
    )
    if receipt is None:
        raise UnknownOrder(f"order {order_id} has no receipt", order_id=order_id)
    with override(language or receipt.order.customer.language) as _active:
        content = _print(receipt, language or receipt.order.customer.language)
    return ReceiptFile(name=f"receipt-{receipt.number}.pdf", content=content)


def receipt_for_customer(*, customer_id: int, order_id: int) -> ReceiptFile:
    """Print the receipt of a customer's own order.

    Raises:
        UnknownOrder: not this customer's, or nothing was paid.
    """
    if not Order.objects.filter(pk=order_id, customer_id=customer_id).exists():
        raise UnknownOrder(f"customer {customer_id} has no order {order_id}")
    return receipt_file(order_id=order_id)


def _print(receipt: Receipt, language: str) -> bytes:
    order = receipt.order
    pdf = _page(receipt, language)
    _head(pdf, receipt, language)
    _lines(pdf, order.lines.all(), order, language)
    _price(pdf, order, language)
    _foot(pdf, receipt, language)
    return bytes(pdf.output())


def _page(receipt: Receipt, language: str) -> FPDF:
    pdf = FPDF(format="A4")
    pdf.add_font(FONT, fname=FONTS / "DejaVuSans.ttf")
    pdf.add_font(FONT, style="B", fname=FONTS / "DejaVuSans-Bold.ttf")
    pdf.set_margin(MARGIN)
    pdf.set_title(f"{_('Receipt')} {receipt.number}")
    pdf.set_lang(language)
    # The same receipt is the same file, byte for byte.
    pdf.set_creation_date(receipt.issued_at)
    pdf.add_page()
    return pdf


def _head(pdf: FPDF, receipt: Receipt, language: str) -> None:
    order = receipt.order
    _row(pdf, f"{_('Receipt')} {receipt.number}", size=20, style="B", height=12)
    seller = (settings.SELLER_NAME, settings.SELLER_ADDRESS, settings.SELLER_TAX_ID)
    for text in filter(None, (*seller, settings.SELLER_EMAIL)):
        _row(pdf, text, size=10, height=5)
    pdf.ln(6)
    facts = (
        (_("Date"), _day(receipt.issued_at.date(), language)),
        (_("Order"), order.number),
        (_("Customer"), order.customer.display_name),
        (_("Paid by"), _method(order.payment_method)),
        (_("Transaction"), order.transaction_id),
    )
    for name, value in facts:
        if value:
            _pair(pdf, name, value)
    pdf.ln(6)


def _lines(pdf: FPDF, lines: Iterable[OrderLine], order: Order, language: str) -> None:
    for position, line in enumerate(lines):
        names = line.terms.get("product_names", {}), line.terms.get("tier_names", {})
        product = names[0].get(language, line.product_name)
        tier = names[1].get(language, line.tier_name)
        text = f"{product} – {tier}"
        if line.months:
            period = ngettext("%(count)d month", "%(count)d months", line.months)
            text = f"{text}, {period % {'count': line.months}}"
        if line.quantity > 1:
            text = f"{text} × {line.quantity}"
        # What was quoted comes first, at its list price; what was added has its own.
        price = Money(line.total_minor, order.currency) if position else order.base
        _amount(pdf, text, price, language, style="B")


def _price(pdf: FPDF, order: Order, language: str) -> None:
    """Say how the price came about, in the words of the price engine."""
    for row in step_rows(order, language):
        _amount(pdf, row.text, row.amount, language)
    pdf.ln(2)
    pdf.line(MARGIN, pdf.get_y(), MARGIN + WIDTH, pdf.get_y())
    pdf.ln(2)
    for row in price_rows(order, language):
        _amount(pdf, row.text, row.amount, language, style="B" if row.is_sum else "")


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One line below the rule: what was paid by what, and what went back."""

    text: str
    amount: Money
    is_sum: bool = False


def step_rows(order: Order, language: str) -> list[PriceRow]:
    """Return what lowered the list price and what gave a part of that back."""
    return [
        PriceRow(line_text(step, language), step.amount)
        for step in order.priced().from_base
        if step.amount_minor and step.code != GIFT_CARD
    ]


def price_rows(order: Order, language: str) -> list[PriceRow]:
    """Return who paid what, in the language that is active."""
    rows = []
    if order.gift:
        by_card = next(step for step in order.priced().lines if step.code == GIFT_CARD)
        rows += [
            PriceRow(_("Price"), order.paid + order.gift),
            PriceRow(line_text(by_card, language), -order.gift),
        ]
    rows.append(PriceRow(_("Paid"), order.paid, is_sum=True))
    if order.refunded_minor:
        rows += [
            PriceRow(_("Refunded"), -order.refunded),
            PriceRow(_("Left"), order.paid - order.refunded, is_sum=True),
        ]
    if order.gift != order.paid_by_card:
        rows.append(PriceRow(_("Back on the gift card"), order.gift - order.paid_by_card))
    return rows


def _foot(pdf: FPDF, receipt: Receipt, language: str) -> None:
    url = check_url(receipt)
    image = io.BytesIO()
    segno.make(url, error="m").save(image, kind="png", scale=6, border=1)
    pdf.ln(8)
    top = pdf.get_y()
    pdf.image(image, x=MARGIN, y=top, w=QR_SIZE, link=url)
    pdf.set_xy(MARGIN + QR_SIZE + 6, top + 4)
    pdf.set_font(FONT, size=9)
    pdf.multi_cell(
        WIDTH - QR_SIZE - 6,
        5,
        _("Scan the code to check that this receipt is genuine and what of it was refunded."),
        align="L",
    )


def _row(pdf: FPDF, text: str, *, size: int, height: int, style: str = "") -> None:
    pdf.set_font(FONT, style=style, size=size)
    pdf.multi_cell(WIDTH, height, _printable(text), new_x="LMARGIN", new_y="NEXT")


def _pair(pdf: FPDF, name: str, value: str) -> None:
    pdf.set_font(FONT, size=10)
    pdf.cell(AMOUNT_WIDTH, 6, _printable(name))
    pdf.multi_cell(WIDTH - AMOUNT_WIDTH, 6, _printable(value), new_x="LMARGIN", new_y="NEXT")


def _amount(pdf: FPDF, text: str, amount: Money, language: str, *, style: str = "") -> None:
    pdf.set_font(FONT, style=style, size=11)
    top = pdf.get_y()
    pdf.multi_cell(WIDTH - AMOUNT_WIDTH, 7, _printable(text), new_x="LMARGIN", new_y="NEXT")
    bottom = pdf.get_y()
    pdf.set_xy(MARGIN + WIDTH - AMOUNT_WIDTH, top)
    pdf.cell(AMOUNT_WIDTH, 7, _printable(format_money(amount, language)), align="R")
    pdf.set_xy(MARGIN, bottom)


def _day(day: date, language: str) -> str:
    return format_date(day, format="long", locale=language)


def _method(gateway: str) -> str:
    names = {
        "stars": _("Telegram Stars"),
        "stripe": _("Card"),
        "demo": _("Demo payment – no money moves"),
        "manual": _("Paid outside of the shop"),
        GIFT_CARD: _("Gift card"),
    }
    return names.get(gateway, gateway)


def _printable(text: str) -> str:
    """Replace what the font has no sign for: the colored star, and emoji in people's names."""
    text = text.replace("⭐", "★")
    return "".join(sign for sign in text if ord(sign) < 0x1_0000 and ord(sign) != 0xFE0F)
