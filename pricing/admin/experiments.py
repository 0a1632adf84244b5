"""The page of price experiments: arms, results with their certainty, start and stop."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from pricing.admin.charts import interval_chart
from pricing.admin.fields import PercentAdminMixin
from pricing.admin.forms import ReasonDialog
from pricing.engine.labels import percent
from pricing.models import Experiment, ExperimentArm, Exposure
from pricing.services.experiments import ArmResult, results, start_experiment, stop_experiment
from shopbot.admin import ReadOnlyAdmin, ShopInline, acting_staff, run_on_page
from shopbot.admin.panels import PanelledAdmin, panel_table, register_panel
from shopbot.kernel import clock
from shopbot.kernel.money import Money, format_money


class ArmInline(PercentAdminMixin, ShopInline):
    """The prices tested; fixed once the experiment runs."""

    model = ExperimentArm
    min_num = 2
    max_num = 4
    readonly_fields = ("price",)

    def get_fields(
        self, request: HttpRequest, obj: Experiment | None = None
    ) -> tuple[str, ...]:
        """Show the price as it was typed, also once it is fixed."""
        return ("name", "factor_bps" if _is_draft(obj) else "price", "weight")

    @display(description="Price")
    def price(self, row: ExperimentArm) -> str:
        """Show the share of the list price."""
        return percent(row.factor_bps)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse once it runs."""
        return _is_draft(obj) and bool(super().has_change_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse once it runs."""
        return _is_draft(obj) and bool(super().has_add_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse once it runs."""
        return _is_draft(obj) and bool(super().has_delete_permission(request, obj))


@admin.register(Experiment)
class ExperimentAdmin(PanelledAdmin):
    """Tests of a tier's price."""

    empty_hint = (
        "Shows two prices of a tier to different customers and counts what each brings in."
    )
    list_display = ("name", "tier", "product", "state", "starts_at", "ends_at", "seen_by")
    list_select_related = ("tier__product",)
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = ("name", "tier__name", "tier__product__name")
    search_help_text = "Search by name, tier or product."
    autocomplete_fields = ("tier",)
    ordering = ("-pk",)
    inlines = (ArmInline,)
    actions_detail = ("start_this", "stop_this")
    readonly_fields = ("status", "starts_at", "stop_reason")
    fieldsets = (
        (None, {"fields": ("name", "tier", ("status", "starts_at"))}),
        (
            "When it stops",
            {"fields": ("ends_at", ("max_customers", "stops_on_harm"), "honored_days")},
        ),
        ("How it ended", {"fields": ("stop_reason",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        """Count the customers of all rows at once."""
        rows: QuerySet[Experiment] = super().get_queryset(request)
        return rows.annotate(seen=Count("exposures"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Fix the tier once it runs, and everything once it has stopped."""
        if obj is None or obj.status == Experiment.Status.DRAFT:
            return self.readonly_fields
        if obj.status == Experiment.Status.RUNNING:
            return (*self.readonly_fields, "tier")
        fixed = ("tier", "ends_at", "max_customers", "stops_on_harm", "honored_days")
        return (*self.readonly_fields, *fixed)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse once it has run."""
        return _is_draft(obj) and bool(super().has_delete_permission(request, obj))

    def has_start_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it for drafts."""
        return _may(request, object_id, Experiment.Status.DRAFT)

    def has_stop_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it while it runs."""
        return _may(request, object_id, Experiment.Status.RUNNING)

    @display(description="Product", ordering="tier__product")
    def product(self, row: Experiment) -> str:
        """Name the product."""
        return row.tier.product.name

    @display(
        description="State", label={"draft": "warning", "running": "success", "stopped": "info"}
    )
    def state(self, row: Experiment) -> tuple[str, str]:
        """Show how far it is."""
        return row.status, row.get_status_display()

    @display(description="Seen by")
    def seen_by(self, row: Any) -> int:
        """Show how many customers saw one of its prices."""
        return int(row.seen)

    @action(
        description="Start",
        permissions=["start"],
        url_path="start",
        icon="play_arrow",
        dialog={
            "title": "Start this experiment?",
            "description": "Its arms are fixed from now on. Each customer sees one price only.",
            "form_class": BaseDialogForm,
            "form_submit_text": "Start",
        },
    )
    def start_this(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        """Start the experiment on whose page staff are."""
        actor, now = acting_staff(request), clock.now()
        return run_on_page(
            request,
            Experiment,
            object_id,
            lambda row: start_experiment(experiment_id=row.pk, actor=actor, now=now),
            "Started",
        )

    @action(
        description="Stop",
        permissions=["stop"],
        url_path="stop",
        icon="stop",
        dialog={
            "title": "Stop this experiment?",
            "description": "New customers see the list price. Who saw another one keeps it for "
            "the days given.",
            "form_class": ReasonDialog,
            "form_submit_text": "Stop",
        },
    )
    def stop_this(
        self, request: HttpRequest, form: ReasonDialog, object_id: str
    ) -> HttpResponse:
        """Stop the experiment on whose page staff are."""
        actor, now = acting_staff(request), clock.now()
        reason = form.cleaned_data["reason"]
        return run_on_page(
            request,
            Experiment,
            object_id,
            lambda row: stop_experiment(
                experiment_id=row.pk, reason=reason, actor=actor, now=now
            ),
            "Stopped",
        )


@admin.register(Exposure)
class ExposureAdmin(ReadOnlyAdmin):
    """Who was shown which price."""

    list_display = ("customer", "experiment", "arm", "shown_at")
    list_select_related = ("customer", "experiment", "arm")
    list_filter = ("experiment",)
    search_fields = ("=customer__telegram_id", "experiment__name")
    search_help_text = "Search by Telegram number or experiment."
    date_hierarchy = "shown_at"
    ordering = ("-pk",)


def results_panel(row: Experiment) -> SafeString:
    """Show what came of each arm, with the range each share lies in."""
    if row.status == Experiment.Status.DRAFT:
        return SafeString("")
    arms = results(experiment_id=row.pk)
    table = panel_table(
        "Results",
        headers=["Arm", "Price", "Customers", "Buyers", "Share of buyers (95 %)", "Paid"],
        rows=[_result_row(arm) for arm in arms],
        hint="A customer counts from the first price seen, and once as a buyer.",
    )
    return format_html("{}{}", table, interval_chart(arms))


def _result_row(arm: ArmResult) -> tuple[str, ...]:
    low, share, high = (f"{each * 100:.1f}" for each in arm.conversion)
    paid = (format_money(Money(total, currency)) for currency, total in arm.revenue.items())
    return (
        arm.name,
        percent(arm.factor_bps),
        str(arm.customers),
        str(arm.buyers),
        f"{share} % ({low} to {high})" if arm.customers else "-",
        " · ".join(paid) or "-",
    )


register_panel("pricing.experiment", results_panel)


def _is_draft(row: Any) -> bool:
    return row is None or row.status == Experiment.Status.DRAFT


def _may(request: HttpRequest, object_id: str, status: str) -> bool:
    rows: QuerySet[Model] = Experiment.objects.filter(pk=object_id, status=status)
    return request.user.has_perm("pricing.change_experiment") and rows.exists()
