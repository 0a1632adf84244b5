"""The pages of the kernel and of the packages that the shop stands on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from shopbot.admin.customers import NamesCustomer
from shopbot.admin.dashboard import Card, Section, dashboard_card
from shopbot.admin.kit import ReadOnlyAdmin, ShopAdmin, actor_column, subject_link
from shopbot.kernel.models import DataVersion, Event

#: An event that waits longer than this is more than a relay that is about to run.
LATE_AFTER = timedelta(minutes=2)


@admin.register(Event)
class EventAdmin(NamesCustomer, ReadOnlyAdmin):
    """The shop's history."""

    list_display = ("happened_at", "kind", "about", "customer", "who", "dispatched_at")
    list_filter = ("kind",)
    search_fields = ("subject__exact", "kind", "actor", "=customer_id")
    search_help_text = "A subject like order:17, a kind, an actor, or a customer's number"
    date_hierarchy = "happened_at"
    ordering = ("-pk",)
    exclude = ("data",)
    readonly_fields = ("details",)

    who = actor_column("actor", "Actor")

    @admin.display(description="Subject", ordering="subject")
    def about(self, event: Event) -> str:
        """Lead to what the event is about."""
        return subject_link(event.subject)

    @admin.display(description="Details")
    def details(self, event: Event) -> SafeString:
        """Show the data as indented text."""
        text = json.dumps(event.data, indent=2, ensure_ascii=False, sort_keys=True)
        return format_html("<pre>{}</pre>", text)


@admin.register(DataVersion)
class DataVersionAdmin(ReadOnlyAdmin):
    """How often the catalog and the prices have changed."""

    list_display = ("name", "number")
    ordering = ("name",)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ShopAdmin):
    """Failed logins; deleting a row lets that person try again at once."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start")
    search_fields = ("username", "ip_address")
    search_help_text = "A user name or an address"
    ordering = ("-attempt_time",)

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        """Refuse: the throttle writes these."""
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        """Refuse: the throttle writes these."""
        return False


admin.site.unregister((User, Group))


@admin.register(User)
class StaffAdmin(UserAdmin, ShopAdmin):  # type: ignore[type-arg]  # none at run time
    """Who works in the shop."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class StaffGroupAdmin(GroupAdmin, ShopAdmin):
    """What a group of staff may do."""


@dashboard_card(Section.ATTENTION, permission="kernel.view_event", position=900)
def late_events(*, now: datetime) -> Iterable[Card]:
    """Count events whose consumers have not taken them for minutes."""
    late = Event.objects.filter(dispatched_at__isnull=True, happened_at__lt=now - LATE_AFTER)
    if count := late.count():
        yield Card(
            title="Events not handed on",
            value=str(count),
            note="Is the worker running? Their rows say why.",
            link=reverse("admin:kernel_event_changelist") + "?dispatched_at__isnull=True",
        )
