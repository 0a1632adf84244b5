"""The pages of gift cards: issued one by one or by the hundred, with their ledger."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.safestring import SafeString

from pricing.admin.export import csv_file
from pricing.admin.forms import GiftCardForm
from pricing.models import GiftCard
from pricing.services.gift_cards import issue_gift_cards
from shopbot.admin import acting_staff, money_column
from shopbot.admin.panels import PanelledAdmin, panel_table, register_panel
from shopbot.kernel import clock
from shopbot.kernel.events import record
from shopbot.kernel.money import Money, format_money, to_decimal


@admin.register(GiftCard)
class GiftCardAdmin(PanelledAdmin):
    """Money paid in advance. Add issues cards with codes of their own."""

    empty_hint = "Money paid in advance, spent at checkout by whoever types its code."
    issued = money_column("issued_minor", "Issued")
    balance = money_column("balance_minor", "Balance")
    withheld = money_column("withheld_minor", "Withheld")
    list_display = (
        *("code", "issued", "balance", "customer"),
        *("is_active", "expires_at", "batch", "created_at"),
    )
    list_select_related = ("customer",)
    list_filter = ("is_active", "frozen", "currency")
    search_fields = (
        "=code",
        "=source",
        "batch",
        "note",
        "=customer__telegram_id",
        "customer__first_name",
    )
    search_help_text = "Search by code, set, note, or whoever redeemed it."
    ordering = ("-pk",)
    autocomplete_fields = ("customer",)
    actions = ("export_selected",)

    def get_form(self, request: HttpRequest, obj: GiftCard | None = None, **kwargs: Any) -> Any:
        """Ask for the amount of new cards only."""
        if obj is None:
            kwargs["form"] = GiftCardForm
        return super().get_form(request, obj, **kwargs)

    def get_fields(
        self, request: HttpRequest, obj: GiftCard | None = None
    ) -> tuple[str | tuple[str, ...], ...]:
        """Show what may be chosen, and later what became of it."""
        if obj is None:
            return (("issued_minor", "currency"), ("count", "batch"), "expires_at", "note")
        return (
            *(("code", "is_active"), ("issued", "balance")),
            *(
                ("customer", "redeemed_at"),
                ("expires_at", "batch"),
                ("source", "frozen", "withheld"),
                "note",
            ),
        )

    def get_readonly_fields(
        self, request: HttpRequest, obj: GiftCard | None = None
    ) -> tuple[str, ...]:
        """Fix what the customer was given."""
        fixed = (
            *("code", "issued", "balance", "customer", "redeemed_at", "batch"),
            *("source", "frozen", "withheld"),
        )
        return fixed if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: switch it off instead."""
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: GiftCard,
        form: forms.ModelForm,  # type: ignore[type-arg]
        change: bool,
    ) -> None:
        """Issue new cards through the service."""
        actor, now = acting_staff(request), clock.now()
        if change:
            super().save_model(request, obj, form, change)
            record("gift_card.changed", subject=f"gift-card:{obj.pk}", actor=actor, at=now)
            return
        cards = issue_gift_cards(
            amount=Money(obj.issued_minor, obj.currency),
            count=form.cleaned_data["count"],
            actor=actor,
            now=now,
            expires_at=obj.expires_at,
            batch=obj.batch,
            note=obj.note,
        )
        messages.success(request, f"Issued: {len(cards)}")
        obj.pk = cards[0].pk

    @admin.action(description="Export as CSV", permissions=["change"])
    def export_selected(
        self, request: HttpRequest, queryset: QuerySet[GiftCard]
    ) -> StreamingHttpResponse:
        """Write the selected cards, one a row."""
        return csv_file(
            "gift-cards",
            ("code", "amount", "balance", "currency", "expires", "set"),
            (_row(card) for card in queryset.order_by("pk").iterator(chunk_size=1000)),
        )


def ledger_panel(row: GiftCard) -> SafeString:
    """Show how a card's balance came about."""
    entries = row.entries.order_by("pk")[:200]
    return panel_table(
        "Ledger",
        headers=["When", "What", "For", "Amount"],
        rows=[
            (
                clock.staff_time(entry.created_at),
                entry.get_kind_display(),
                entry.holder,
                format_money(Money(entry.amount_minor, row.currency)),
            )
            for entry in entries
        ],
    )


register_panel("pricing.giftcard", ledger_panel)


def _row(card: GiftCard) -> tuple[object, ...]:
    sums = (card.issued_minor, card.balance_minor)
    amounts = (to_decimal(Money(each, card.currency)) for each in sums)
    end = "" if card.expires_at is None else card.expires_at.date().isoformat()
    return (card.code, *amounts, card.currency, end, card.batch)
