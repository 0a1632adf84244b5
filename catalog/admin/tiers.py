"""The pages of tiers and of their stock, and tiers within a product's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from import_export.admin import ImportExportModelAdmin
from modeltranslation.admin import TranslationAdmin, TranslationTabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from catalog.admin.languages import language_tabs
from catalog.admin.spreadsheet_pages import SpreadsheetPages
from catalog.models import Product, ProductTier, TierStock
from catalog.services import adjust_stock
from catalog.spreadsheets import TierResource
from shopbot.admin import (
    ReadOnlyAdmin,
    ShopInline,
    acting_staff,
    link,
    money_column,
    page_of,
)
from shopbot.admin.money_form import MoneyForm, amount_field
from shopbot.admin.panels import PanelledAdmin
from shopbot.kernel import clock
from shopbot.kernel.errors import ShopError
from shopbot.kernel.money import Money, format_money

_PRICE = (
    ("level", "billing_period"),
    ("base_price_minor", "currency"),
    ("floor_price_minor", "is_active"),
)
_TERMS = (
    ("trial_days", "grace_days"),
    ("max_quantity", "position"),
    ("tracks_stock", "units_left"),
)
_IN_A_PRODUCT = (
    "level",
    "name_en",
    "base_price_minor",
    "currency",
    "billing_period",
    "is_active",
    "all_terms",
)
#: What staff who may only look see in place of minor units.
_SHOWN_AS = {"base_price_minor": "price_shown", "floor_price_minor": "floor_shown"}


def _price_field() -> forms.CharField:
    return amount_field(
        "Base price", help_text="Such as 20.00, before regions; per month or once."
    )


class TierForm(MoneyForm):
    """A tier with all its terms, its amounts as people write them."""

    amounts: ClassVar[Mapping[str, str]] = {
        "base_price_minor": "currency",
        "floor_price_minor": "currency",
    }
    base_price_minor = _price_field()
    floor_price_minor = amount_field(
        "Floor price", required=False, help_text="No discount goes below; empty for none."
    )


class TierRowForm(MoneyForm):
    """A tier in the row of its product's page, which shows only some of its terms."""

    amounts: ClassVar[Mapping[str, str]] = {"base_price_minor": "currency"}
    base_price_minor = _price_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "level" in self.fields:
            self.fields["level"].widget.attrs["style"] = "min-width: 8.5rem"

    def clean(self) -> dict[str, Any]:
        """Refuse what contradicts terms that the row does not show.

        The database would refuse it too, but as an error and not as a word at the field.
        """
        cleaned = super().clean()
        price, floor = cleaned.get("base_price_minor"), self.instance.floor_price_minor
        if price is not None and floor is not None and price < floor:
            shown = format_money(Money(floor, self.instance.currency), "en")
            self.add_error("base_price_minor", f"Below the floor price, {shown}.")
        is_once = cleaned.get("billing_period") == ProductTier.BillingPeriod.ONCE
        if is_once and self.instance.trial_days:
            self.add_error("billing_period", "It has a trial, which only a monthly tier can.")
        return cleaned


class TierPages:
    """What the tier's own page and the tiers within a product share."""

    price_shown = money_column("base_price_minor", "Base price")
    floor_shown = money_column("floor_price_minor", "Floor price")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductTier]:
        """Read the stock along."""
        rows: QuerySet[ProductTier] = super().get_queryset(request)  # type: ignore[misc]
        return rows.select_related("product", "stock")

    @display(description="Units left", empty_value="not counted")
    def units_left(self, tier: ProductTier) -> int | None:
        """Show the count, for tiers that keep one."""
        if tier._state.adding or not tier.tracks_stock:
            return None
        return tier.stock.available if hasattr(tier, "stock") else 0

    def fields_for(self, request: HttpRequest, *names: str) -> tuple[str, ...]:
        """Return the fields to edit; for those who may only look, prices as people write."""
        if self.has_change_permission(request):  # type: ignore[attr-defined]
            return names
        return tuple(_SHOWN_AS.get(name, name) for name in names)


