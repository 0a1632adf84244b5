"""The page of categories: the shelves of the shop, as a tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import ValidationError
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from modeltranslation.admin import TranslationAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from catalog.admin.languages import language_tabs
from catalog.errors import CategoryCycle
from catalog.models import Category
from catalog.selectors import category_order
from catalog.services import move_category, refuse_cycle
from shopbot.admin import acting_staff
from shopbot.admin.panels import PanelledAdmin
from shopbot.kernel import clock

# An em space: visible in lists and in the choices of a select alike.
_INDENT = "\u2003"


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A category; its parent is judged under a lock of the whole tree."""

    def clean_parent(self) -> Category | None:
        """Refuse a parent that would close a circle, also with a move made at this moment.

        Raises:
            ValidationError: it would.
        """
        parent: Category | None = self.cleaned_data["parent"]
        if self.instance.pk is not None:
            try:
                refuse_cycle(
                    category_id=self.instance.pk, parent_id=parent.pk if parent else None
                )
            except CategoryCycle as error:
                raise ValidationError(f"{error}.".capitalize()) from None
        return parent


class CategoryChangeList(ChangeList):
    """The list in the order customers see, unless staff sort it by a column."""

    def get_ordering(
        self, request: HttpRequest, queryset: QuerySet[Category]
    ) -> Sequence[str | Combinable]:
        """Sort as the tree by default."""
        by_column: Sequence[str | Combinable] = super().get_ordering(request, queryset)
        return by_column if ORDER_VAR in self.params else ("tree_order",)


@admin.register(Category)
class CategoryAdmin(PanelledAdmin, TranslationAdmin):
    """Categories in the order customers see them."""

    empty_hint = "A shelf of the shop, such as Courses; products stand on shelves."
    form = CategoryForm
    list_display = ("tree_name", "slug", "product_count", "position", "is_active")
    list_display_links = ("tree_name",)
    list_filter = ("is_active",)
    search_fields = ("name_en", "name_ru", "name_de", "name_es", "slug")
    search_help_text = "Search by name in any language, or by slug."
    list_per_page = 200
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name_en",)}
    fieldsets = (
        (None, {"fields": ("parent", "slug", ("icon", "position"), "is_active")}),
        *language_tabs("name", "description"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        """Order the rows as the tree, and count what stands on each shelf."""
        order = category_order()
        places = [When(pk=pk, then=Value(at)) for at, (pk, _) in enumerate(order)]
        depths = [When(pk=pk, then=Value(depth)) for pk, depth in order if depth]
        number = IntegerField()
        rows: QuerySet[Category] = super().get_queryset(request)
        return rows.annotate(
            tree_order=Case(*places, default=Value(0), output_field=number),
            tree_depth=Case(*depths, default=Value(0), output_field=number),
            published=Count("products", filter=Q(products__is_active=True)),
            all_products=Count("products"),
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Use the list that is sorted as the tree."""
        return CategoryChangeList

    def get_readonly_fields(
        self, request: HttpRequest, obj: Category | None = None
    ) -> tuple[str, ...]:
        """Fix the slug once links may carry it."""
        return ("slug",) if obj else ()

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Category | None = None
    ) -> dict[str, Any]:
        """Suggest a slug for a new row only."""
        return {} if obj else dict(self.prepopulated_fields)

    @display(description="Category", ordering="tree_order")
    def tree_name(self, row: Any) -> str:
        """Show where the category stands."""
        return f"{_INDENT * 2 * row.tree_depth}{row}"

    @display(description="Published products", ordering="published")
    def product_count(self, row: Any) -> SafeString:
        """Lead to the products on the shelf."""
        products = reverse("admin:catalog_product_changelist")
        return format_html(
            '<a class="text-link" href="{}?category__id__exact={}">{} of {}</a>',
            products,
            row.pk,
            row.published,
            row.all_products,
        )

    def save_model(
        self, request: HttpRequest, obj: Category, form: CategoryForm, change: bool
    ) -> None:
        """Move through the service, which leaves an event; the rest is plain editing."""
        if change and "parent" in form.changed_data:
            move_category(
                category_id=obj.pk,
                parent_id=obj.parent_id,
                actor=acting_staff(request),
                now=clock.now(),
            )
        super().save_model(request, obj, form, change)
