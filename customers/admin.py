"""How staff see customers, and the little they may change of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.forms import ActionForm, BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from customers.dashboard import card_of_newcomers
from customers.models import Customer
from customers.regions import region_choices
from customers.selectors import referral_tree
from customers.services import (
    forget_region_by_staff,
    mark_staff,
    set_region_by_staff,
    unmark_staff,
)
from shopbot.admin import (
    acting_staff,
    actor_name,
    chat_url,
    link,
    page_of,
    run_on_each,
    subject_link,
)
from shopbot.admin.panels import PanelledAdmin, panel_table, register_panel
from shopbot.kernel import clock
from shopbot.kernel.models import Event

__all__ = ["CustomerAdmin", "card_of_newcomers"]

EVENTS_SHOWN = 15


def _region_field(*, required: bool) -> forms.Field:
    choices = region_choices()
    if not choices:
        widget = UnfoldAdminTextInputWidget(attrs={"placeholder": "Region, such as GB"})
        return forms.CharField(label="Region", required=required, max_length=8, widget=widget)
    offered = [("", "Choose a region"), *((code, f"{code}: {name}") for code, name in choices)]
    return forms.ChoiceField(
        label="Region", required=required, choices=offered, widget=UnfoldAdminSelectWidget
    )


class CustomerActionForm(ActionForm):
    """The region that "Set the region" needs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"] = _region_field(required=False)
        self.fields["region"].label = ""


