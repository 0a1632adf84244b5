"""Pages of what the app notes down: reminders given, notices that failed, amounts used."""

from __future__ import annotations

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from entitlements.models import NoticeFailure, PrivilegeMeter, Reminder
from shopbot.admin import ReadOnlyAdmin

_BY_CUSTOMER = "Search by customer (user name, Telegram number)."


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    """Which notices were given about which grants."""

    list_display = ("grant", "kind", "recorded_at")
    list_select_related = ("grant",)
    list_filter = (("kind", ChoicesDropdownFilter),)
    search_fields = ("grant__customer__username", "=grant__customer__telegram_id")
    search_help_text = _BY_CUSTOMER
    date_hierarchy = "recorded_at"
    ordering = ("-pk",)


@admin.register(NoticeFailure)
class NoticeFailureAdmin(ReadOnlyAdmin):
    """Notices that could not be given and will be tried again."""

    list_display = ("grant", "attempts", "failed_at", "error")
    list_select_related = ("grant",)
    search_fields = ("grant__customer__username", "=grant__customer__telegram_id", "error")
    search_help_text = "Search by customer (user name, Telegram number) or error."
    ordering = ("-failed_at",)


@admin.register(PrivilegeMeter)
class PrivilegeMeterAdmin(ReadOnlyAdmin):
    """What customers used of their privileges, by period."""

    list_display = ("customer", "privilege", "used", "period_starts_at")
    list_select_related = ("customer", "privilege")
    list_filter = ("privilege",)
    search_fields = ("customer__username", "=customer__telegram_id")
    search_help_text = _BY_CUSTOMER
    ordering = ("-pk",)
