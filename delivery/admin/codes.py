"""Stocks of codes with their counts, import and export; the codes; who waits for more."""

from __future__ import annotations

import csv
import io
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from delivery.admin.code_import import import_page
from delivery.models import Code, CodeStock, StockWish
from delivery.selectors import counted_stocks
from delivery.services import withdraw
from shopbot.admin import ReadOnlyAdmin, ShopAdmin, acting_staff, actor_column, run_on_each
from shopbot.kernel import clock

#: A spreadsheet runs a cell that begins with one of these.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LEVELS = {"out": "danger", "low": "warning", "good": "success", "made": "info"}
MOST_EXPORTED = 100_000


@admin.register(CodeStock)
class CodeStockAdmin(ShopAdmin):
    """How many codes each tier has left, sold and refunded. Import brings more."""

    empty_hint = (
        "For a tier whose every unit is a code, such as a license key: name the "
        "tier, save, then import codes."
    )
    list_display = (
        "tier",
        "is_active",
        "free",
        "held",
        "sold",
        "to_revoke",
        "low_at",
        "level",
    )
    list_select_related = ("tier__product",)
    autocomplete_fields = ("tier",)
    search_fields = ("tier__product__name_en", "tier__product__slug", "tier__name_en")
    search_help_text = "Search by product or tier."
    fields = (
        ("tier", "is_active"),
        ("kind", "valid_days"),
        "low_at",
        "instructions",
        "low_since",
    )
    readonly_fields = ("low_since",)
    actions_detail = ("import_codes", "export_codes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CodeStock]:
        """Count codes along."""
        rows: QuerySet[CodeStock] = super().get_queryset(request)
        return counted_stocks(rows)

    @display(description="Free", ordering="free_count")
    def free(self, row: CodeStock) -> int:
        """What can be sold."""
        return int(row.free_count)  # type: ignore[attr-defined]

    @display(description="Held", ordering="reserved_count")
    def held(self, row: CodeStock) -> int:
        """What unpaid orders hold."""
        return int(row.reserved_count)  # type: ignore[attr-defined]

    @display(description="Sold", ordering="sold_count")
    def sold(self, row: CodeStock) -> int:
        """What customers have."""
        return int(row.sold_count)  # type: ignore[attr-defined]

    @display(description="To revoke", ordering="returned_count")
    def to_revoke(self, row: CodeStock) -> int:
        """What was refunded after the customer had read it."""
        return int(row.returned_count)  # type: ignore[attr-defined]

    @display(description="Stock", label=_LEVELS)
    def level(self, row: CodeStock) -> tuple[str, str]:
        """Say whether it must be filled."""
        if row.kind == CodeStock.Kind.GIFT_CARDS:
            return "made", "Made when paid"
        free = self.free(row)
        if not free:
            return "out", "Sold out"
        return ("low", "Low") if free <= row.low_at else ("good", "In stock")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: codes that were sold stay on record; switch the stock off instead."""
        return False

    def has_fill_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Import is for those who may add codes."""
        return bool(request.user.has_perm("delivery.add_code"))

    def has_reveal_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Export shows the codes."""
        return bool(request.user.has_perm("delivery.reveal_code"))

    @action(
        description="Import codes", permissions=["fill"], url_path="import", icon="upload_file"
    )
    def import_codes(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Check a list of codes, then add it."""
        return import_page(self, request, int(object_id))

    @action(
        description="Export codes", permissions=["reveal"], url_path="export", icon="download"
    )
    def export_codes(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Download every code of the stock with its state, as CSV."""
        if not self.has_reveal_permission(request):
            raise PermissionDenied
        return _exported(int(object_id))


@admin.register(Code)
class CodeAdmin(ReadOnlyAdmin):
    """Every code and whose it is. Refunded ones are to be revoked where they are redeemed."""

    empty_hint = "Open their stock under Code stocks, and import them there."
    list_display = (
        "shown",
        "stock_name",
        "state",
        "source",
        "added_at",
        "sold_at",
        "imported_by",
    )
    list_select_related = ("stock__tier__product",)
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = ("=secret", "=source")
    search_help_text = "Search by the whole code or by order line, like order-line:17."
    date_hierarchy = "added_at"
    ordering = ("-pk",)
    actions = ("withdraw_selected",)
    _LABELS: ClassVar[dict[str, str]] = {
        "free": "success",
        "reserved": "info",
        "sold": "default",
        "returned": "danger",
        "withdrawn": "warning",
    }

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Show the whole code to those who may read it."""
        may_read = request.user.has_perm("delivery.reveal_code")
        return (
            "secret" if may_read else "shown",
            "stock",
            "status",
            "source",
            "imported_by",
            "added_at",
            "sold_at",
            "returned_at",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """All of it."""
        return self.get_fields(request, obj)

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """For those who may change codes."""
        return bool(request.user.has_perm("delivery.change_code"))

    imported_by = actor_column("added_by", "Added by")

    @display(description="Code")
    def shown(self, row: Code) -> str:
        """Only the end of it: lists are read over shoulders."""
        return str(row)

    @display(description="Stock")
    def stock_name(self, row: Code) -> str:
        """Name product and tier."""
        return str(row.stock.tier)

    @display(description="Status", ordering="status", label=_LABELS)
    def state(self, row: Code) -> tuple[str, str]:
        """Say whose it is."""
        return row.status, row.get_status_display()

    @admin.action(description="Withdraw the free ones", permissions=["withdraw"])
    def withdraw_selected(self, request: HttpRequest, queryset: QuerySet[Code]) -> None:
        """Take selected codes out of the stock."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda row: withdraw(code_id=row.pk, actor=actor, now=now),
            "Withdrawn",
        )


@admin.register(StockWish)
class StockWishAdmin(ReadOnlyAdmin):
    """Customers who wait for something that is sold out."""

    list_display = ("customer", "tier", "asked_at", "told_at")
    list_select_related = ("customer", "tier__product")
    list_filter = (("told_at", admin.EmptyFieldListFilter),)
    search_fields = ("=customer__telegram_id", "tier__product__name_en")
    search_help_text = "Search by Telegram number or product."
    ordering = ("-pk",)


def _exported(stock_id: int) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["code", "status", "source", "sold_at"])
    rows = Code.objects.filter(stock_id=stock_id).order_by("pk")[:MOST_EXPORTED]
    for secret, status, source, sold_at in rows.values_list(
        "secret", "status", "source", "sold_at"
    ):
        safe = f"'{secret}" if secret.startswith(_FORMULA) else secret
        writer.writerow([safe, status, source, sold_at.isoformat() if sold_at else ""])
    name = f'attachment; filename="codes-{stock_id}.csv"'
    return HttpResponse(
        text.getvalue(), content_type="text/csv", headers={"Content-Disposition": name}
    )
