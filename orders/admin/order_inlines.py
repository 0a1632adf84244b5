"""What an order's page lists below its own fields: what was bought, and attempts to pay."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from orders.admin.shown import amount, link_to
from orders.models import OrderLine, Payment
from shopbot.admin import ShopInline


class ReadOnlyInline(ShopInline):
    """Rows within a page that nobody edits there."""

    max_num = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: services write such rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: services write such rows."""
        return False


class OrderLineInline(ReadOnlyInline):
    """What was bought."""

    model = OrderLine
    fields = ("product_name", "tier_name", "level", "quantity", "months", "unit", "total")
    readonly_fields = ("unit", "total")

    @admin.display(description="Unit price")
    def unit(self, row: OrderLine) -> str:
        """The list price of one unit."""
        return amount(type(row.order.total)(row.unit_minor, row.order.currency))

    @admin.display(description="Total")
    def total(self, row: OrderLine) -> str:
        """What the line costs."""
        return amount(type(row.order.total)(row.total_minor, row.order.currency))

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        """Read the order along, for its currency."""
        rows: QuerySet[OrderLine] = super().get_queryset(request)
        return rows.select_related("order")


class PaymentInline(ReadOnlyInline):
    """Attempts to pay."""

    model = Payment
    fk_name = "order"
    fields = (
        "gateway",
        "status",
        "asked",
        "arrived",
        "back",
        "opened_at",
        "page",
    )
    readonly_fields = ("asked", "arrived", "back", "page")

    @admin.display(description="Asked for")
    def asked(self, row: Payment) -> str:
        """What was asked for."""
        return amount(row.amount)

    @admin.display(description="Arrived")
    def arrived(self, row: Payment) -> str:
        """What arrived."""
        return amount(row.paid)

    @admin.display(description="Gone back")
    def back(self, row: Payment) -> str:
        """What went back."""
        return amount(row.refunded)

    @admin.display(description="More")
    def page(self, row: Payment) -> SafeString:
        """Lead to the provider's ids and the card."""
        return link_to(row, "All of it")
