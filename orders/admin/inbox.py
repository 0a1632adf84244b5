"""The money inbox: what did not fit, and one click to resolve it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from orders.admin.dialogs import (
    AttachDialog,
    ReasonActionForm,
    ReasonDialog,
)
from orders.admin.shown import Status, described, link_column
from orders.models import MoneyCase, Order
from orders.services.resolving import attach, choices_for, dismiss, give_money_back, honour
from shopbot.admin import (
    ReadOnlyAdmin,
    acting_staff,
    actor_column,
    money_column,
    name_column,
    page_of,
    run_on_each,
    run_on_page,
)
from shopbot.kernel import clock


class OpenFilter(SimpleListFilter):
    """Cases that wait, or were resolved; those that wait unless asked otherwise."""

    title = "state"
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[MoneyCase]
    ) -> list[tuple[str, str]]:
        """Offer what is not the default."""
        return [("resolved", "Resolved"), ("all", "All")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[MoneyCase]
    ) -> QuerySet[MoneyCase]:
        """Keep what was asked for."""
        if self.value() == "all":
            return queryset
        if self.value() == "resolved":
            return queryset.exclude(resolution="")
        return queryset.filter(resolution="")


@admin.register(MoneyCase)
class MoneyCaseAdmin(ReadOnlyAdmin):
    """Money that could not be booked by rule."""

    empty_hint = "Money that fits no order would wait here for your decision."
    list_display = (
        "name",
        "amount",
        "order_link",
        "payment_link",
        "opened_at",
        "state",
        "decided_by",
    )
    list_select_related = ("order", "payment")
    list_filter = (
        OpenFilter,
        ("kind", ChoicesDropdownFilter),
        ("opened_at", RangeDateFilter),
    )
    search_fields = ("=order__number", "=payment__charge_id", "=payment__key", "reason")
    search_help_text = "Search by order number, charge, payment key or reason."
    date_hierarchy = "opened_at"
    ordering = ("-pk",)
    action_form = ReasonActionForm
    actions = ("honour_selected", "refund_selected", "dismiss_selected")
    actions_detail = ("honour_this", "refund_this", "attach_this", "dismiss_this")
    fields = (
        ("kind", "state", "amount"),
        ("order_link", "payment_link"),
        "found",
        ("opened_at", "resolved_at", "decided_by"),
        "reason",
    )
    readonly_fields = ("state", "amount", "order_link", "payment_link", "found", "decided_by")

    name = name_column("Case")
    decided_by = actor_column("resolved_by", "Decided by")
    order_link = link_column("order", "Order")
    payment_link = link_column("payment", "Payment")
    amount = money_column("amount_minor", "Amount")

    @display(description="State", label={"": "danger", "dismiss": "default"})
    def state(self, row: MoneyCase) -> Status:
        """Say what staff decided."""
        return Status((row.resolution, row.get_resolution_display() or "Waits for you"))

    @admin.display(description="What was found")
    def found(self, row: MoneyCase) -> SafeString:
        """List what was expected and what was found, as people write it."""
        lines = format_html_join("", "<li>{}: {}</li>", described(row.detail, row.currency))
        return format_html("<ul>{}</ul>", lines) if lines else SafeString("-")

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        """Offer the actions to those who may resolve cases."""
        return request.user.has_perm("orders.resolve_moneycase")

    def has_honour_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it where the case allows."""
        return self._offers(request, object_id, MoneyCase.Resolution.HONOUR)

    def has_refund_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it where the case allows."""
        return self._offers(request, object_id, MoneyCase.Resolution.REFUND)

    def has_attach_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it where the case allows."""
        return self._offers(request, object_id, MoneyCase.Resolution.ATTACH)

    def has_dismiss_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it where the case allows."""
        return self._offers(request, object_id, MoneyCase.Resolution.DISMISS)

    @admin.action(description="Honour: deliver for this money", permissions=["resolve"])
    def honour_selected(self, request: HttpRequest, queryset: QuerySet[MoneyCase]) -> None:
        """Deliver the orders of the selected cases, for the reason beside the action."""
        self._resolve(request, queryset, request.POST.get("reason", ""), honour, "Honoured")

    @admin.action(description="Refund the money", permissions=["resolve"])
    def refund_selected(self, request: HttpRequest, queryset: QuerySet[MoneyCase]) -> None:
        """Give the money of the selected cases back, for the reason beside the action."""
        self._resolve(
            request, queryset, request.POST.get("reason", ""), give_money_back, "Refunded"
        )

    @admin.action(description="Dismiss with a reason", permissions=["resolve"])
    def dismiss_selected(self, request: HttpRequest, queryset: QuerySet[MoneyCase]) -> None:
        """Close the selected cases, for the reason beside the action."""
        self._resolve(request, queryset, request.POST.get("reason", ""), dismiss, "Dismissed")

    @action(
        description="Honour",
        permissions=["honour"],
        url_path="honour",
        icon="check_circle",
        dialog={
            "title": "Deliver for this money?",
            "description": "The order is settled with it, though it came late or was another"
            " sum; for a failed refund, access is given back.",
            "form_class": ReasonDialog,
            "form_submit_text": "Honour",
        },
    )
    def honour_this(
        self, request: HttpRequest, form: ReasonDialog, object_id: str
    ) -> HttpResponse:
        """Deliver the order of this case."""
        rows = MoneyCase.objects.filter(pk=object_id)
        self._resolve(request, rows, form.cleaned_data["reason"], honour, "Honoured")
        return page_of(MoneyCase, object_id)

    @action(
        description="Refund",
        permissions=["refund"],
        url_path="refund",
        icon="undo",
        dialog={
            "title": "Give all of this money back?",
            "description": "The provider is asked at once, and again until it answers.",
            "form_class": ReasonDialog,
            "form_submit_text": "Refund",
        },
    )
    def refund_this(
        self, request: HttpRequest, form: ReasonDialog, object_id: str
    ) -> HttpResponse:
        """Give the money of this case back."""
        rows = MoneyCase.objects.filter(pk=object_id)
        self._resolve(request, rows, form.cleaned_data["reason"], give_money_back, "Refunded")
        return page_of(MoneyCase, object_id)

    @action(
        description="Attach to an order",
        permissions=["attach"],
        url_path="attach",
        icon="link",
        dialog={
            "title": "Which order is it for?",
            "description": "The order is settled with it, as if it had been paid for it.",
            "form_class": AttachDialog,
            "form_submit_text": "Attach",
        },
    )
    def attach_this(
        self, request: HttpRequest, form: AttachDialog, object_id: str
    ) -> HttpResponse:
        """Settle another order with the money of this case."""
        actor, now, data = acting_staff(request), clock.now(), form.cleaned_data
        order_id = Order.objects.values_list("pk", flat=True).get(number=data["number"])
        return run_on_page(
            request,
            MoneyCase,
            object_id,
            lambda row: attach(
                case_id=row.pk, order_id=order_id, actor=actor, now=now, reason=data["reason"]
            ),
            "Attached",
        )

    @action(
        description="Dismiss",
        permissions=["dismiss"],
        url_path="dismiss",
        icon="close",
        dialog={
            "title": "Close this case without doing anything?",
            "form_class": ReasonDialog,
            "form_submit_text": "Dismiss",
        },
    )
    def dismiss_this(
        self, request: HttpRequest, form: ReasonDialog, object_id: str
    ) -> HttpResponse:
        """Close this case with a reason."""
        rows = MoneyCase.objects.filter(pk=object_id)
        self._resolve(request, rows, form.cleaned_data["reason"], dismiss, "Dismissed")
        return page_of(MoneyCase, object_id)

    def _offers(
        self, request: HttpRequest, object_id: str, resolution: MoneyCase.Resolution
    ) -> bool:
        case = MoneyCase.objects.filter(pk=object_id or 0).first()
        may = self.has_resolve_permission(request)
        return may and case is not None and resolution in choices_for(case=case)

    def _resolve(
        self,
        request: HttpRequest,
        rows: QuerySet[MoneyCase],
        reason: str,
        service: Callable[..., object],
        done_message: str,
    ) -> None:
        if not reason.strip():
            messages.error(request, "Write the reason beside the action first.")
            return
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            rows,
            lambda row: service(case_id=row.pk, reason=reason, actor=actor, now=now),
            done_message,
        )
