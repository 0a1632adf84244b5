"""The page of refunds: what was asked for, what the provider did, what became of access."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action

from orders.admin.dialogs import AccessDialog
from orders.admin.shown import link_column, status_column
from orders.models import Refund
from orders.services.refunding import send_refund
from orders.services.resolving import decide_access
from shopbot.admin import (
    ReadOnlyAdmin,
    acting_staff,
    actor_column,
    money_column,
    name_column,
    run_on_each,
    run_on_page,
)
from shopbot.kernel import clock


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Money on its way back."""

    empty_hint = "To refund, open the order and press Refund there."
    list_display = (
        "name",
        "payment_link",
        "amount",
        "state",
        "access",
        "origin",
        "asked_by",
        "requested_at",
    )
    list_select_related = ("payment",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("access", ChoicesDropdownFilter),
        "origin",
        ("requested_at", RangeDateFilter),
    )
    search_fields = ("=key", "=external_id", "=payment__order__number", "reason")
    search_help_text = "Search by our key, the provider's id, the order's number or the reason."
    date_hierarchy = "requested_at"
    ordering = ("-pk",)
    actions = ("send_selected",)
    actions_detail = ("decide_this",)
    fields = (
        "key",
        ("state", "origin"),
        "payment_link",
        "external_id",
        "amount",
        ("access", "access_applied_at"),
        "reason",
        ("asked_by", "requested_at", "finished_at"),
        ("attempts", "next_attempt_at"),
        "error",
    )
    readonly_fields = ("state", "payment_link", "amount", "asked_by")

    name = name_column("Refund")
    asked_by = actor_column("requested_by", "Requested by")
    state = status_column("status")
    payment_link = link_column("payment", "Payment")
    amount = money_column("amount_minor", "Amount")

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Offer to send again to those who may refund."""
        return request.user.has_perm("orders.refund_order")

    def has_decide_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer to decide about access where nobody has."""
        undecided = Refund.objects.filter(
            pk=object_id or 0, access=Refund.Access.UNDECIDED, access_applied_at=None
        )
        return request.user.has_perm("orders.refund_order") and undecided.exists()

    @admin.action(description="Ask the provider now", permissions=["send"])
    def send_selected(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        """Send the selected requests without waiting for the next try."""
        now = clock.now()
        run_on_each(
            request, queryset, lambda row: send_refund(refund_id=row.pk, now=now), "Asked"
        )

    @action(
        description="Decide about access",
        permissions=["decide"],
        url_path="decide",
        icon="key",
        dialog={
            "title": "What happens to access?",
            "description": "This refund was made at the provider, and nobody has decided yet.",
            "form_class": AccessDialog,
            "form_submit_text": "Decide",
        },
    )
    def decide_this(
        self, request: HttpRequest, form: AccessDialog, object_id: str
    ) -> HttpResponse:
        """Say what the refund on whose page staff are does to access."""
        actor, now = acting_staff(request), clock.now()
        access = form.cleaned_data["access"]
        return run_on_page(
            request,
            Refund,
            object_id,
            lambda row: decide_access(refund_id=row.pk, access=access, actor=actor, now=now),
            "Decided",
        )
