"""Pages that are only read: disputes, subscriptions, receipts, audits, where reading stands."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display

from orders.admin.shown import Status, link_column, status_column
from orders.models import AuditResult, Dispute, Receipt, ReconcileCursor, Subscription
from shopbot.admin import ReadOnlyAdmin, money_column, name_column
from shopbot.admin.panels import panel_table


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """Payers who ask their banks for the money back."""

    list_display = (
        "external_id",
        "payment_link",
        "state",
        "amount",
        "reason",
        "evidence_due_at",
        "opened_at",
    )
    list_select_related = ("payment",)
    list_filter = (("status", ChoicesDropdownFilter), ("opened_at", RangeDateFilter))
    search_fields = ("=external_id", "=payment__charge_id", "=payment__order__number")
    search_help_text = "Search by the provider's id, charge or order number."
    date_hierarchy = "opened_at"
    ordering = ("-pk",)
    fields = (
        ("external_id", "state", "amount"),
        ("payment_link", "reason"),
        ("opened_at", "evidence_due_at", "closed_at"),
    )
    readonly_fields = ("state", "amount", "payment_link")

    state = status_column("status")
    payment_link = link_column("payment", "Payment")
    amount = money_column("amount_minor", "Amount")


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Agreements to charge again each period."""

    list_display = (
        "name",
        "customer_link",
        "tier",
        "gateway",
        "state",
        "price",
        "will_renew",
        "current_period_end",
    )
    list_select_related = ("customer", "tier__product")
    list_filter = (
        "gateway",
        ("status", ChoicesDropdownFilter),
        "will_renew",
        ("current_period_end", RangeDateFilter),
    )
    search_fields = (
        "=external_id",
        "customer__first_name",
        "customer__last_name",
        "customer__username",
        "=customer__telegram_id",
    )
    search_help_text = "Search by the provider's id, customer or Telegram number."
    ordering = ("-pk",)
    fields = (
        ("customer_link", "tier", "gateway"),
        ("state", "will_renew", "price"),
        ("months", "days", "current_period_end"),
        ("external_id", "provider_customer_id"),
        ("started_at", "ended_at", "checked_at"),
        ("action_url", "next_attempt_at"),
    )
    readonly_fields = ("customer_link", "state", "price")

    name = name_column("Agreement")
    state = status_column("status")
    customer_link = link_column("customer", "Customer")
    price = money_column("price_minor", "Each charge")


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """Numbers of paid orders, without gaps within a year."""

    list_display = ("number", "order_link", "issued_at")
    list_select_related = ("order",)
    list_filter = ("year", ("issued_at", RangeDateFilter))
    search_fields = ("=order__number", "=sequence")
    search_help_text = "Search by order number, or the receipt's number within its year."
    date_hierarchy = "issued_at"
    ordering = ("-year", "-sequence")
    fields = (("number", "order_link", "issued_at"),)
    readonly_fields = ("number", "order_link")

    order_link = link_column("order", "Order")

    @admin.display(description="Number", ordering="sequence")
    def number(self, row: Receipt) -> str:
        """The number as printed."""
        return row.number


def _explained(lines: list[str]) -> SafeString:
    """Link each difference to the payments of its charge."""
    page = reverse("admin:orders_payment_changelist")
    links = ((page, quote(line.partition(":")[0]), line) for line in lines)
    return format_html_join(" ", '<a href="{}?q={}">{}</a>', links)


@admin.register(AuditResult)
class AuditResultAdmin(ReadOnlyAdmin):
    """Comparisons of the books with themselves and with the providers."""

    list_display = ("checked_at", "checks", "differences", "verdict")
    ordering = ("-pk",)
    date_hierarchy = "checked_at"
    fields = (("checked_at", "checks", "verdict"), "comparisons")
    readonly_fields = ("verdict", "comparisons")

    @display(description="Verdict", label={"right": "success", "wrong": "danger"})
    def verdict(self, row: AuditResult) -> Status:
        """Say whether the books agreed."""
        if row.differences:
            return Status(("wrong", f"{row.differences} differences"))
        return Status(("right", "The books agree"))

    @admin.display(description="Comparisons")
    def comparisons(self, row: AuditResult) -> SafeString:
        """Show both sides of each comparison."""
        rows = [
            (
                each["name"],
                each["ours"],
                each["theirs"],
                "yes" if each["agrees"] else "NO",
                _explained(each.get("explained", [])),
            )
            for each in row.report["comparisons"]
        ]
        headers = ("What", "One side", "Other side", "Agree", "Made of")
        return panel_table("", headers=headers, rows=rows)


@admin.register(ReconcileCursor)
class ReconcileCursorAdmin(ReadOnlyAdmin):
    """How far each provider's own list has been read."""

    list_display = ("provider", "read_until", "error")
    fields = ("provider", "read_until", "cursor", "error")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it to those who may see audits."""
        return request.user.has_perm("orders.view_reconcilecursor")
