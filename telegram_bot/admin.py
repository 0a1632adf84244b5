"""How staff see what came in and what goes out, and edit the bot's commands."""

import json
from collections.abc import Iterable
from datetime import datetime

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from modeltranslation.admin import TranslationAdmin
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from shopbot.admin import (
    Card,
    ReadOnlyAdmin,
    Section,
    ShopAdmin,
    acting_staff,
    dashboard_card,
    name_column,
    run_on_each,
)
from shopbot.admin.dashboard import waiting_card
from shopbot.kernel import clock
from telegram_bot import inbox, outbox
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.commands import command_list
from telegram_bot.gates.admin import ChatMembershipAdmin, GatedChatAdmin, RemovalAdmin
from telegram_bot.models import OutgoingMessage, TelegramCommand, TelegramUpdate
from telegram_bot.registration import set_commands
from telegram_bot.sync_api import SyncApi

__all__ = [
    "ChatMembershipAdmin",
    "GatedChatAdmin",
    "OutgoingMessageAdmin",
    "RemovalAdmin",
    "TelegramCommandAdmin",
    "TelegramUpdateAdmin",
]


def _as_text(value: object) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


@admin.register(TelegramUpdate)
class TelegramUpdateAdmin(ReadOnlyAdmin):
    """The inbox: each update as it came and what became of it."""

    list_display = (
        "update_id", "kind", "user_id", "state", "attempts", "received_at", "done_at",
    )  # fmt: skip
    list_filter = ("status", "kind")
    search_fields = ("=update_id", "=user_id", "=chat_id")
    search_help_text = "An update's number, or a Telegram user's or chat's"
    date_hierarchy = "received_at"
    ordering = ("-pk",)
    exclude = ("body",)
    readonly_fields = ("content",)
    actions = ("replay",)

    @display(
        description="State",
        ordering="status",
        label={"new": "info", "done": "success", "failed": "warning", "dead": "danger"},
    )
    def state(self, update: TelegramUpdate) -> str:
        """Show the status with its color."""
        return update.status

    @admin.display(description="Update")
    def content(self, update: TelegramUpdate) -> SafeString:
        """Show the update as Telegram sent it."""
        return _as_text(json.loads(update.body))

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Let those replay who may change updates, though nobody edits one."""
        return bool(request.user.has_perm("telegram_bot.change_telegramupdate"))

    @admin.action(permissions=["replay"], description="Handle the given-up ones again")
    def replay(self, request: HttpRequest, queryset: QuerySet[TelegramUpdate]) -> None:
        """Queue updates that were given up for another round of attempts."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda update: inbox.replay(pk=update.pk, actor=actor, now=now),
            "Updates queued again",
        )


@admin.register(OutgoingMessage)
class OutgoingMessageAdmin(ReadOnlyAdmin):
    """The outbox: messages that must arrive, and those that did not."""

    list_display = (
        "name", "chat_id", "beginning", "state", "attempts", "created_at", "sent_at",
    )  # fmt: skip
    list_filter = ("status", "method")
    search_fields = ("=chat_id", "dedupe_key__exact")
    search_help_text = "A chat's number or a message's key, like event:17"
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    exclude = ("params",)
    readonly_fields = ("content",)
    actions = ("send_again",)

    @display(
        description="State",
        ordering="status",
        label={
            "waiting": "info",
            "sent": "success",
            "failed": "danger",
            "blocked": "warning",
            "unknown": "warning",
        },
    )
    def state(self, message: OutgoingMessage) -> str:
        """Show the status with its color."""
        return message.status

    name = name_column("Message")

    @admin.display(description="Text")
    def beginning(self, message: OutgoingMessage) -> str:
        """Show how the text begins."""
        return strip_tags(str(message.params.get("text", "")))[:60]

    @admin.display(description="Message")
    def content(self, message: OutgoingMessage) -> SafeString:
        """Show the parameters of the call."""
        return _as_text(message.params)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Let those retry who may change messages, though nobody edits one."""
        return bool(request.user.has_perm("telegram_bot.change_outgoingmessage"))

    @admin.action(permissions=["retry"], description="Send again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutgoingMessage]) -> None:
        """Queue messages anew that failed or perhaps arrived."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda message: outbox.send_again(pk=message.pk, actor=actor, now=now),
            "Messages queued again",
        )


@admin.register(TelegramCommand)
class TelegramCommandAdmin(ShopAdmin, TranslationAdmin):
    """The command menu, in every language, and who may use what."""

    list_display = (
        "command", "description", "category", "for_whom", "is_enabled", "is_in_menu",
        "position",
    )  # fmt: skip
    list_editable = ("is_enabled", "is_in_menu", "position")
    list_filter = ("category", "is_enabled", "requires_premium")
    search_fields = ("command", "description")
    search_help_text = "A command or its description"
    ordering = ("position", "command")
    actions_list = ("publish_menu",)

    @admin.display(description="For whom")
    def for_whom(self, command: TelegramCommand) -> str:
        """Say who may use it."""
        if command.requires_premium:
            return "premium customers"
        return "whoever has pressed Start" if command.requires_auth else "everybody"

    @action(
        description="Show these in Telegram",
        url_path="publish",
        permissions=["publish"],
        dialog={
            "title": "Show this menu in Telegram?",
            "description": "Every customer sees it at once, each in their language.",
            "form_class": BaseDialogForm,
            "form_submit_text": "Show it",
        },
    )
    def publish_menu(self, request: HttpRequest, form: BaseDialogForm) -> HttpResponseRedirect:
        """Give Telegram the menu as it is here, in every language."""
        try:
            with SyncApi() as api:
                set_commands(api, command_list())
        except (TelegramRefused, TelegramSilent) as problem:
            messages.error(request, f"Telegram did not take the menu: {problem}")
        else:
            messages.success(request, "Telegram shows this menu now.")
        return HttpResponseRedirect(reverse("admin:telegram_bot_telegramcommand_changelist"))

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Let those publish who may change commands."""
        return bool(request.user.has_perm("telegram_bot.change_telegramcommand"))


@dashboard_card(Section.ATTENTION, permission="telegram_bot.view_telegramupdate", position=300)
def dead_updates(*, now: datetime) -> Iterable[Card]:
    """Count updates that were given up."""
    note = "Their rows say why; handle them again once it is mended."
    rows = TelegramUpdate.objects.filter(status="dead")
    return waiting_card(rows, "Updates given up", note, where="status__exact=dead")


@dashboard_card(Section.ATTENTION, permission="telegram_bot.view_outgoingmessage", position=310)
def failed_messages(*, now: datetime) -> Iterable[Card]:
    """Count messages that did not arrive, or perhaps did not."""
    note = "Telegram refused them or did not answer."
    rows = OutgoingMessage.objects.filter(status__in=["failed", "unknown"])
    return waiting_card(rows, "Messages not sent", note, where="status__in=failed,unknown")
