"""The pages of price lists and stored quotes: what would change, and why a price was one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from pricing.admin.forms import DraftDialog, PublishDialog
from pricing.engine import Quote, replay
from pricing.explain_text import line_amount, line_text
from pricing.models import PriceVersion, StoredQuote, VersionPrice
from pricing.services.versions import (
    Difference,
    PriceChange,
    difference,
    draft_from_present,
    publish,
)
from shopbot.admin import (
    ReadOnlyAdmin,
    ShopInline,
    acting_staff,
    actor_column,
    page_of,
    run_on_each,
)
from shopbot.admin.money_form import MoneyForm, amount_field
from shopbot.admin.panels import PanelledAdmin, panel_table, register_panel
from shopbot.kernel import clock
from shopbot.kernel.money import Money, format_money

_MOST_SHOWN = 200
#: Lists yet to begin that a draft is compared with: each costs queries.
_MOST_AHEAD = 3


class VersionPriceForm(MoneyForm):
    """A price of a list, typed as 20.00."""

    amounts = {"amount_minor": "currency"}
    amount_minor = amount_field("Price")

    class Meta:
        model = VersionPrice
        fields = ("tier", "currency", "amount_minor")


class PricesInline(ShopInline):
    """The prices of a list."""

    model = VersionPrice
    form = VersionPriceForm
    per_page = 50
    autocomplete_fields = ("tier",)
    fields = ("product", "tier", "currency", "amount_minor")
    readonly_fields = ("product",)

    @display(description="Product")
    def product(self, row: VersionPrice) -> str:
        """Name the product: many tiers are called alike."""
        return row.tier.product.name if row.tier_id else "-"

    def get_queryset(self, request: HttpRequest) -> QuerySet[VersionPrice]:
        """Read the tiers of all rows at once."""
        rows: QuerySet[VersionPrice] = super().get_queryset(request)
        return rows.select_related("tier__product")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse once it is published."""
        return _is_draft(obj) and bool(super().has_change_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse once it is published."""
        return _is_draft(obj) and bool(super().has_add_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse once it is published."""
        return _is_draft(obj) and bool(super().has_delete_permission(request, obj))


class DifferenceDialog(PublishDialog):
    """From when a price list holds, below what it changes."""

    form_before_template = "pricing/difference.html"

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """Show the difference first."""
        version = PriceVersion.objects.get(pk=int(object_id or 0))
        return {"difference": difference_panel(version)}


@admin.register(PriceVersion)
class PriceVersionAdmin(PanelledAdmin):
    """Price lists, from the draft to the day they hold."""

    empty_hint = (
        "New prices for many tiers on one day: start from today's prices, change, publish."
    )
    list_display = (
        "name",
        "state",
        "valid_from",
        "prices_count",
        "subscribers",
        "publisher",
    )
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = ("name", "note")
    search_help_text = "Search by name or note."
    ordering = ("-pk",)
    inlines = (PricesInline,)
    readonly_fields = ("status", "valid_from", "published_at", "publisher")
    actions_list = ("draft", "simulator")
    actions_detail = ("publish_this",)
    fieldsets = (
        (
            None,
            {"fields": ("name", ("status", "valid_from"), ("published_at", "publisher"))},
        ),
        ("Running subscribers", {"fields": ("subscribers", "moves_at")}),
        ("Staff", {"fields": ("note",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceVersion]:
        """Count the prices of all rows at once."""
        rows: QuerySet[PriceVersion] = super().get_queryset(request)
        return rows.annotate(count=Count("prices"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse once it is published."""
        return _is_draft(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse once it is published."""
        return _is_draft(obj) and bool(super().has_delete_permission(request, obj))

    def has_publish_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it for drafts."""
        drafts = PriceVersion.objects.filter(pk=object_id, status=PriceVersion.Status.DRAFT)
        return request.user.has_perm("pricing.change_priceversion") and drafts.exists()

    publisher = actor_column("published_by", "Published by")

    @display(description="State", label={"draft": "warning", "published": "success"})
    def state(self, row: PriceVersion) -> tuple[str, str]:
        """Show how far it is."""
        waits = row.valid_from is not None and row.valid_from > clock.now()
        return row.status, "Waits" if waits else row.get_status_display()

    @display(description="Prices")
    def prices_count(self, row: Any) -> int:
        """Show how many prices it has."""
        return int(row.count)

    @action(
        description="Price simulator",
        permissions=["view"],
        url_path="simulator",
        icon="calculate",
    )
    def simulator(self, request: HttpRequest) -> HttpResponse:
        """Show what everything costs, everywhere."""
        return HttpResponseRedirect(reverse("admin:pricing_region_simulator"))

    @action(
        description="Draft from today's prices",
        permissions=["add"],
        url_path="draft",
        icon="edit_note",
        dialog={
            "title": "Draft a price list",
            "description": "It starts with every price in force now and changes nothing yet.",
            "form_class": DraftDialog,
            "form_submit_text": "Draft it",
        },
    )
    def draft(self, request: HttpRequest, form: DraftDialog) -> HttpResponse:
        """Draft a list and lead to it."""
        made = draft_from_present(
            name=form.cleaned_data["name"], actor=acting_staff(request), now=clock.now()
        )
        return page_of(PriceVersion, made.pk)

    @action(
        description="Publish",
        permissions=["publish"],
        url_path="publish",
        icon="publish",
        dialog={
            "title": "Publish this price list?",
            "description": "A published list never changes.",
            "form_class": DifferenceDialog,
            "form_submit_text": "Publish",
        },
    )
    def publish_this(
        self, request: HttpRequest, form: DifferenceDialog, object_id: str
    ) -> HttpResponse:
        """Publish the list on whose page staff are."""
        begins: datetime | None = form.cleaned_data["valid_from"]
        actor, now = acting_staff(request), clock.now()

        def publish_it(row: PriceVersion) -> None:
            found = difference(version_id=row.pk, now=now, valid_from=begins)
            publish(version_id=row.pk, valid_from=begins, actor=actor, now=now)
            messages.info(request, summary_of(row, found))

        drafts = PriceVersion.objects.filter(pk=object_id)
        run_on_each(request, drafts, publish_it, "Published")
        return page_of(PriceVersion, object_id)


@admin.register(StoredQuote)
class StoredQuoteAdmin(PanelledAdmin, ReadOnlyAdmin):
    """Prices that were promised."""

    list_display = ("key", "total", "created_at")
    search_fields = ("=key",)
    search_help_text = "Search by what it was for, such as order:17."
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    fields = ("key", "created_at")

    @display(description="Total")
    def total(self, row: StoredQuote) -> str:
        """Show the price."""
        return format_money(Quote.from_json(row.result).total)


def summary_of(row: PriceVersion, found: Difference) -> str:
    """Say in one line what a price list does."""
    changed, below = len(found.changed), len(found.below_floor)
    parts = [
        f"{changed} {'price changes' if changed == 1 else 'prices change'}",
        _subscribers(row, found.subscribers),
    ]
    if below:
        parts.append(f"{below} {'falls' if below == 1 else 'fall'} below the floor")
    return ", ".join(parts) + "."


def _subscribers(row: PriceVersion, count: int) -> str:
    who = "1 customer" if count == 1 else f"{count} customers"
    if row.subscribers == PriceVersion.Subscribers.MOVE:
        moving = "moves" if count == 1 else "move"
        return f"{who} {moving} to the new one at its date unless paying by Stars"
    return f"{who} {'keeps' if count == 1 else 'keep'} the old one"


def difference_panel(row: PriceVersion) -> SafeString:
    """Show a draft's prices beside those in force, and beside those of lists yet to begin."""
    if row.status != PriceVersion.Status.DRAFT:
        return SafeString("")
    now = clock.now()
    ahead = PriceVersion.objects.filter(valid_from__gt=now).order_by("valid_from", "pk")
    later = []
    for each in ahead[:_MOST_AHEAD]:
        title = f"What changes if it begins after {each.name}"
        found = difference(version_id=row.pk, now=now, valid_from=each.valid_from)
        later.append(_difference_table(row, title, found))
    present = _difference_table(row, "What changes", difference(version_id=row.pk, now=now))
    return format_html_join("", "{}", ((table,) for table in (present, *later)))


def _difference_table(row: PriceVersion, title: str, found: Difference) -> SafeString:
    return panel_table(
        title,
        headers=["Offer", "Before", "New", "Change", ""],
        rows=[_difference_row(change) for change in found.changed[:_MOST_SHOWN]],
        hint=summary_of(row, found),
        empty="Nothing: every price is as it is by then.",
    )


def _difference_row(change: PriceChange) -> tuple[str, ...]:
    new = format_money(Money(change.new_minor, change.currency))
    warning = "below the floor" if change.is_below_floor else ""
    if change.old_minor is None:
        return (change.path, "converted", new, "", warning)
    old = Money(change.old_minor, change.currency)
    moved = ""
    if old.minor:
        moved = f"{Decimal(change.new_minor - old.minor) * 100 / old.minor:+.1f}%"
    return (change.path, format_money(old), new, moved, warning)


def explanation_panel(row: StoredQuote) -> SafeString:
    """Show the steps of a promised price, and whether it still comes out the same."""
    stored = Quote.from_json(row.result)
    again = replay(row.inputs).as_json().decode()
    verdict = "It comes out the same." if again == row.result else "It comes out different!"
    rows = [(line_text(line, "en"), line_amount(line, "en")) for line in stored.lines]
    return panel_table(
        "Why this price",
        headers=["Step", "Moves the price by"],
        rows=[*rows, ("Total", format_money(stored.total))],
        hint=f"Calculated again from its stored inputs: {verdict}",
    )


register_panel("pricing.priceversion", difference_panel)
register_panel("pricing.storedquote", explanation_panel)


def _is_draft(row: Any) -> bool:
    return row is None or row.status == PriceVersion.Status.DRAFT
