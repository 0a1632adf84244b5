"""The page of grants: history that staff add to, and never edit."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateFilter,
)
from unfold.decorators import action, display

from catalog.levels import Level
from entitlements.admin.grant_forms import (
    ExtendDialog,
    GrantActionForm,
    GrantForm,
    RevokeDialog,
)
from entitlements.admin.states import COLORS, State, StateFilter, state_of
from entitlements.models import Grant
from entitlements.services import extend, grant_all, revoke_grant
from entitlements.services.extending import extension_source
from shopbot.admin import acting_staff, page_of, run_on_each
from shopbot.admin.panels import PanelledAdmin
from shopbot.kernel import clock

_GRANTED = (
    ("customer", "state_now"),
    ("type", "level"),
    ("starts_at", "ends_at"),
    ("grace_days", "access_until"),
    ("source", "sequence"),
    ("granted_at", "tier"),
    ("months", "anchor_at"),
    ("seats", "follows"),
    ("revoked_at", "closing", "revoked_reason"),
    "note",
)
_SHOWN = tuple(name for row in _GRANTED for name in ((row,) if isinstance(row, str) else row))


@admin.register(Grant)
class GrantAdmin(PanelledAdmin):
    """Who was given what. Add gives something by hand; the rest happens through actions."""

    empty_hint = "Customers get them by buying; add one to give something by hand."
    form = GrantForm
    list_display = ("customer", "type", "level", "state", "starts_at", "ends_at", "source")
    list_display_links = ("customer", "type")
    list_select_related = ("customer", "type", "tier__product")
    list_filter = (
        StateFilter,
        ("type", AutocompleteSelectFilter),
        ("level", ChoicesDropdownFilter),
        ("granted_at", RangeDateFilter),
    )
    search_fields = (
        "customer__first_name",
        "customer__last_name",
        "customer__username",
        "=customer__telegram_id",
        "=source",
    )
    search_help_text = "Search by customer (name, user name, Telegram number) or by source."
    date_hierarchy = "granted_at"
    ordering = ("-pk",)
    autocomplete_fields = ("customer", "type")
    action_form = GrantActionForm
    actions = ("revoke_selected", "extend_selected")
    actions_detail = ("revoke_this", "extend_this")

    def get_fieldsets(
        self, request: HttpRequest, obj: Grant | None = None
    ) -> list[tuple[str | None, dict[str, Any]]]:
        """Show a form for a new grant, and the whole row of an old one."""
        if obj is not None:
            return [(None, {"fields": _GRANTED})]
        return [
            (None, {"fields": ("customer", ("type", "level"), "reason", "key")}),
            ("How long: one of these", {"fields": ("months", "until", "for_life")}),
        ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Grant | None = None
    ) -> tuple[str, ...]:
        """Let nobody edit history."""
        return _SHOWN if obj is not None else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Suggest the level most often given."""
        return {"level": Level.PREMIUM, **super().get_changeform_initial_data(request)}

    def has_change_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        """Refuse: history is changed by services alone, through the actions."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        """Refuse: history is not deleted."""
        return False

    def has_manage_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer the actions to those who may change grants, on rows that are open."""
        may = request.user.has_perm("entitlements.change_grant")
        return may and (not object_id or Grant.objects.live().filter(pk=object_id).exists())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        """Read what a page of one grant shows along."""
        rows: QuerySet[Grant] = super().get_queryset(request)
        return rows.select_related("customer", "type", "tier", "follows")

    @display(description="State", label=COLORS)
    def state(self, row: Grant) -> tuple[State, str]:
        """Show what it is now."""
        state = state_of(row, clock.now())
        return state, str(state.label)

    @display(description="State")
    def state_now(self, row: Grant) -> str:
        """Say what it is now."""
        return str(state_of(row, clock.now()).label)

    def save_model(
        self,
        request: HttpRequest,
        obj: Grant,
        form: forms.ModelForm,  # type: ignore[type-arg]
        change: bool,
    ) -> None:
        """Grant through the service; the row it wrote is the one the page goes on with."""
        if change or not isinstance(form, GrantForm):
            return
        [row] = grant_all(
            customer_id=obj.customer_id,
            grants=[form.new_grant()],
            now=clock.now(),
            actor=acting_staff(request),
        )
        obj.pk = row.pk

    @admin.action(description="Revoke", permissions=["manage"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        """Revoke the selected grants for the reason beside the action."""
        reason = request.POST.get("reason", "").strip()
        if not reason:
            messages.error(request, "Write the reason beside the action first.")
            return
        self._revoke(request, queryset, reason)

    @admin.action(description="Extend", permissions=["manage"])
    def extend_selected(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        """Extend the selected grants by the days beside the action."""
        days = request.POST.get("days", "").strip()
        if not days.isdigit() or not 1 <= int(days) <= 3650:
            messages.error(request, "Write how many days, 1 to 3650, beside the action first.")
            return
        key = request.POST.get("key", "")[:36] or str(uuid4())
        self._extend(request, queryset, int(days), key, request.POST.get("reason", ""))

    @action(
        description="Revoke",
        permissions=["manage"],
        url_path="revoke",
        icon="block",
        dialog={
            "title": "Revoke this grant?",
            "description": "Its access ends at once. What waits behind it moves forward.",
            "form_class": RevokeDialog,
            "form_submit_text": "Revoke",
        },
    )
    def revoke_this(
        self, request: HttpRequest, form: RevokeDialog, object_id: str
    ) -> HttpResponse:
        """Revoke the grant on whose page staff are."""
        self._revoke(request, Grant.objects.filter(pk=object_id), form.cleaned_data["reason"])
        return page_of(Grant, object_id)

    @action(
        description="Extend",
        permissions=["manage"],
        url_path="extend",
        icon="update",
        dialog={
            "title": "Extend this grant",
            "description": "The days stand behind all that the customer has at this level.",
            "form_class": ExtendDialog,
            "form_submit_text": "Extend",
        },
    )
    def extend_this(
        self, request: HttpRequest, form: ExtendDialog, object_id: str
    ) -> HttpResponse:
        """Extend the grant on whose page staff are, and lead to the days given."""
        data, key = form.cleaned_data, str(form.cleaned_data["key"])
        found = Grant.objects.filter(pk=object_id)
        self._extend(request, found, data["days"], key, data["reason"])
        source = extension_source(grant_id=int(object_id), key=key)
        given = Grant.objects.filter(source=source).order_by("-sequence").first()
        return page_of(Grant, object_id if given is None else given.pk)

    def _revoke(self, request: HttpRequest, rows: QuerySet[Grant], reason: str) -> None:
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            rows,
            lambda row: revoke_grant(grant_id=row.pk, reason=reason, actor=actor, now=now),
            "Revoked",
        )

    def _extend(
        self, request: HttpRequest, rows: QuerySet[Grant], days: int, key: str, reason: str
    ) -> None:
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            rows,
            lambda row: extend(
                grant_id=row.pk, days=days, key=key, actor=actor, now=now, reason=reason
            ),
            "Extended",
        )
