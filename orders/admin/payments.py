"""The page of payments: read-only, with a button that asks the provider again."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter

from orders.admin.shown import link_column, status_column
from orders.gateways.registry import GATEWAYS
from orders.models import Payment
from orders.services.applying import sync_payment
from shopbot.admin import ReadOnlyAdmin, acting_staff, money_column, name_column, run_on_each
from shopbot.kernel import clock


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Attempts to pay, and money of no known order."""

    list_display = (
        "name",
        "order_link",
        "state",
        "asked",
        "arrived",
        "back",
        "opened_at",
    )
    list_select_related = ("order", "customer", "subscription")
    list_filter = (
        "gateway",
        ("status", ChoicesDropdownFilter),
        "starts_subscription",
        "is_card_foreign",
        ("opened_at", RangeDateFilter),
    )
    search_fields = ("=key", "=external_id", "=intent_id", "=charge_id", "=order__number")
    search_help_text = "Search by our key, the provider's ids, or the order's number."
    date_hierarchy = "opened_at"
    ordering = ("-pk",)
    actions = ("check_selected",)
    fields = (
        "key",
        ("state", "gateway", "subscription_link"),
        ("order_link", "customer_link"),
        ("asked", "arrived", "back"),
        ("external_id", "intent_id", "charge_id"),
        ("card_country", "is_card_foreign"),
        ("payer_telegram_id", "starts_subscription"),
        "failure",
        ("opened_at", "expires_at", "paid_at"),
        ("settled_at", "checked_at"),
        "url",
    )

    name = name_column("Payment")
    state = status_column("status")
    order_link = link_column("order", "Order")
    customer_link = link_column("customer", "Customer")
    subscription_link = link_column("subscription", "Subscription")
    asked = money_column("amount_minor", "Asked for")
    arrived = money_column("paid_minor", "Arrived")
    back = money_column("refunded_minor", "Gone back")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Payment | None = None
    ) -> tuple[str, ...]:
        """Show every field as text."""
        return ("state", "order_link", "customer_link", "subscription_link", "asked",
                "arrived", "back")  # fmt: skip

    def has_check_permission(self, request: HttpRequest) -> bool:
        """Offer it to those who may settle orders."""
        return request.user.has_perm("orders.settle_order")

    @admin.action(description="Ask the provider again", permissions=["check"])
    def check_selected(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Bring the selected payments to what their providers say now."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset.filter(gateway__in=list(GATEWAYS)),
            lambda row: sync_payment(payment_id=row.pk, actor=actor, now=now),
            "Checked",
        )
