"""The pages of promotions and promo codes, with what is left of their limits."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from modeltranslation.admin import TranslationAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.views import ChangeList

from pricing.admin.export import csv_file
from pricing.admin.fields import PercentAdminMixin
from pricing.admin.forms import CodesDialog
from pricing.admin.limits import CodeLimitInline, LimitInline
from pricing.engine.labels import percent
from pricing.models import PromoCode, PromoLimit, Promotion, PromotionAmount, Reservation
from pricing.selectors import limit_usage, promotion_usage
from pricing.services.codes import make_codes
from pricing.services.quoting import normalized_code
from shopbot.admin import ReadOnlyAdmin, ShopAdmin, ShopInline, acting_staff, run_on_each
from shopbot.admin.money_form import MoneyForm, amount_field
from shopbot.admin.panels import PanelledAdmin, panel_table, register_panel
from shopbot.kernel import clock
from shopbot.kernel.money import Money, format_money

NAMES = ("name_en", "name_ru", "name_de", "name_es")


class PromotionAmountForm(MoneyForm):
    """An amount, typed as 5.00."""

    amounts = {"amount_minor": "currency"}
    amount_minor = amount_field("Amount")

    class Meta:
        model = PromotionAmount
        fields = ("currency", "amount_minor")


class AmountsFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The amounts of one promotion."""

    def clean(self) -> None:
        """Refuse a promotion of amounts without any: it would never apply.

        Raises:
            ValidationError: see above.
        """
        super().clean()
        rows = [form.cleaned_data for form in self.forms if hasattr(form, "cleaned_data")]
        kept = [row for row in rows if row.get("currency") and not row.get("DELETE")]
        if self.instance.kind == Promotion.Kind.AMOUNT and not kept and not any(self.errors):
            raise ValidationError("Give the amount in at least one currency.")


class AmountInline(ShopInline):
    """What a promotion takes off, or where a percentage ends."""

    model = PromotionAmount
    form = PromotionAmountForm
    formset = AmountsFormSet
    tab = True


class PromotionChangeList(ChangeList):
    """The page of the list, with the use of all promotions counted at once."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the rows and how they were used."""
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]
        usage = promotion_usage([row.pk for row in rows])
        for row in rows:
            row.usage = usage.get(row.pk, (0, 0))
        self.result_list = rows


