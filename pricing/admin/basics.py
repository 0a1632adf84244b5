"""The pages of regions, currencies and the tables of discounts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from unfold.decorators import action

from customers.regions import offer_regions
from pricing.admin.fields import PercentAdminMixin, percent_column
from pricing.admin.simulator import simulator_page
from pricing.models import (
    AffiliateProgram,
    CurrencySetting,
    LocalPrice,
    PricingRules,
    QuantityStep,
    Region,
    VolumeStep,
)
from shopbot.admin import ShopAdmin, money_column
from shopbot.admin.money_form import MoneyForm, amount_field


class OneRowAdmin(PercentAdminMixin, ShopAdmin):
    """A page of the one row there is: no list, no adding, no deleting."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: there is one row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: there must be one row."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the row."""
        self.model._default_manager.get_or_create(pk=1)
        label = self.model._meta.label_lower.replace(".", "_")
        return HttpResponseRedirect(reverse(f"admin:{label}_change", args=[1]))


@admin.register(PricingRules)
class PricingRulesAdmin(OneRowAdmin):
    """The rules that hold for every price."""

    fieldsets = (
        ("Discounts", {"fields": ("max_discount_bps",)}),
        ("Exchange rates", {"fields": ("jump_bps", "alarm_after_days", "stale_after_days")}),
    )


@admin.register(AffiliateProgram)
class AffiliateProgramAdmin(OneRowAdmin):
    """The terms for everyone who brings customers."""

    fieldsets = (
        (None, {"fields": ("is_active",)}),
        ("Who comes by a link", {"fields": (("discount_bps", "first_purchase_only"),)}),
        ("Who shared the link", {"fields": (("commission_bps", "hold_days"),)}),
    )


@offer_regions
def regions() -> list[tuple[str, str]]:
    """Name every region, also one where nothing is sold: customers and orders keep theirs."""
    return list(Region.objects.values_list("code", "name"))


@admin.register(Region)
class RegionAdmin(PercentAdminMixin, ShopAdmin):
    """Where the shop sells."""

    markup = percent_column("markup_bps", "Markup")
    list_display = ("code", "name", "currency", "markup", "is_active", "position")
    list_filter = ("is_active", "currency")
    search_fields = ("code", "name")
    search_help_text = "Search by code or name."
    ordering = ("position", "code")
    actions_list = ("simulator",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Region | None = None
    ) -> tuple[str, ...]:
        """Fix the code: customers and orders carry it."""
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: customers carry its code; switch it off instead."""
        return False

    @action(
        description="Price simulator",
        permissions=["view"],
        url_path="simulator",
        icon="calculate",
    )
    def simulator(self, request: HttpRequest) -> HttpResponseBase:
        """Show what everything costs, everywhere."""
        context = {**self.admin_site.each_context(request), "title": "Price simulator"}
        return simulator_page(request, context)


@admin.register(CurrencySetting)
class CurrencySettingAdmin(PercentAdminMixin, ShopAdmin):
    """How prices look in each currency."""

    drift = percent_column("drift_bps", "Drift guard")
    list_display = ("code", "charm", "step_minor", "drift")
    list_filter = ("charm",)
    search_fields = ("code",)
    search_help_text = "Search by code."

    def get_readonly_fields(
        self, request: HttpRequest, obj: CurrencySetting | None = None
    ) -> tuple[str, ...]:
        """Fix the code."""
        return ("code",) if obj else ()


@admin.register(VolumeStep)
class VolumeStepAdmin(PercentAdminMixin, ShopAdmin):
    """The discounts for buying months at once."""

    discount = percent_column("discount_bps", "Discount")
    list_display = ("months", "discount")
    ordering = ("months",)
    search_fields = ("=months",)


@admin.register(QuantityStep)
class QuantityStepAdmin(PercentAdminMixin, ShopAdmin):
    """The discounts for buying seats or pieces at once."""

    empty_hint = "A discount for buying several at once, such as 10 % from 5 seats on."
    discount = percent_column("discount_bps", "Discount")
    list_display = ("scope", "min_quantity", "discount")
    list_select_related = ("product",)
    list_filter = (("product", admin.RelatedOnlyFieldListFilter),)
    autocomplete_fields = ("product",)
    search_fields = ("product__name",)
    search_help_text = "Search by product."

    @admin.display(description="For", ordering="product")
    def scope(self, row: QuantityStep) -> str:
        """Name the product, or say that it is for all."""
        return row.product.name if row.product else "every product"


class LocalPriceForm(MoneyForm):
    """A local price, typed as 18.99."""

    amounts = {"amount_minor": "currency"}
    amount_minor = amount_field(
        "Price", help_text="For one month or for good. Nothing converts, marks up or rounds it."
    )

    class Meta:
        model = LocalPrice
        fields = ("tier", "currency", "amount_minor")


@admin.register(LocalPrice)
class LocalPriceAdmin(ShopAdmin):
    """Prices typed for a currency."""

    empty_hint = "A price of your own in one currency, in place of the converted one."
    form = LocalPriceForm
    price = money_column("amount_minor", "Price")
    list_display = ("tier", "product", "currency", "price")
    list_select_related = ("tier__product",)
    list_filter = ("currency",)
    autocomplete_fields = ("tier",)
    search_fields = ("tier__product__name", "tier__product__slug", "tier__name")
    search_help_text = "Search by product or tier."

    @admin.display(description="Product", ordering="tier__product")
    def product(self, row: LocalPrice) -> str:
        """Name the product."""
        return row.tier.product.name
