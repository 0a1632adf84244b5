"""The price simulator: what everything costs, everywhere, beside another price list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from pricing.admin.export import csv_file
from pricing.admin.forms import SimulatorForm
from pricing.book import book_with_version, price_book
from pricing.engine import PriceBook
from pricing.engine.book import TierBook
from pricing.engine.labels import percent
from pricing.simulation import (
    MONTHS,
    Cell,
    Circumstances,
    Price,
    Row,
    prices_by_region,
    simulate,
)
from shopbot.admin.panels import panel_table, register_panel
from shopbot.kernel import clock
from shopbot.kernel.money import format_money, to_decimal

TIERS_ON_A_PAGE = 25


def simulator_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """Draw the page, or write all of it as CSV for ``?format=csv``."""
    form = SimulatorForm(request.GET)
    book = price_book()
    rows: Iterable[Row] = ()
    shown: Sequence[TierBook] = ()
    if form.is_valid():
        tiers = _tiers(book, form.cleaned_data["search"])
        other = _other(form, book)
        if request.GET.get("format") == "csv":
            return _csv(simulate(_circumstances(form, book), tiers, book, other))
        shown = tiers[:TIERS_ON_A_PAGE]
        rows = simulate(_circumstances(form, book), shown, book, other)
        context["more"] = len(tiers) - len(shown)
    query = urlencode({**form.query, "format": "csv"})
    context |= {
        "form": form,
        "table": {
            "headers": ["Offer", "Region", *(_length(months) for months in MONTHS)],
            "rows": [_cells(row) for row in rows],
        },
        "export_url": f"?{query}",
    }
    return TemplateResponse(request, "pricing/simulator.html", context)


def _circumstances(form: SimulatorForm, book: PriceBook) -> Circumstances:
    filled = form.cleaned_data
    chosen = filled["region"]
    everywhere = tuple(region.code for region in book.regions.values() if region.is_active)
    return Circumstances(
        at=filled["at"] or clock.now(),
        regions=(chosen.code,) if chosen else everywhere,
        currency=filled["currency"] or None,
        customer=filled["customer"],
        affiliate=filled["affiliate"],
        code=filled["code"],
        is_referred=filled["is_referred"],
        is_first_purchase=filled["purchase"],
    )


def _other(form: SimulatorForm, book: PriceBook) -> PriceBook | None:
    version = form.cleaned_data["version"]
    return book_with_version(version.pk, book) if version else None


def _tiers(book: PriceBook, search: str) -> list[TierBook]:
    wanted = search.strip().lower()
    found = (tier for tier in book.tiers.values() if wanted in tier.path)
    return sorted(found, key=lambda tier: tier.path)


def _length(months: int) -> str:
    return "1 month" if months == 1 else f"{months} months"


def _cells(row: Row) -> list[str]:
    """Fill a row to the full width: what is sold once has no prices for more months."""
    words = [_words(cell) for cell in row.cells]
    return [row.path, row.region, *words, *[""] * (len(MONTHS) - len(words))]


def _words(cell: Cell) -> str:
    if cell.price is None:
        return _plain(cell.refusal)
    words = _price_words(cell.price)
    if cell.other is not None and cell.other.amount != cell.price.amount:
        words += f" → {_price_words(cell.other)}"
    return words


def _price_words(price: Price) -> str:
    words = [format_money(price.amount)]
    if price.is_at_floor:
        words.append("⚠ floor")
    elif price.margin_bps is not None:
        words.append(f"(+{price.margin_bps // 100}%)")
    if price.without_code:
        words.append(f"✗ {_plain(price.without_code)}")
    return " ".join(words)


def _plain(code: str) -> str:
    return code.replace("_", " ")


def _csv(rows: Iterable[Row]) -> StreamingHttpResponse:
    names = ("price", "above_floor", "note", "other_price", "other_above_floor", "other_note")
    return csv_file(
        "prices",
        ("offer", "region", "months", "currency", *names),
        (_csv_row(row, cell) for row in rows for cell in row.cells),
    )


def _csv_row(row: Row, cell: Cell) -> tuple[object, ...]:
    start = (row.path, row.region, cell.months)
    if cell.price is None:
        return (*start, "", "", "", cell.refusal, "", "", "")
    currency = cell.price.amount.currency
    return (*start, currency, *_csv_price(cell.price), *_csv_price(cell.other))


def _csv_price(price: Price | None) -> tuple[object, ...]:
    if price is None:
        return ("", "", "")
    above = "" if price.margin_bps is None else percent(price.margin_bps)
    notes = ["floor"] if price.is_at_floor else []
    if price.without_code:
        notes.append(f"code {price.without_code}")
    return (to_decimal(price.amount), above, ", ".join(notes))


def product_panel(row: Any) -> SafeString:
    """Show on a product's page what a new customer in each region would pay."""
    book = price_book()
    tiers = [tier for tier in book.tiers.values() if tier.product_id == row.pk]
    prices = prices_by_region(tiers, book, clock.now())
    return panel_table(
        "What a customer pays for one month",
        headers=["Offer", "Region", "Price", "In Stars"],
        rows=[[each.path, each.region, *map(_words, each.cells)] for each in prices],
        hint="For somebody new, without a code or a referral.",
        empty="It has no tiers yet.",
    )


register_panel("catalog.product", product_panel)