class RegionDialog(BaseDialogForm):
    """Which region a customer pays in from now on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"] = _region_field(required=True)


class RegionFilter(SimpleListFilter):
    """Regions that customers are in, and those who have confirmed none."""

    title = "region"
    parameter_name = "region"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Customer]
    ) -> list[tuple[str, str]]:
        """List the regions that there are."""
        return [("none", "Not confirmed"), *((code, code) for code, _ in region_choices())]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Customer]
    ) -> QuerySet[Customer]:
        """Keep the customers of the region chosen."""
        chosen = self.value()
        if chosen is None:
            return queryset
        return queryset.filter(region="" if chosen == "none" else chosen)


class BlockedFilter(SimpleListFilter):
    """Whether the bot can still write to them."""

    title = "reachable"
    parameter_name = "blocked"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Customer]
    ) -> list[tuple[str, str]]:
        """Offer both."""
        return [("no", "Reachable"), ("yes", "Blocked the bot")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Customer]
    ) -> QuerySet[Customer]:
        """Keep the one kind or the other."""
        if self.value() is None:
            return queryset
        return queryset.filter(blocked_bot_at__isnull=self.value() == "no")


@admin.register(Customer)
class CustomerAdmin(PanelledAdmin):
    """Customers; all but the note is theirs, and changes through services."""

    empty_hint = "Whoever presses Start in the bot's chat is listed here."
    list_display = (
        "display_name",
        "telegram_id",
        "username",
        "language",
        "region_shown",
        "referrer",
        "reachable",
        "last_seen_at",
    )
    list_select_related = ("referrer",)
    list_filter = (
        ("language", ChoicesDropdownFilter),
        RegionFilter,
        BlockedFilter,
        "is_staff",
        ("created_at", RangeDateFilter),
    )
    search_fields = ("first_name", "last_name", "username", "=telegram_id", "=referral_code")
    search_help_text = "Search by name, user name, Telegram number or referral code."
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    autocomplete_fields = ("referrer",)
    action_form = CustomerActionForm
    actions = ("set_region", "ask_region_again")
    actions_detail = (
        "open_as_customer",
        {
            "title": "Region",
            "icon": "public",
            "items": ["set_region_of_this", "ask_region_again_of_this"],
        },
        *("mark_as_staff", "unmark_as_staff"),
    )
    fieldsets = (
        ("Telegram", {"fields": (("display_name", "username"), ("telegram_id", "reachable"))}),
        (
            "Shop",
            {
                "fields": (
                    ("language", "language_is_chosen"),
                    ("region_shown", "region_confirmed_at"),
                    ("created_at", "last_seen_at"),
                    "is_staff",
                    "note",
                )
            },
        ),
        (
            "Referrals",
            {"fields": (("referrer", "referred_at"), ("referral_code", "people_brought"))},
        ),
        ("Elsewhere", {"fields": ("stripe_customer_id",), "classes": ["collapse"]}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: people come through Telegram."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: orders and grants point at customers."""
        return False

    def has_mark_staff_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it to whoever may, for those who are not marked."""
        return _may_mark(request, object_id, is_staff=False)

    def has_unmark_staff_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it to whoever may, for those who are marked."""
        return _may_mark(request, object_id, is_staff=True)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Customer | None = None
    ) -> tuple[str, ...]:
        """Leave the note alone to be edited."""
        shown = [
            name
            for _, options in self.fieldsets
            for entry in options["fields"]
            for name in ((entry,) if isinstance(entry, str) else entry)
        ]
        return tuple(name for name in shown if name != "note")

    @display(description="Customer", ordering="first_name")
    def display_name(self, row: Customer) -> str:
        """Show the best name there is."""
        return row.display_name

    @display(description="Region", ordering="region")
    def region_shown(self, row: Customer) -> str:
        """Show the confirmed region, else the guess, with a question mark."""
        return row.region or f"{row.guessed_region}?"

    @display(description="Reachable", label={"Yes": "success", "Blocked the bot": "danger"})
    def reachable(self, row: Customer) -> str:
        """Say whether the bot can write to them."""
        return "Yes" if row.blocked_bot_at is None else "Blocked the bot"

    @display(description="People brought")
    def people_brought(self, row: Customer) -> str:
        """Count the people below this customer."""
        tree = referral_tree(row.pk)
        return f"{tree.direct} directly, {tree.total} in all"

    @admin.action(description="Set the region", permissions=["change"])
    def set_region(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        """Set the region chosen beside the action, whatever the waiting time."""
        region = request.POST.get("region", "").strip().upper()
        if not region:
            messages.error(request, "Choose a region beside the action first.")
            return
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda row: set_region_by_staff(
                customer_id=row.pk, region=region, actor=actor, now=now
            ),
            f"Now in {region}",
        )

    @admin.action(description="Ask for the region again", permissions=["change"])
    def ask_region_again(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        """Forget the region, so that the next checkout asks."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda row: forget_region_by_staff(customer_id=row.pk, actor=actor, now=now),
            "Will be asked at the next checkout",
        )

    @action(
        description="Open as customer",
        permissions=["open_as_customer"],
        url_path="open-as-customer",
        icon="chat",
        attrs={"target": "_blank"},
    )
    def open_as_customer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open the simulated chat as the customer on whose page staff are."""
        telegram_id = Customer.objects.values_list("telegram_id", flat=True).get(pk=object_id)
        return HttpResponseRedirect(chat_url(telegram_id))

    def has_open_as_customer_permission(
        self, request: HttpRequest, object_id: str = ""
    ) -> bool:
        """Offer it where there is a simulated chat."""
        return bool(settings.SIMULATOR_ENABLED) and self.has_view_permission(request)

    @action(
        description="Set region",
        permissions=["change"],
        url_path="set-region",
        icon="public",
        dialog={
            "title": "Set the region",
            "description": "Its prices apply from now on, whatever the waiting time.",
            "form_class": RegionDialog,
            "form_submit_text": "Set",
        },
    )
    def set_region_of_this(
        self, request: HttpRequest, form: RegionDialog, object_id: str
    ) -> HttpResponse:
        """Set the region of the customer on whose page staff are."""
        self.set_region(request, Customer.objects.filter(pk=object_id))
        return page_of(Customer, object_id)

    @action(
        description="Ask region again",
        permissions=["change"],
        url_path="ask-region-again",
        icon="help",
        dialog={
            "title": "Ask for the region again?",
            "description": "The customer is asked at the next checkout.",
            "form_class": BaseDialogForm,
            "form_submit_text": "Ask again",
        },
    )
    def ask_region_again_of_this(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        """Forget the region of the customer on whose page staff are."""
        self.ask_region_again(request, Customer.objects.filter(pk=object_id))
        return page_of(Customer, object_id)

    @action(
        description="Works for the shop",
        permissions=["mark_staff"],
        url_path="mark-staff",
        icon="badge",
        dialog={
            "title": "Does this customer work for the shop?",
            "description": "Promotions and codes for staff then apply to them.",
            "form_class": BaseDialogForm,
            "form_submit_text": "Yes",
        },
    )
    def mark_as_staff(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        """Let promotions for staff apply to the customer on whose page staff are."""
        mark_staff(customer_id=int(object_id), actor=acting_staff(request), now=clock.now())
        return page_of(Customer, object_id)

    @action(
        description="No longer staff",
        permissions=["unmark_staff"],
        url_path="unmark-staff",
        icon="person_off",
        dialog={
            "title": "No longer staff?",
            "description": "Promotions and codes for staff end for them.",
            "form_class": BaseDialogForm,
            "form_submit_text": "Yes",
        },
    )
    def unmark_as_staff(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        """End that for the customer on whose page staff are."""
        unmark_staff(customer_id=int(object_id), actor=acting_staff(request), now=clock.now())
        return page_of(Customer, object_id)


def _may_mark(request: HttpRequest, object_id: str, *, is_staff: bool) -> bool:
    if not request.user.has_perm("customers.mark_staff"):
        return False
    fitting = Customer.objects.filter(is_staff=is_staff)
    return not object_id or fitting.filter(pk=object_id).exists()


def recent_events(customer: Customer) -> SafeString:
    """Draw the last things that happened to a customer."""
    events = Event.objects.filter(customer_id=customer.pk).order_by("-pk")[:EVENTS_SHOWN]
    return panel_table(
        "What happened lately",
        headers=("When", "What", "To", "By"),
        rows=[
            (
                clock.staff_time(event.happened_at),
                event.kind,
                subject_link(event.subject),
                actor_name(event.actor),
            )
            for event in events
        ],
        hint=f"The last {EVENTS_SHOWN} events, newest first.",
    )


def people_brought(customer: Customer) -> SafeString:
    """Draw the latest people a customer brought, with a way to their pages."""
    brought = customer.referred.order_by("-pk")[:EVENTS_SHOWN]
    rows = [
        (
            link(reverse("admin:customers_customer_change", args=[person.pk]), person),
            f"{person.referred_at:%Y-%m-%d}",
        )
        for person in brought
    ]
    if not rows:
        return SafeString("")
    return panel_table("People brought", headers=("Customer", "Since"), rows=rows)


register_panel("customers.customer", people_brought)
register_panel("customers.customer", recent_events)
