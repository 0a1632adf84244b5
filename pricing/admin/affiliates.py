"""The pages of affiliates, commissions and payouts."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from pricing.admin.export import csv_file
from pricing.admin.fields import PercentAdminMixin, percent_column
from pricing.admin.forms import ReasonDialog
from pricing.models import Affiliate, CommissionEntry, Payout
from pricing.selectors import affiliate_statement
from pricing.services import cancel_payout, mark_payout_paid, open_payouts
from shopbot.admin import ReadOnlyAdmin, acting_staff, actor_column, money_column, run_on_page
from shopbot.admin.panels import PanelledAdmin, panel_table, register_panel
from shopbot.kernel import clock
from shopbot.kernel.money import Money, format_money, to_decimal

_FIND_CUSTOMER = (
    "customer__first_name",
    "customer__last_name",
    "customer__username",
    "=customer__telegram_id",
)


@admin.register(Affiliate)
class AffiliateAdmin(PercentAdminMixin, PanelledAdmin):
    """Customers who bring others, where their terms or notes differ from the program's."""

    empty_hint = (
        "Every customer may bring others; add those whose terms differ from the program's."
    )
    discount = percent_column("discount_bps", "Own discount")
    commission = percent_column("commission_bps", "Own commission")
    list_display = ("customer", "is_active", "discount", "commission")
    list_select_related = ("customer",)
    list_filter = ("is_active",)
    search_fields = _FIND_CUSTOMER
    search_help_text = "Search by name, user name or Telegram number."
    autocomplete_fields = ("customer",)
    ordering = ("-pk",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Affiliate | None = None
    ) -> tuple[str, ...]:
        """Fix whose row it is."""
        return ("customer",) if obj else ()


@admin.register(CommissionEntry)
class CommissionEntryAdmin(ReadOnlyAdmin):
    """The lines of every affiliate's account."""

    amount = money_column("amount_minor", "Amount")
    list_display = ("customer", "kind", "amount", "holder", "matures_at", "created_at")
    fields = (("customer", "kind", "amount"), ("holder", "matures_at", "created_at"))
    readonly_fields = ("amount",)
    list_select_related = ("customer",)
    list_filter = (("kind", ChoicesDropdownFilter), "currency")
    search_fields = (*_FIND_CUSTOMER, "=holder")
    search_help_text = "Search by affiliate or by order, such as order:17."
    date_hierarchy = "created_at"
    ordering = ("-pk",)


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin):
    """What affiliates are to be paid, and were."""

    empty_hint = "List what is owed, above, writes one for each affiliate with money due."
    amount = money_column("amount_minor", "Amount")
    settled_by = actor_column("closed_by", "Closed by")
    list_display = ("customer", "amount", "state", "created_at", "closed_at", "reason")
    fields = (
        ("customer", "amount", "status"),
        ("created_at", "closed_at", "settled_by"),
        "reason",
    )
    readonly_fields = ("amount", "settled_by")
    list_select_related = ("customer",)
    list_filter = (("status", ChoicesDropdownFilter), "currency")
    search_fields = (*_FIND_CUSTOMER, "reason")
    search_help_text = "Search by affiliate or reason."
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    actions = ("export_selected",)
    actions_list = ("list_what_is_owed",)
    actions_detail = ("mark_paid", "cancel_this")

    def has_settle_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it for open payouts."""
        if not request.user.has_perm("pricing.change_payout"):
            return False
        open_ones = Payout.objects.filter(status=Payout.Status.OPEN)
        return not object_id or open_ones.filter(pk=object_id).exists()

    @display(
        description="State", label={"open": "warning", "paid": "success", "cancelled": "info"}
    )
    def state(self, row: Payout) -> tuple[str, str]:
        """Show how far it is."""
        return row.status, row.get_status_display()

    @action(
        description="List what is owed",
        permissions=["settle"],
        url_path="list-what-is-owed",
        icon="playlist_add",
        dialog={
            "title": "Put what is owed on the list?",
            "description": "Every balance whose hold is over becomes a payout to make.",
            "form_class": BaseDialogForm,
            "form_submit_text": "List it",
        },
    )
    def list_what_is_owed(self, request: HttpRequest, form: BaseDialogForm) -> HttpResponse:
        """Put every balance that has matured on the list."""
        opened = open_payouts(actor=acting_staff(request), now=clock.now())
        messages.success(request, f"Put on the list: {len(opened)}")
        return HttpResponseRedirect(reverse("admin:pricing_payout_changelist"))

    @action(
        description="Mark paid",
        permissions=["settle"],
        url_path="mark-paid",
        icon="done_all",
        dialog={
            "title": "Mark this payout paid?",
            "description": "Say how it was paid, such as the number of the transfer.",
            "form_class": ReasonDialog,
            "form_submit_text": "Mark paid",
        },
    )
    def mark_paid(
        self, request: HttpRequest, form: ReasonDialog, object_id: str
    ) -> HttpResponse:
        """Note that the affiliate has the money."""
        actor, now = acting_staff(request), clock.now()
        reason = form.cleaned_data["reason"]
        return run_on_page(
            request,
            Payout,
            object_id,
            lambda row: mark_payout_paid(payout_id=row.pk, reason=reason, actor=actor, now=now),
            "Marked paid",
        )

    @action(
        description="Cancel",
        permissions=["settle"],
        url_path="cancel",
        icon="close",
        dialog={
            "title": "Take this payout off the list?",
            "description": "The sum is owed again.",
            "form_class": ReasonDialog,
            "form_submit_text": "Cancel it",
        },
    )
    def cancel_this(
        self, request: HttpRequest, form: ReasonDialog, object_id: str
    ) -> HttpResponse:
        """Take the payout off the list."""
        actor, now = acting_staff(request), clock.now()
        reason = form.cleaned_data["reason"]
        return run_on_page(
            request,
            Payout,
            object_id,
            lambda row: cancel_payout(payout_id=row.pk, reason=reason, actor=actor, now=now),
            "Cancelled",
        )

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_selected(
        self, request: HttpRequest, queryset: QuerySet[Payout]
    ) -> StreamingHttpResponse:
        """Write the selected payouts, one a row."""
        rows = queryset.select_related("customer").order_by("pk").iterator(chunk_size=1000)
        return csv_file(
            "payouts",
            ("payout", "telegram_id", "name", "amount", "currency", "status", "reason"),
            (_payout_row(row) for row in rows),
        )


def statement_panel(row: Affiliate) -> SafeString:
    """Show what an affiliate brought, earned and was paid."""
    account = affiliate_statement(customer_id=row.customer_id, now=clock.now())
    return panel_table(
        "Account",
        headers=["What", "How much"],
        rows=[
            ("Link opened", account.clicks),
            ("Sales", account.sales),
            ("On hold", _sums(account.held)),
            ("Owed", _sums(account.available)),
            ("On the payout list", _sums(account.on_the_way)),
            ("Paid", _sums(account.paid)),
        ],
    )


register_panel("pricing.affiliate", statement_panel)


def _sums(amounts: Iterable[Money]) -> str:
    return " · ".join(format_money(amount) for amount in amounts) or "-"


def _payout_row(row: Payout) -> tuple[object, ...]:
    amount = to_decimal(Money(row.amount_minor, row.currency))
    customer = row.customer
    return (
        *(row.pk, customer.telegram_id, customer.display_name),
        *(amount, row.currency, row.status, row.reason),
    )
