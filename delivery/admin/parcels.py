"""Parcels to pack and ship, and the ways of shipping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from catalog.admin.languages import language_tabs
from delivery.models import Parcel, ShippingOption
from delivery.services.parcels import give_address, mark_delivered, mark_packed, ship
from shopbot.admin import (
    ReadOnlyAdmin,
    ShopAdmin,
    acting_staff,
    money_column,
    run_on_each,
    run_on_page,
)
from shopbot.admin.money_form import MoneyForm, amount_field
from shopbot.kernel import clock


class ShipDialog(BaseDialogForm):
    """Who carries it, under which number."""

    carrier = forms.CharField(
        max_length=60,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Who carries it, like DHL.",
    )
    tracking_number = forms.CharField(
        max_length=80,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="The customer reads it in the chat.",
    )


class AddressDialog(BaseDialogForm):
    """Where it goes."""

    address = forms.CharField(
        max_length=600,
        widget=UnfoldAdminTextareaWidget,
        help_text="Name, street, town and country, as on the parcel.",
    )


class SendingFilter(SimpleListFilter):
    """What is still to be sent."""

    title = "sending"
    parameter_name = "sending"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Parcel]
    ) -> list[tuple[str, str]]:
        """Offer what waits for staff."""
        return [("todo", "To send"), ("unaddressed", "To send, without address")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Parcel]) -> QuerySet[Parcel]:
        """Keep what was asked for."""
        if self.value() is None:
            return queryset
        waiting = queryset.filter(status__in=[Parcel.Status.TO_PACK, Parcel.Status.PACKED])
        return waiting if self.value() == "todo" else waiting.filter(address="")


@admin.register(Parcel)
class ParcelAdmin(ReadOnlyAdmin):
    """What goes by post: pack it, ship it with its number, note its arrival."""

    empty_hint = "Paid orders of physical goods wait here to be sent."
    list_display = (
        "source",
        "customer",
        "tier",
        "quantity",
        "state",
        "address",
        "option",
        "tracking_number",
    )
    list_select_related = ("customer", "tier__product", "option")
    list_filter = (SendingFilter, ("status", ChoicesDropdownFilter))
    search_fields = ("=source", "=tracking_number", "=customer__telegram_id", "address")
    search_help_text = "Search by order line, tracking number, Telegram number or address."
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    actions = ("pack_selected", "arrive_selected")
    actions_detail = (
        {
            "title": "Send",
            "icon": "local_shipping",
            "items": ["pack_this", "ship_this", "address_this", "arrive_this"],
        },
    )
    _LABELS: ClassVar[dict[str, str]] = {
        "unpaid": "default",
        "to_pack": "warning",
        "packed": "info",
        "shipped": "info",
        "delivered": "success",
        "cancelled": "default",
    }

    def has_ship_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """For those who send parcels."""
        return bool(request.user.has_perm("delivery.ship_parcel"))

    @display(description="Status", ordering="status", label=_LABELS)
    def state(self, row: Parcel) -> tuple[str, str]:
        """Say how far it has come."""
        return row.status, row.get_status_display()

    @admin.action(description="Mark packed", permissions=["ship"])
    def pack_selected(self, request: HttpRequest, queryset: QuerySet[Parcel]) -> None:
        """Note that the selected parcels are packed."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda row: mark_packed(parcel_id=row.pk, actor=actor, now=now),
            "Packed",
        )

    @admin.action(description="Mark delivered", permissions=["ship"])
    def arrive_selected(self, request: HttpRequest, queryset: QuerySet[Parcel]) -> None:
        """Note that the selected parcels have arrived."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda row: mark_delivered(parcel_id=row.pk, actor=actor, now=now),
            "Delivered",
        )

    @action(description="Packed", permissions=["ship"], url_path="pack", icon="inventory_2")
    def pack_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that this parcel is packed."""
        self.pack_selected(request, Parcel.objects.filter(pk=object_id))
        return redirect("admin:delivery_parcel_change", object_id)

    @action(
        description="Arrived", permissions=["ship"], url_path="arrive", icon="where_to_vote"
    )
    def arrive_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that this parcel has arrived."""
        self.arrive_selected(request, Parcel.objects.filter(pk=object_id))
        return redirect("admin:delivery_parcel_change", object_id)

    @action(
        description="Ship",
        permissions=["ship"],
        url_path="ship",
        icon="local_shipping",
        dialog={
            "title": "Ship this parcel?",
            "description": "The customer is told in the chat, with the number.",
            "form_class": ShipDialog,
            "form_submit_text": "Shipped",
        },
    )
    def ship_this(self, request: HttpRequest, form: ShipDialog, object_id: str) -> HttpResponse:
        """Note that this parcel has left."""
        actor, now, data = acting_staff(request), clock.now(), form.cleaned_data
        return run_on_page(
            request,
            Parcel,
            object_id,
            lambda row: ship(
                parcel_id=row.pk,
                carrier=data["carrier"],
                tracking_number=data["tracking_number"],
                actor=actor,
                now=now,
            ),
            "Shipped",
        )

    @action(
        description="Change the address",
        permissions=["ship"],
        url_path="address",
        icon="edit_location",
        dialog={
            "title": "Where does it go?",
            "description": "Until it is packed.",
            "form_class": AddressDialog,
            "form_submit_text": "Save",
        },
    )
    def address_this(
        self, request: HttpRequest, form: AddressDialog, object_id: str
    ) -> HttpResponse:
        """Write down another address."""
        actor, now, address = acting_staff(request), clock.now(), form.cleaned_data["address"]
        return run_on_page(
            request,
            Parcel,
            object_id,
            lambda row: give_address(
                parcel_id=row.pk,
                customer_id=row.customer_id,
                address=address,
                actor=actor,
                now=now,
            ),
            "Address changed",
        )


class ShippingOptionForm(MoneyForm):
    """A way of sending, its price as people write it."""

    amounts: ClassVar[Mapping[str, str]] = {"price_minor": "currency"}
    price_minor = amount_field("Price", help_text="Such as 5.90, added to the order's total.")


@admin.register(ShippingOption)
class ShippingOptionAdmin(ShopAdmin):
    """Ways of sending parcels, by region, each at a price of its own."""

    empty_hint = (
        "How parcels are sent and for how much, such as standard and express; "
        "customers choose at checkout."
    )
    form = ShippingOptionForm
    list_display = ("name", "region", "price", "position", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name_en", "region")
    search_help_text = "Search by name or region."
    price = money_column("price_minor", "Price")
    fieldsets = (
        (None, {"fields": ("region", ("price_minor", "currency"), ("position", "is_active"))}),
        *language_tabs("name"),
    )
