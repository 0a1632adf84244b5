"""The pages of entitlements and privileges, and what a tier gives on the tier's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from modeltranslation.admin import TranslationAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from entitlements.models import EntitlementType, Privilege, TierGrant, TierPrivilege
from entitlements.services.switching import note_changed, note_offers_changed, note_switched
from shopbot.admin import ShopInline, acting_staff
from shopbot.admin.panels import PanelledAdmin, register_inline
from shopbot.kernel import clock


def _language_tabs(*names: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (str(label), {"classes": ["tab"], "fields": [f"{name}_{code}" for name in names]})
        for code, label in settings.LANGUAGES
    ]


class _OfferFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # none at run time
    """Tells of what it changed: whoever holds it has something else from now on."""

    actor = ""

    def save(self, commit: bool = True) -> list[Any]:
        """Write the rows, and the event beside them."""
        saved: list[Any] = super().save(commit)
        rows = [*saved, *self.deleted_objects]
        if rows:
            note_offers_changed(
                tier_ids={row.tier_id for row in rows},
                type_ids={row.type_id for row in rows if isinstance(row, TierGrant)},
                actor=self.actor,
                now=clock.now(),
            )
        return saved


class _GivenByTier(ShopInline):
    """What one tier gives, on the tier's page."""

    formset = _OfferFormSet

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type[Any]:
        """Remember who changes it."""
        formset: type[Any] = super().get_formset(request, obj, **kwargs)
        formset.actor = acting_staff(request)
        return formset


class GrantsOfTierInline(_GivenByTier):
    """Entitlements, on the page of the tier that gives them."""

    model = TierGrant
    fields = ("type", "level", "seats")
    autocomplete_fields = ("type",)
    verbose_name_plural = "Entitlements: what the buyer may use"


class PrivilegesOfTierInline(_GivenByTier):
    """Privileges, on the page of the tier that gives them."""

    model = TierPrivilege
    fields = ("privilege", "value", "limit")
    autocomplete_fields = ("privilege",)
    verbose_name_plural = "Privileges: how much of it"


class TiersOfTypeInline(_GivenByTier):
    """Tiers that give an entitlement, on the entitlement's page."""

    model = TierGrant
    fields = ("tier", "level", "seats")
    autocomplete_fields = ("tier",)
    verbose_name_plural = "Tiers that give it"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TierGrant]:
        """Read the tiers along."""
        rows: QuerySet[TierGrant] = super().get_queryset(request)
        return rows.select_related("tier__product")


class TiersOfPrivilegeInline(_GivenByTier):
    """Tiers that give a privilege, on the privilege's page."""

    model = TierPrivilege
    fields = ("tier", "value", "limit")
    autocomplete_fields = ("tier",)
    verbose_name_plural = "Tiers that give it"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TierPrivilege]:
        """Read the tiers along."""
        rows: QuerySet[TierPrivilege] = super().get_queryset(request)
        return rows.select_related("tier__product")


register_inline("catalog.producttier", GrantsOfTierInline)
register_inline("catalog.producttier", PrivilegesOfTierInline)


class _CodeStays:
    """A code that programs ask for is fixed once created."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Fix the code of what exists."""
        return ("code",) if obj else ()


@admin.register(EntitlementType)
class EntitlementTypeAdmin(_CodeStays, PanelledAdmin, TranslationAdmin):
    """What customers can be entitled to."""

    empty_hint = "What customers may have, such as a channel or a feature; tiers give it."
    list_display = ("code", "name", "kind", "lower_level", "holders", "is_active")
    list_display_links = ("code", "name")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("lower_level", ChoicesDropdownFilter),
        "is_active",
    )
    search_fields = ("code", "name_en", "name_ru", "name_de", "name_es")
    search_help_text = "Search by code, or by name in any language."
    ordering = ("code",)
    inlines = (TiersOfTypeInline,)
    fieldsets = (
        (None, {"fields": (("code", "kind"), "lower_level", "is_active")}),
        *_language_tabs("name", "description"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[EntitlementType]:
        """Count who holds each one now, once for the whole page."""
        rows: QuerySet[EntitlementType] = super().get_queryset(request)
        match = request.resolver_match
        if match is not None and str(match.url_name).endswith("_changelist"):
            now = clock.now()
            counting = Q(grants__starts_at__lte=now, grants__access_until__gt=now)
            rows = rows.annotate(
                holding=Count("grants__customer_id", filter=counting, distinct=True)
            )
        return rows

    def save_model(
        self,
        request: HttpRequest,
        obj: EntitlementType,
        form: forms.ModelForm,  # type: ignore[type-arg]
        change: bool,
    ) -> None:
        """Tell of a switch: whoever is inside on account of it must leave."""
        super().save_model(request, obj, form, change)
        if change and form.changed_data:
            note = note_switched if "is_active" in form.changed_data else note_changed
            note(type=obj, actor=acting_staff(request), now=clock.now())

    @display(description="Customers now", ordering="holding")
    def holders(self, row: Any) -> int:
        """Show how many customers have it now."""
        return int(row.holding)


@admin.register(Privilege)
class PrivilegeAdmin(_CodeStays, PanelledAdmin, TranslationAdmin):
    """Details that tiers give in different amounts."""

    empty_hint = (
        "How much of something a tier brings, such as 100 exports a day; programs "
        "count its use."
    )
    list_display = ("code", "name", "kind", "reset")
    list_display_links = ("code", "name")
    list_filter = (("kind", ChoicesDropdownFilter), ("reset", ChoicesDropdownFilter))
    search_fields = ("code", "name_en", "name_ru", "name_de", "name_es")
    search_help_text = "Search by code, or by name in any language."
    ordering = ("code",)
    inlines = (TiersOfPrivilegeInline,)
    fieldsets = (
        (None, {"fields": ("code", ("kind", "reset"))}),
        *_language_tabs("name"),
    )

    def save_model(
        self,
        request: HttpRequest,
        obj: Privilege,
        form: forms.ModelForm,  # type: ignore[type-arg]
        change: bool,
    ) -> None:
        """Tell of a change: it concerns whoever holds what gives the privilege."""
        super().save_model(request, obj, form, change)
        if change and form.changed_data:
            note_offers_changed(
                tier_ids=set(obj.tier_privileges.values_list("tier_id", flat=True)),
                type_ids=(),
                actor=acting_staff(request),
                now=clock.now(),
            )
