"""How do rows of money look on a page of the admin? Colors, links, dates, amounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from shopbot.admin.kit import link
from shopbot.kernel import clock
from shopbot.kernel.money import Money, format_money

STATUS_COLORS: Final[Mapping[str, str]] = {
    "pending": "info",
    "paid": "success",
    "fulfilled": "success",
    "partially_refunded": "warning",
    "refunded": "warning",
    "cancelled": "default",
    "expired": "default",
    "open": "info",
    "processing": "info",
    "failed": "danger",
    "requested": "info",
    "succeeded": "success",
    "waiting": "info",
    "applied": "success",
    "foreign": "default",
    "dead": "danger",
    "warning": "warning",
    "lost": "danger",
    "won": "success",
    "incomplete": "default",
    "trialing": "info",
    "active": "success",
    "past_due": "danger",
    "ended": "default",
    "answered": "success",
    "closed": "default",
}


class Status(tuple[str, str]):
    """A status: a list colors it by its value, a page writes its words."""

    __slots__ = ()

    def __str__(self) -> str:
        return self[1]


def status_column(field: str, description: str = "Status") -> Callable[[Any, Any], Any]:
    """Build a colored column of a field with choices."""

    @display(description=description, ordering=field, label=STATUS_COLORS)
    def column(self: object, row: Any) -> Status:
        return Status((getattr(row, field), getattr(row, f"get_{field}_display")()))

    shown: Callable[[Any, Any], Any] = column
    return shown


def disputed_column() -> Callable[[Any, Any], Any]:
    """Build a column that is empty for an order in peace."""

    @display(description="Dispute", ordering="is_disputed", label={"Disputed": "danger"})
    def column(self: object, row: Any) -> str | None:
        return "Disputed" if row.is_disputed else None

    shown: Callable[[Any, Any], Any] = column
    return shown


def link_column(name: str, description: str) -> Callable[[Any, Any], SafeString]:
    """Build a column that leads to the row a foreign key names; select it along."""

    @admin.display(description=description)
    def column(self: object, row: Any) -> SafeString:
        target = getattr(row, name)
        return SafeString("-") if target is None else link_to(target)

    return column


def link_to(row: Model, text: str = "") -> SafeString:
    """Lead to a row's page."""
    page = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
    return link(page, text or row)


def amount(money: Money | None) -> str:
    """Write an amount for staff."""
    return "-" if money is None else format_money(money, "en")


def moment(at: datetime | None) -> str:
    """Write a moment where the staff are."""
    return "-" if at is None else clock.staff_time(at)


def described(detail: Mapping[str, Any], currency: str) -> Iterator[tuple[str, str]]:
    """Name what a case was opened with: amounts in their currency, nothing that is empty."""
    for key, value in detail.items():
        if isinstance(value, Mapping):
            yield from described(value, currency)
        elif key.endswith("_minor"):
            of = detail.get(f"{key.removesuffix('minor')}currency") or currency
            yield (
                _in_words(key.removesuffix("_minor")),
                amount(Money(value, of)) if of else value,
            )
        elif value not in ("", None) and not key.endswith("_currency"):
            yield _in_words(key), str(value)


def _in_words(key: str) -> str:
    return key.replace("_", " ").capitalize()
