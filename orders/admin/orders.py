"""The page of orders: read here, moved by actions, never edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action

from orders.admin.dialogs import ReasonActionForm, ReasonDialog
from orders.admin.filters import PaymentMethodFilter, RegionFilter
from orders.admin.order_inlines import OrderLineInline, PaymentInline
from orders.admin.refund_page import refund_page
from orders.admin.shown import disputed_column, link_column, status_column
from orders.models import Order
from orders.models.payments import GIFT_CARD
from orders.receipts.document import receipt_file
from orders.services.applying import sync_payment
from orders.services.card_refunding import refund_to_gift_card
from orders.services.closing import cancel_order
from orders.services.settling import deliver_order, settle_by_hand
from shopbot.admin import acting_staff, money_column, page_of, run_on_each, run_on_page
from shopbot.admin.panels import PanelledAdmin
from shopbot.kernel import clock
from shopbot.kernel.errors import ShopError

_FIELDSETS: tuple[tuple[str | None, dict[str, Any]], ...] = (
    (
        None,
        {
            "fields": (
                ("number", "state", "disputed"),
                ("customer_link", "region", "subscription_link"),
                ("base", "total"),
                ("paid", "by_card", "refunded"),
                ("payment_method", "transaction_id"),
                "note",
            )
        },
    ),
    (
        "Times",
        {
            "fields": (
                ("placed_at", "expires_at", "paid_at"),
                ("fulfilled_at", "closed_at"),
            )
        },
    ),
)


@admin.register(Order)
class OrderAdmin(PanelledAdmin):
    """Orders: who bought what, at which price, and how far it has come."""

    list_display = (
        "number",
        "customer_link",
        "state",
        "total",
        "paid",
        "paid_by",
        "placed_at",
        "disputed",
    )
    list_select_related = ("customer",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        PaymentMethodFilter,
        "is_disputed",
        "payments__is_card_foreign",
        RegionFilter,
        ("placed_at", RangeDateFilter),
    )
    search_fields = (
        "=number",
        "=transaction_id",
        "customer__first_name",
        "customer__last_name",
        "customer__username",
        "=customer__telegram_id",
        "=payments__charge_id",
        "=payments__external_id",
    )
    search_help_text = "Search by order number, customer, Telegram number or charge."
    date_hierarchy = "placed_at"
    ordering = ("-pk",)
    inlines = (OrderLineInline, PaymentInline)
    action_form = ReasonActionForm
    actions = ("cancel_selected", "check_selected")
    actions_detail = (
        "refund_this",
        "return_to_card",
        "receipt_this",
        "cancel_this",
        "settle_this",
        "deliver_this",
    )
    fieldsets = _FIELDSETS
    readonly_fields = tuple(
        name
        for _, options in _FIELDSETS
        for group in options["fields"]
        for name in ((group,) if isinstance(group, str) else group)
        if name != "note"
    )

    state = status_column("status")
    disputed = disputed_column()
    customer_link = link_column("customer", "Customer")
    subscription_link = link_column("subscription", "Subscription")
    base = money_column("base_minor", "List price")
    total = money_column("total_minor", "Total")
    paid = money_column("paid_minor", "Paid")
    by_card = money_column("card_minor", "By gift card")
    refunded = money_column("refunded_minor", "Refunded")

    @admin.display(description="Paid by", ordering="payment_method")
    def paid_by(self, row: Order) -> str:
        """Name the gateway under a heading that leaves room for the rest."""
        return row.payment_method

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: customers place orders."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: what money touched is not deleted."""
        return False

    def has_cancel_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer to cancel what waits for money."""
        return _may(request, "cancel_order", object_id, [Order.Status.PENDING])

    def has_settle_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer to settle by hand what waits for money."""
        return _may(request, "settle_order", object_id, [Order.Status.PENDING])

    def has_deliver_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer to mark as sent what is paid and not sent."""
        states = [Order.Status.PAID, Order.Status.PARTIALLY_REFUNDED]
        waiting = Order.objects.filter(pk=object_id or 0, fulfilled_at__isnull=True)
        may = _may(request, "deliver_order", object_id, states)
        return may and (not object_id or waiting.exists())

    def has_refund_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer to refund what money was taken for."""
        states = [each for each in Order.PAID_STATES if each != Order.Status.REFUNDED]
        by_card = Order.objects.filter(pk=object_id or 0, payment_method=GIFT_CARD)
        return _may(request, "refund_order", object_id, states) and not by_card.exists()

    def has_card_refund_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer to put back what gift cards alone paid for."""
        by_card = Order.objects.filter(pk=object_id or 0, payment_method=GIFT_CARD)
        may = request.user.has_perm("orders.refund_order")
        return may and by_card.filter(card_minor__gt=0).exists()

    def has_receipt_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer the receipt of what was paid."""
        paid = Order.objects.filter(pk=object_id or 0, receipt__isnull=False)
        return request.user.has_perm("orders.view_order") and paid.exists()

    def get_urls(self) -> list[URLPattern]:
        """Add the page that previews and confirms a refund."""
        page = self.admin_site.admin_view(self._refund_page)
        own = path("<int:order_id>/refund/", page, name="orders_order_refund")
        return [own, *super().get_urls()]

    def _refund_page(self, request: HttpRequest, order_id: int) -> HttpResponse:
        return refund_page(self, request, order_id)

    @admin.action(description="Cancel", permissions=["cancel"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Cancel the selected orders that wait for money."""
        self._cancel(request, queryset, request.POST.get("reason", ""))

    @admin.action(description="Ask the provider again", permissions=["settle"])
    def check_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Bring the selected orders to what their providers say now."""
        actor, now = acting_staff(request), clock.now()

        def check(order: Order) -> None:
            for payment_id in order.payments.values_list("pk", flat=True):
                sync_payment(payment_id=payment_id, actor=actor, now=now)

        run_on_each(request, queryset, check, "Checked")

    @action(
        description="Cancel",
        permissions=["cancel"],
        url_path="cancel",
        icon="cancel",
        dialog={
            "title": "Cancel this order?",
            "description": "Nobody can pay it any more. What it held is free again.",
            "form_class": ReasonDialog,
            "form_submit_text": "Cancel the order",
        },
    )
    def cancel_this(
        self, request: HttpRequest, form: ReasonDialog, object_id: str
    ) -> HttpResponse:
        """Cancel the order on whose page staff are."""
        rows = Order.objects.filter(pk=object_id)
        self._cancel(request, rows, form.cleaned_data["reason"])
        return page_of(Order, object_id)

    @action(
        description="Settle by hand",
        permissions=["settle"],
        url_path="settle",
        icon="price_check",
        dialog={
            "title": "Settle this order by hand?",
            "description": "Only when its money arrived outside of the shop: everything in it"
            " is delivered at once.",
            "form_class": ReasonDialog,
            "form_submit_text": "Settle",
        },
    )
    def settle_this(
        self, request: HttpRequest, form: ReasonDialog, object_id: str
    ) -> HttpResponse:
        """Settle the order on whose page staff are."""
        actor, now = acting_staff(request), clock.now()
        reason = form.cleaned_data["reason"]
        return run_on_page(
            request,
            Order,
            object_id,
            lambda row: settle_by_hand(order_id=row.pk, reason=reason, actor=actor, now=now),
            "Settled",
        )

    @action(
        description="Mark as sent",
        permissions=["deliver"],
        url_path="deliver",
        icon="local_shipping",
    )
    def deliver_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that everything in it was sent."""
        rows = Order.objects.filter(pk=object_id)
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            rows,
            lambda row: deliver_order(order_id=row.pk, actor=actor, now=now),
            "Marked as sent",
        )
        return redirect(reverse("admin:orders_order_change", args=[object_id]))

    @action(description="Refund", permissions=["refund"], url_path="to-refund", icon="undo")
    def refund_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open the page that previews the refund."""
        return redirect(reverse("admin:orders_order_refund", args=[object_id]))

    @action(
        description="Back to the gift card",
        permissions=["card_refund"],
        url_path="return-to-card",
        icon="redeem",
        dialog={
            "title": "Put it back on the gift card?",
            "description": "All of it goes back, and what the order gave ends.",
            "form_class": ReasonDialog,
            "form_submit_text": "Put it back",
        },
    )
    def return_to_card(
        self, request: HttpRequest, form: ReasonDialog, object_id: str
    ) -> HttpResponse:
        """Refund the order on whose page staff are to the cards that paid for it."""
        actor, now = acting_staff(request), clock.now()
        reason = form.cleaned_data["reason"]
        return run_on_page(
            request,
            Order,
            object_id,
            lambda row: refund_to_gift_card(
                order_id=row.pk, reason=reason, actor=actor, now=now
            ),
            "Put back",
        )

    @action(
        description="Receipt", permissions=["receipt"], url_path="receipt", icon="description"
    )
    def receipt_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Hand out the receipt."""
        try:
            file = receipt_file(order_id=int(object_id))
        except ShopError as error:
            messages.error(request, str(error))
            return redirect(reverse("admin:orders_order_change", args=[object_id]))
        answer = HttpResponse(file.content, content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="{file.name}"'
        return answer

    def get_inline_instances(
        self, request: HttpRequest, obj: Model | None = None
    ) -> list[InlineModelAdmin[Any, Any]]:
        """Show the inlines of a row that exists."""
        found: list[InlineModelAdmin[Any, Any]] = super().get_inline_instances(request, obj)
        return found if obj is not None else []

    def _cancel(self, request: HttpRequest, rows: QuerySet[Order], reason: str) -> None:
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            rows,
            lambda row: cancel_order(order_id=row.pk, actor=actor, now=now, reason=reason),
            "Cancelled",
        )


def _may(request: HttpRequest, permission: str, object_id: str, states: Sequence[str]) -> bool:
    if not request.user.has_perm(f"orders.{permission}"):
        return False
    return not object_id or Order.objects.filter(pk=object_id, status__in=states).exists()
