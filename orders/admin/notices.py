"""The page of notices: what providers said, as it was kept, with a button to try again."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter

from orders.admin.shown import link_column, status_column
from orders.models import Notice
from orders.services.noticing import replay_notice
from shopbot.admin import ReadOnlyAdmin, money_column, run_on_each
from shopbot.kernel import clock


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """Messages of providers."""

    list_display = (
        "provider",
        "kind",
        "state",
        "amount",
        "payment_link",
        "attempts",
        "received_at",
    )
    list_display_links = ("kind",)
    list_select_related = ("payment",)
    list_filter = (
        "provider",
        ("outcome", ChoicesDropdownFilter),
        ("received_at", RangeDateFilter),
    )
    search_fields = ("=event_id", "=payment__key", "=payment__charge_id", "kind")
    search_help_text = "Search by the provider's id, our payment key, charge or kind."
    date_hierarchy = "received_at"
    ordering = ("-pk",)
    actions = ("replay_selected",)
    fields = (
        ("provider", "kind"),
        "event_id",
        ("state", "attempts", "next_attempt_at"),
        "payment_link",
        ("amount", "payer_telegram_id"),
        ("occurred_at", "received_at", "applied_at"),
        ("is_ours", "error"),
        "refs",
        "body",
    )
    readonly_fields = ("state", "payment_link", "amount")

    state = status_column("outcome", "State")
    payment_link = link_column("payment", "Payment")
    amount = money_column("amount_minor", "Amount")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Offer it to those who may replay."""
        return request.user.has_perm("orders.replay_notice")

    @admin.action(description="Apply again", permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        """Apply the selected notices again; what is right already stays as it is."""
        now = clock.now()
        run_on_each(
            request, queryset, lambda row: replay_notice(notice_id=row.pk, now=now), "Applied"
        )
