"""The page of exchange rates: their history, what jumped, and rates set by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from pricing.admin.charts import line_chart
from pricing.admin.forms import RateForm, ReasonDialog
from pricing.models import FxRate
from pricing.services.rates import (
    accept_held_rate,
    end_manual_rate,
    reject_held_rate,
    set_rate,
)
from shopbot.admin import acting_staff, page_of, run_on_each, run_on_page
from shopbot.admin.panels import PanelledAdmin, register_panel
from shopbot.kernel import clock

_COLORS = {"applied": "success", "unused": "info", "held": "danger", "rejected": "warning"}
_STATES = {
    "applied": "used",
    "unused": "within the drift guard",
    "held": "waits for you",
    "rejected": "rejected",
}
_SHOWN = (
    ("base", "currency"),
    ("rate", "rate_date"),
    ("source", "status"),
    ("applied_at", "override_until"),
    ("fetched_at", "note"),
)
_DAYS_DRAWN = 120


@admin.register(FxRate)
class FxRateAdmin(PanelledAdmin):
    """What currencies were worth. Add sets a rate by hand; the rest is history."""

    form = RateForm
    list_display = (
        "currency",
        "rate_shown",
        "rate_date",
        "source",
        "state",
        "applied_at",
        "override_until",
    )
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("rate_date", RangeDateFilter),
    )
    search_fields = ("=currency", "=base", "note")
    search_help_text = "Search by currency, such as USD."
    date_hierarchy = "rate_date"
    ordering = ("-rate_date", "currency", "-pk")
    actions = ("accept_selected",)
    actions_detail = ("accept_this", "reject_this", "end_this")

    def get_fieldsets(
        self, request: HttpRequest, obj: FxRate | None = None
    ) -> list[tuple[str | None, dict[str, Any]]]:
        """Show a form for a rate by hand, and the whole row of a stored one."""
        if obj is not None:
            return [(None, {"fields": _SHOWN})]
        return [(None, {"fields": (("base", "currency"), "rate", "override_until", "note")})]

    def get_readonly_fields(
        self, request: HttpRequest, obj: FxRate | None = None
    ) -> tuple[str, ...]:
        """Let nobody edit history."""
        return tuple(name for row in _SHOWN for name in row) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: quotes point to stored rates."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: quotes point to stored rates."""
        return False

    def has_accept_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer a decision on rates that are held."""
        if not request.user.has_perm("pricing.change_fxrate"):
            return False
        held = FxRate.objects.filter(status=FxRate.Status.HELD)
        return not object_id or held.filter(pk=object_id).exists()

    def has_end_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer to end what was set by hand and still holds."""
        running = FxRate.objects.filter(pk=object_id, source=FxRate.Source.MANUAL)
        may = request.user.has_perm("pricing.change_fxrate")
        return may and running.exclude(override_until__lte=clock.now()).exists()

    def save_model(
        self,
        request: HttpRequest,
        obj: FxRate,
        form: forms.ModelForm,  # type: ignore[type-arg]
        change: bool,
    ) -> None:
        """Set the rate through the service."""
        row = set_rate(
            base=obj.base,
            currency=obj.currency,
            rate=obj.rate,
            until=obj.override_until,
            reason=obj.note,
            actor=acting_staff(request),
            now=clock.now(),
        )
        obj.pk = row.pk

    @display(description="Rate", ordering="rate")
    def rate_shown(self, row: FxRate) -> str:
        """Write it without needless zeros."""
        return str(row)

    @display(description="State", ordering="status", label=_COLORS)
    def state(self, row: FxRate) -> tuple[str, str]:
        """Show what became of it."""
        return row.status, _STATES[row.status]

    @admin.action(description="Accept held rates", permissions=["accept"])
    def accept_selected(self, request: HttpRequest, queryset: QuerySet[FxRate]) -> None:
        """Let prices use the selected rates that jumped."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda row: accept_held_rate(rate_id=row.pk, actor=actor, now=now),
            "Accepted",
        )

    @action(
        description="Accept",
        permissions=["accept"],
        url_path="accept",
        icon="check",
        dialog={
            "title": "Let prices use this rate?",
            "description": "It moved further than the jump alarm. Compare it with another "
            "source first.",
            "form_class": BaseDialogForm,
            "form_submit_text": "Accept",
        },
    )
    def accept_this(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        """Accept the rate on whose page staff are."""
        self.accept_selected(request, FxRate.objects.filter(pk=object_id))
        return page_of(FxRate, object_id)

    @action(
        description="Reject",
        permissions=["accept"],
        url_path="reject",
        icon="close",
        dialog={
            "title": "Never use this rate?",
            "description": "Prices stay at the last rate believed.",
            "form_class": ReasonDialog,
            "form_submit_text": "Reject",
        },
    )
    def reject_this(
        self, request: HttpRequest, form: ReasonDialog, object_id: str
    ) -> HttpResponse:
        """Reject the rate on whose page staff are."""
        actor, now = acting_staff(request), clock.now()
        return run_on_page(
            request,
            FxRate,
            object_id,
            lambda row: reject_held_rate(
                rate_id=row.pk, reason=form.cleaned_data["reason"], actor=actor, now=now
            ),
            "Rejected",
        )

    @action(
        description="End now",
        permissions=["end"],
        url_path="end",
        icon="undo",
        dialog={
            "title": "End this rate?",
            "description": "The usual rate applies again at once.",
            "form_class": BaseDialogForm,
            "form_submit_text": "End it",
        },
    )
    def end_this(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        """End the rate on whose page staff are."""
        actor, now = acting_staff(request), clock.now()
        return run_on_page(
            request,
            FxRate,
            object_id,
            lambda row: end_manual_rate(rate_id=row.pk, actor=actor, now=now),
            "Ended",
        )


def history_panel(row: FxRate) -> SafeString:
    """Draw how the currency moved up to this rate."""
    earlier = FxRate.objects.filter(
        base=row.base, currency=row.currency, rate_date__lte=row.rate_date
    ).exclude(status=FxRate.Status.REJECTED)
    rates = list(earlier.order_by("-rate_date", "-pk").values_list("rate_date", "rate"))
    drawn = rates[:_DAYS_DRAWN][::-1]
    if len(drawn) < 2:
        return SafeString("")
    chart = line_chart(
        [rate for _, rate in drawn], first=str(drawn[0][0]), last=str(drawn[-1][0])
    )
    title = f"1 {row.base} in {row.currency}"
    return format_html('<h2 class="font-semibold mb-1 text-important">{}</h2>{}', title, chart)


register_panel("pricing.fxrate", history_panel)
