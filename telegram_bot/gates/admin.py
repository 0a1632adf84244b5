"""How staff bind chats to entitlements and see who could not be removed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from unfold.decorators import display

from shopbot.admin import (
    Card,
    ReadOnlyAdmin,
    Section,
    ShopAdmin,
    acting_staff,
    dashboard_card,
    run_on_each,
)
from shopbot.kernel import clock
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.gates import chats, removals
from telegram_bot.gates.models import (
    WORRYING_ATTEMPTS,
    ChatMembership,
    GatedChat,
    Removal,
)
from telegram_bot.sync_api import SyncApi

_CHATS = "admin:telegram_bot_gatedchat_changelist"
_REMOVALS = "admin:telegram_bot_removal_changelist"
_WHAT_STAFF_SET = ("type", "level", "is_active")


@admin.register(GatedChat)
class GatedChatAdmin(ShopAdmin):
    """The gated chats: what opens each, and whether the bot can guard it."""

    empty_hint = (
        "Make the bot an administrator of your channel: it appears here. Then "
        "choose which entitlement opens it."
    )
    list_display = (
        "title_or_number", "kind", "type", "level", "state", "inside", "is_active",
        "audited_at",
    )  # fmt: skip
    list_select_related = ("type",)
    list_filter = ("kind", "problem", "is_active", ("type", admin.EmptyFieldListFilter))
    search_fields = ("title", "=chat_id")
    search_help_text = "A chat's name or number"
    ordering = ("title", "pk")
    autocomplete_fields = ("type",)
    fields = (
        "chat_id", "title", "kind", "type", "level", "is_active", "problem", "invite_link",
        "set_up_error", "migrated_from", "added_at", "audited_at", "audit_due_at",
    )  # fmt: skip
    actions = ("look_now", "compare_now")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GatedChat]:
        """Count the members with the rows."""
        inside = Count("memberships", filter=Q(memberships__is_inside=True))
        return GatedChat.objects.annotate(inside=inside)

    def get_fields(self, request: HttpRequest, obj: GatedChat | None = None) -> tuple[str, ...]:
        """Ask for the number and the binding of a new chat; Telegram tells the rest."""
        return self.fields if obj is not None else ("chat_id", *_WHAT_STAFF_SET)

    def get_readonly_fields(
        self, request: HttpRequest, obj: GatedChat | None = None
    ) -> tuple[str, ...]:
        """Let staff change the binding and nothing that Telegram tells."""
        if obj is None:
            return ()
        return tuple(name for name in self.fields if name not in _WHAT_STAFF_SET)

    @admin.display(description="Chat", ordering="title")
    def title_or_number(self, chat: GatedChat) -> str:
        """Show the name, or the number while it is not known."""
        return str(chat)

    @admin.display(description="Inside", ordering="inside")
    def inside(self, chat: GatedChat) -> int:
        """Show how many are known to be inside."""
        return int(getattr(chat, "inside", 0))

    @display(
        description="State",
        label={"Guarded": "success", "Not bound": "info", "Off": "info"},
    )
    def state(self, chat: GatedChat) -> str:
        """Show what keeps the bot from guarding it, or that it does."""
        if chat.problem:
            return str(chat.get_problem_display())
        if chat.type_id is None:
            return "Not bound"
        return "Guarded" if chat.is_active else "Off"

    def save_model(
        self, request: HttpRequest, obj: GatedChat, form: ModelForm[GatedChat], change: bool
    ) -> None:
        """Keep the binding; a worker looks at rights, link and members."""
        now = clock.now()
        if not change:
            obj.bot_id, obj.added_at = settings.TELEGRAM_BOT_ID, now
        super().save_model(request, obj, form, change)
        if form.changed_data:
            chats.note_bound(chat_pk=obj.pk, actor=acting_staff(request), now=now)

    @admin.action(permissions=["change"], description="Look at rights and link now")
    def look_now(self, request: HttpRequest, queryset: QuerySet[GatedChat]) -> None:
        """Ask Telegram what the bot may do there."""
        now = clock.now()
        with SyncApi() as api:
            for chat in queryset.select_related("type"):
                try:
                    chats.set_up(chat, call=api.call, now=now)
                except (TelegramRefused, TelegramSilent) as problem:
                    messages.error(request, f"{chat}: {problem}")
                    continue
                chat.refresh_from_db()
                messages.info(request, f"{chat}: {self.state(chat)}")

    @admin.action(permissions=["change"], description="Compare members now")
    def compare_now(self, request: HttpRequest, queryset: QuerySet[GatedChat]) -> None:
        """Let a worker compare the members without waiting for the night."""
        count = queryset.bound().update(audit_due_at=clock.now(), audit_cursor=0)  # type: ignore[attr-defined]
        messages.success(request, f"Chats that will be compared now: {count}")


@admin.register(ChatMembership)
class ChatMembershipAdmin(ReadOnlyAdmin):
    """Who is known to be in the gated chats."""

    list_display = (
        "name", "telegram_id", "chat", "customer", "is_inside", "is_admin", "changed_at",
        "check_at",
    )  # fmt: skip
    list_select_related = ("chat", "customer")
    list_filter = ("is_inside", "is_admin", "chat")
    search_fields = ("=telegram_id", "name", "customer__username")
    search_help_text = "A person's Telegram number or name"
    ordering = ("-pk",)


class FailingFilter(admin.SimpleListFilter):
    """Removals that wait after a failure."""

    title = "failing"
    parameter_name = "failing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the one choice."""
        return [("yes", "Failed and tried again")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Removal]) -> QuerySet[Removal]:
        """Keep what failed at least once and is not done."""
        return failing(queryset) if self.value() else queryset