class TierInline(TierPages, ShopInline, TranslationTabularInline):
    """The offers of a product, on its page; the rest of their terms is on their own."""

    model = ProductTier
    form = TierRowForm
    readonly_fields = ("all_terms", "price_shown")
    verbose_name_plural = "Tiers: what is sold of it, and for how much"

    def get_fieldsets(
        self, request: HttpRequest, obj: Product | None = None
    ) -> list[tuple[str | None, dict[str, Any]]]:
        """Show what makes an offer, one row each."""
        return [(None, {"fields": self.fields_for(request, *_IN_A_PRODUCT)})]

    @display(description="More")
    def all_terms(self, tier: ProductTier) -> SafeString | str:
        """Lead to names in other languages, trial, grace, floor and stock."""
        if tier._state.adding:
            return "after saving"
        return link(reverse("admin:catalog_producttier_change", args=[tier.pk]), "All terms")


class StockDialog(BaseDialogForm):
    """How many units to add or take away."""

    by = forms.IntegerField(
        label="Add units",
        min_value=-1_000_000,
        max_value=1_000_000,
        help_text="A negative number takes away. Units sold meanwhile stay sold.",
        widget=UnfoldAdminIntegerFieldWidget,
    )


@admin.register(ProductTier)
class ProductTierAdmin(
    TierPages,
    SpreadsheetPages,
    PanelledAdmin,
    TranslationAdmin,
    ImportExportModelAdmin,
):
    """Every offer of the shop."""

    empty_hint = (
        "What is bought: a product at one level and price. Add them on the product's page."
    )
    form = TierForm
    resource_classes = (TierResource,)
    list_display = (
        "name",
        "product",
        "level",
        "price_shown",
        "billing_period",
        "units_left",
        "is_active",
    )
    list_filter = (
        ("level", ChoicesDropdownFilter),
        ("billing_period", ChoicesDropdownFilter),
        "currency",
        "tracks_stock",
        "is_active",
    )
    search_fields = (
        "product__name_en",
        "product__name_ru",
        "product__name_de",
        "product__name_es",
        "product__slug",
        "name_en",
        "level",
    )
    search_help_text = "Search by product, tier or level."
    ordering = ("product__position", "product_id", "position", "pk")
    list_select_related = ("product",)
    autocomplete_fields = ("product",)
    readonly_fields = ("units_left", "price_shown", "floor_shown")
    actions_detail = ("change_stock",)

    def get_fieldsets(
        self, request: HttpRequest, obj: ProductTier | None = None
    ) -> list[tuple[str | None, dict[str, Any]]]:
        """Show the price first, then the terms, then the names."""
        price = [self.fields_for(request, *row) for row in _PRICE]
        return [
            (None, {"fields": ["product", *price]}),
            ("Terms", {"fields": _TERMS}),
            *language_tabs("name"),
        ]

    @action(
        description="Change stock",
        permissions=["change"],
        url_path="change-stock",
        icon="warehouse",
        dialog={
            "title": "Change stock",
            "description": "For a tier that counts its units.",
            "form_class": StockDialog,
            "form_submit_text": "Change",
        },
    )
    def change_stock(
        self, request: HttpRequest, form: StockDialog, object_id: str
    ) -> HttpResponse:
        """Add or take away units through the service, which leaves an event."""
        try:
            left = adjust_stock(
                tier_id=int(object_id),
                by=form.cleaned_data["by"],
                actor=acting_staff(request),
                now=clock.now(),
            )
        except ShopError as error:
            messages.error(request, f"Nothing changed: {error}.")
        else:
            messages.success(request, f"{left} units are left.")
        return page_of(ProductTier, object_id)


@admin.register(TierStock)
class TierStockAdmin(ReadOnlyAdmin):
    """Units left of every tier that counts them; changed on the tier's page."""

    list_display = ("tier", "product", "available")
    list_select_related = ("tier__product",)
    search_fields = ("tier__product__name_en", "tier__product__slug", "tier__name_en")
    search_help_text = "Search by product or tier. Change a count on the tier's own page."
    ordering = ("available", "pk")

    @display(description="Product", ordering="tier__product__position")
    def product(self, row: TierStock) -> str:
        """Name the product."""
        return str(row.tier.product)