@admin.register(Promotion)
class PromotionAdmin(PercentAdminMixin, PanelledAdmin, TranslationAdmin):
    """Rules that lower a price."""

    empty_hint = (
        "A discount by itself or by a code: so much off, for these products, until that day."
    )
    list_display = ("name", "takes_off", "trigger", "priority", "group", "is_on", "use")
    list_filter = (
        ("trigger", ChoicesDropdownFilter),
        "is_active",
        ("regions", AutocompleteSelectFilter),
    )
    search_fields = (*NAMES, "key", "group", "codes__code")
    search_help_text = "Search by name in any language, key, group or one of its codes."
    ordering = ("priority", "key")
    prepopulated_fields = {"key": ("name_en",)}
    autocomplete_fields = ("categories", "products", "tiers", "regions")
    inlines = (AmountInline, LimitInline)
    actions_detail = ("make_codes_for_this",)
    fieldsets = (
        (None, {"fields": (("name_en", "key"), ("trigger", "is_active"))}),
        ("Its name in other languages", {"fields": (NAMES[1:],)}),
        ("What it takes off", {"fields": (("kind", "percent_bps"), ("priority", "group"))}),
        ("When", {"fields": ("starts_at", "ends_at")}),
        ("Where", {"fields": ("categories", "products", "tiers", "regions")}),
        ("For whom", {"fields": (("first_purchase_only", "staff_only"), "note")}),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Use the list that counts."""
        return PromotionChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promotion]:
        """Read the amounts of all rows at once."""
        rows: QuerySet[Promotion] = super().get_queryset(request)
        return rows.prefetch_related("amounts")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse once it was used or has codes: switch it off instead."""
        if obj is not None and (
            Reservation.objects.filter(limit__promotion=obj.pk).exists()
            or PromoCode.objects.filter(promotion=obj.pk).exists()
        ):
            return False
        return bool(super().has_delete_permission(request, obj))

    def has_make_codes_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer codes for promotions that need them."""
        needs = Promotion.objects.filter(pk=object_id, trigger=Promotion.Trigger.CODE)
        return request.user.has_perm("pricing.add_promocode") and needs.exists()

    @display(description="Takes off")
    def takes_off(self, row: Promotion) -> str:
        """Show the percentage or the amounts."""
        if row.percent_bps:
            return percent(row.percent_bps)
        return " · ".join(
            format_money(Money(each.amount_minor, each.currency)) for each in row.amounts.all()
        )

    @display(description="Now", label={"on": "success", "off": "warning", "waits": "info"})
    def is_on(self, row: Promotion) -> tuple[str, str]:
        """Say whether it applies at this moment."""
        now = clock.now()
        if not row.is_active or (row.ends_at is not None and row.ends_at <= now):
            return "off", "off"
        if row.starts_at is not None and row.starts_at > now:
            return "waits", "not yet"
        return "on", "on"

    @display(description="Orders (paid)")
    def use(self, row: Any) -> str:
        """Show how often it was used, where uses are counted."""
        orders, used = row.usage
        return f"{orders} ({used})" if orders else "-"

    @action(
        description="Make codes",
        permissions=["make_codes"],
        url_path="make-codes",
        icon="sell",
        dialog={
            "title": "Make promo codes",
            "description": "Random codes that nobody can guess. Export them from the list.",
            "form_class": CodesDialog,
            "form_submit_text": "Make them",
        },
    )
    def make_codes_for_this(
        self, request: HttpRequest, form: CodesDialog, object_id: str
    ) -> HttpResponse:
        """Make codes and lead to them."""
        filled = form.cleaned_data
        batch = filled["batch"]
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            Promotion.objects.filter(pk=object_id),
            lambda row: make_codes(
                promotion_id=row.pk,
                count=filled["count"],
                batch=batch,
                prefix=filled["prefix"],
                actor=actor,
                now=now,
            ),
            "Promotions with new codes",
        )
        page = f"{reverse('admin:pricing_promocode_changelist')}?{urlencode({'q': batch})}"
        return HttpResponse(headers={"HX-Redirect": page})


@admin.register(PromoCode)
class PromoCodeAdmin(ShopAdmin):
    """Words that call a promotion."""

    empty_hint = "A word that customers type for a discount; make its promotion first."
    list_display = ("code", "promotion", "customer", "batch", "is_active", "created_at")
    list_select_related = ("promotion", "customer")
    list_filter = ("is_active", ("promotion", AutocompleteSelectFilter))
    search_fields = (
        "code",
        "=batch",
        *(f"promotion__{name}" for name in NAMES),
        "=customer__telegram_id",
    )
    search_help_text = "Search by code, batch, promotion or Telegram number."
    autocomplete_fields = ("promotion", "customer")
    date_hierarchy = "created_at"
    fields = (("code", "is_active"), "promotion", "customer", "batch")
    inlines = (CodeLimitInline,)
    actions = ("export_selected",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: PromoCode | None = None
    ) -> tuple[str, ...]:
        """Fix what people were given."""
        return ("code", "promotion") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse once it was used: switch it off instead."""
        if obj is not None and Reservation.objects.filter(limit__code=obj.pk).exists():
            return False
        return bool(super().has_delete_permission(request, obj))

    def save_model(
        self,
        request: HttpRequest,
        obj: PromoCode,
        form: ModelForm,  # type: ignore[type-arg]
        change: bool,
    ) -> None:
        """Note when a code was made."""
        if not change:
            obj.created_at = clock.now()
        super().save_model(request, obj, form, change)

    def get_form(
        self, request: HttpRequest, obj: PromoCode | None = None, **kwargs: Any
    ) -> Any:
        """Accept small letters."""
        form = super().get_form(request, obj, **kwargs)
        if "code" in form.base_fields:
            field = form.base_fields["code"]
            convert = field.to_python
            field.to_python = lambda text: normalized_code(convert(text) or "")
        return form

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Let a code's limits belong to its promotion as well."""
        for each in formset.forms:
            each.instance.promotion_id = form.instance.promotion_id
        super().save_formset(request, form, formset, change)

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_selected(
        self, request: HttpRequest, queryset: QuerySet[PromoCode]
    ) -> StreamingHttpResponse:
        """Write the selected codes, one a row."""
        rows = queryset.select_related("promotion").order_by("pk").iterator(chunk_size=1000)
        return csv_file(
            "promo-codes",
            ("code", "promotion", "batch", "active"),
            ((row.code, row.promotion.name, row.batch, row.is_active) for row in rows),
        )


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """What orders hold of limits."""

    list_display = (
        "holder",
        "limit",
        "promotion",
        "customer",
        "amount",
        "status",
        "reserved_at",
    )
    list_select_related = ("limit__promotion", "customer")
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = (
        "=holder",
        *(f"limit__promotion__{name}" for name in NAMES),
        "=customer__telegram_id",
    )
    search_help_text = "Search by order, such as order:17, by promotion or Telegram number."
    date_hierarchy = "reserved_at"
    ordering = ("-pk",)

    @admin.display(description="Promotion", ordering="limit__promotion")
    def promotion(self, row: Reservation) -> str:
        """Name the promotion."""
        return row.limit.promotion.name


def usage_panel(row: Promotion) -> SafeString:
    """Show how much of each limit is taken."""
    limits = list(row.limits.filter(code__isnull=True).order_by("pk"))
    if not limits:
        return SafeString("")
    taken = limit_usage([limit.pk for limit in limits])
    return panel_table(
        "Limits",
        headers=["What is counted", "Allowed", "Taken by all customers"],
        rows=[
            (
                limit.get_kind_display(),
                _size(limit, limit.allowed),
                _size(limit, taken.get(limit.pk, 0)),
            )
            for limit in limits
        ],
        hint="Reserved when an order is placed, given back when it is not paid.",
    )


def _size(limit: PromoLimit, amount: int) -> str:
    return format_money(Money(amount, limit.currency)) if limit.currency else str(amount)


register_panel("pricing.promotion", usage_panel)