def failing(rows: QuerySet[Removal]) -> QuerySet[Removal]:
    """Keep removals that failed and still wait."""
    return rows.filter(status="waiting").exclude(error="")


@admin.register(Removal)
class RemovalAdmin(ReadOnlyAdmin):
    """Who had to leave, and what came of it."""

    list_display = (
        "telegram_id", "customer", "chat", "reason", "state", "attempts", "error", "created_at",
    )  # fmt: skip
    list_select_related = ("chat", "customer")
    list_filter = (FailingFilter, "status", "reason", "chat")
    search_fields = ("=telegram_id", "customer__username")
    search_help_text = "A person's Telegram number or user name"
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    actions = ("retry",)

    @display(
        description="State",
        ordering="status",
        label={
            "waiting": "warning",
            "removed": "success",
            "gone": "success",
            "kept": "info",
            "dropped": "info",
        },
    )
    def state(self, removal: Removal) -> str:
        """Show the status with its color."""
        return removal.status

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Let those retry who may change removals, though nobody edits one."""
        return bool(request.user.has_perm("telegram_bot.change_removal"))

    @admin.action(permissions=["retry"], description="Try again now")
    def retry(self, request: HttpRequest, queryset: QuerySet[Removal]) -> None:
        """Make removals that wait due at once."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda removal: removals.try_again(pk=removal.pk, actor=actor, now=now),
            "Removals that are tried now",
        )


@dashboard_card(Section.ATTENTION, permission="telegram_bot.view_removal", position=320)
def failing_removals(*, now: datetime) -> Iterable[Card]:
    """Count people who cannot be removed."""
    worrying = failing(Removal.objects.filter(attempts__gte=WORRYING_ATTEMPTS))
    if count := worrying.count():
        yield Card(
            title="Cannot be removed",
            value=str(count),
            note="People without access who are still in a gated chat.",
            link=f"{reverse(_REMOVALS)}?failing=yes",
        )


@dashboard_card(Section.ATTENTION, permission="telegram_bot.view_gatedchat", position=330)
def unguarded_chats(*, now: datetime) -> Iterable[Card]:
    """Count chats that the bot should guard and cannot, and those that nobody has bound."""
    broken = GatedChat.objects.bound().exclude(problem="")
    if count := broken.count():
        yield Card(
            title="Chats not guarded",
            value=str(count),
            note="The bot lacks a right there, or is gone.",
            link=reverse(_CHATS),
        )
    if count := GatedChat.objects.filter(type=None, is_active=True).count():
        yield Card(
            title="Chats to bind",
            value=str(count),
            note="The bot administers them; choose which entitlement opens each.",
            link=f"{reverse(_CHATS)}?type__isempty=1",
        )
