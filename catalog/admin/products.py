"""The page of products: what is sold, in which tiers, and who sees it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from import_export.admin import ImportExportModelAdmin
from modeltranslation.admin import TranslationAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.views import ChangeList

from catalog.admin.languages import language_tabs
from catalog.admin.spreadsheet_pages import SpreadsheetPages
from catalog.admin.tiers import TierInline
from catalog.models import Product, ProductTier
from catalog.services import publish, unpublish
from catalog.spreadsheets import ProductResource
from catalog.visibility import Status, hidden_categories, status_of
from shopbot.admin import acting_staff, page_of, run_on_each
from shopbot.admin.panels import PanelledAdmin
from shopbot.kernel import clock
from shopbot.kernel.money import format_money

_COLORS = {
    Status.ON_SALE.label: "success",
    Status.SCHEDULED.label: "info",
    Status.DRAFT.label: "warning",
    Status.CATEGORY_HIDDEN.label: "warning",
    Status.NO_TIER.label: "danger",
    Status.OVER.label: "danger",
}


class ProductChangeList(ChangeList):
    """The page of the list, with each product's visibility worked out for all at once."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the rows and what hides them."""
        super().get_results(request)
        hidden, at = hidden_categories(), clock.now()
        self.result_list: list[Any] = list(self.result_list)
        for product in self.result_list:
            product.status = status_of(product, hidden=hidden, at=at)


@admin.register(Product)
class ProductAdmin(SpreadsheetPages, PanelledAdmin, TranslationAdmin, ImportExportModelAdmin):
    """Products with their tiers."""

    empty_hint = (
        "What the shop sells. Give it a shelf, a name and at least one tier with a price."
    )
    resource_classes = (ProductResource,)
    list_display = (
        "thumbnail",
        "name",
        "category",
        "offers",
        "goods_type",
        "visibility",
        "position",
    )
    list_display_links = ("thumbnail", "name")
    list_select_related = ("category",)
    list_filter = (
        ("category", RelatedDropdownFilter),
        ("goods_type", ChoicesDropdownFilter),
        "is_active",
    )
    search_fields = ("name_en", "name_ru", "name_de", "name_es", "slug")
    search_help_text = "Search by name in any language, or by slug."
    ordering = ("category__position", "category_id", "position", "pk")
    autocomplete_fields = ("category",)
    prepopulated_fields = {"slug": ("name_en",)}
    readonly_fields = ("visibility_now",)
    inlines = (TierInline,)
    actions = ("publish_selected", "unpublish_selected")
    actions_detail = ("publish_this", "unpublish_this", "open_as_customer")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "visibility_now",
                    "category",
                    "slug",
                    ("goods_type", "position"),
                    "image",
                    "visible_from",
                    "visible_until",
                )
            },
        ),
        *language_tabs("name", "description", "features"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Read the tiers of all rows at once."""
        tiers = Prefetch("tiers", queryset=ProductTier.objects.order_by("position", "pk"))
        rows: QuerySet[Product] = super().get_queryset(request)
        return rows.prefetch_related(tiers)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Use the list that works out visibility."""
        return ProductChangeList

    def get_readonly_fields(
        self, request: HttpRequest, obj: Product | None = None
    ) -> tuple[str, ...]:
        """Fix the slug once links may carry it."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Product | None = None
    ) -> dict[str, Any]:
        """Suggest a slug for a new row only."""
        return {} if obj else dict(self.prepopulated_fields)

    @display(description="")
    def thumbnail(self, row: Product) -> SafeString | str:
        """Show the image, small."""
        if not row.image:
            return "-"
        return format_html(
            '<img src="{}" alt="" width="64" height="36" class="rounded-default">',
            row.image.url,
        )

    @display(description="Tiers")
    def offers(self, row: Product) -> str:
        """List levels and base prices of what is switched on."""
        tiers = [tier for tier in row.tiers.all() if tier.is_active]
        shown = (f"{tier.name} {format_money(tier.base_price)}" for tier in tiers)
        return " · ".join(shown) or "none"

    @display(description="Customers see it", label=_COLORS)
    def visibility(self, row: Any) -> str:
        """Show the status worked out for the whole page."""
        return str(row.status.label)

    @display(description="Customers see it", label=_COLORS)
    def visibility_now(self, row: Product) -> str:
        """Say whether customers see this product, and if not, why."""
        if row._state.adding:
            return "Not yet: save it, then publish it."
        return str(status_of(row, hidden=hidden_categories(), at=clock.now()).label)

    @admin.action(description="Publish", permissions=["change"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Show the selected products."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda row: publish(product_id=row.pk, actor=actor, now=now),
            "Published",
        )

    @admin.action(description="Unpublish", permissions=["change"])
    def unpublish_selected(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Hide the selected products."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda row: unpublish(product_id=row.pk, actor=actor, now=now),
            "Unpublished",
        )

    @action(
        description="Publish",
        permissions=["publish"],
        url_path="publish",
        icon="visibility",
        dialog={
            "title": "Publish this product?",
            "description": "Customers see it, within its schedule if there is one.",
            "form_class": BaseDialogForm,
            "form_submit_text": "Publish",
        },
    )
    def publish_this(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        """Show the product on whose page staff are."""
        self.publish_selected(request, Product.objects.filter(pk=object_id))
        return page_of(Product, object_id)

    @action(
        description="Unpublish",
        permissions=["unpublish"],
        url_path="unpublish",
        icon="visibility_off",
        dialog={
            "title": "Unpublish this product?",
            "description": "Customers no longer see it. What they hold stays theirs.",
            "form_class": BaseDialogForm,
            "form_submit_text": "Unpublish",
        },
    )
    def unpublish_this(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        """Hide the product on whose page staff are."""
        self.unpublish_selected(request, Product.objects.filter(pk=object_id))
        return page_of(Product, object_id)

    @action(
        description="Open as customer",
        permissions=["open_as_customer"],
        url_path="open-as-customer",
        icon="chat",
        attrs={"target": "_blank"},
    )
    def open_as_customer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open the product in the simulated chat."""
        slug = Product.objects.values_list("slug", flat=True).get(pk=object_id)
        return HttpResponseRedirect(f"{settings.SIMULATOR_URL}/?start=p_{slug}")

    def has_publish_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it for products that are not published."""
        return self.has_change_permission(request) and not _is_published(object_id)

    def has_unpublish_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it for products that are published."""
        return self.has_change_permission(request) and _is_published(object_id)

    def has_open_as_customer_permission(
        self, request: HttpRequest, object_id: str = ""
    ) -> bool:
        """Offer it where there is a simulated chat."""
        return bool(settings.SIMULATOR_ENABLED) and self.has_view_permission(request)


def _is_published(object_id: str) -> bool:
    return Product.objects.filter(pk=object_id, is_active=True).exists()
