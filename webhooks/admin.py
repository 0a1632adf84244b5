"""How staff set up endpoints and see what was sent to them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from shopbot.admin import (
    ReadOnlyAdmin,
    ShopAdmin,
    acting_staff,
    name_column,
    run_on_each,
)
from shopbot.admin.customers import NamesCustomer
from shopbot.admin.dashboard import Card, Section, dashboard_card, waiting_card
from shopbot.kernel import clock
from webhooks import services
from webhooks.forms import EndpointForm
from webhooks.models import Delivery, Endpoint

_SIGNING: Final = ("secret", "previous_secret")


@admin.register(Endpoint)
class EndpointAdmin(ShopAdmin):
    """Other systems that hear of changes."""

    empty_hint = "An address of yours that hears at once who may what."
    form = EndpointForm
    list_display = ("name", "url", "state", "waiting", "given_up", "failing_since")
    list_filter = ("is_active",)
    search_fields = ("name", "url")
    search_help_text = "Search by name or address."
    readonly_fields = ("disabled_at", "failing_since", "created_at")
    actions = ("send_test", "switch_on")

    def get_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> Sequence[Any]:
        """Show what signs messages to those only who may change it: it could forge them."""
        shown: Sequence[Any] = super().get_fields(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return shown
        return [name for name in shown if name not in _SIGNING]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        """Count each endpoint's messages in the same query."""
        waiting = Count("deliveries", filter=Q(deliveries__status=Delivery.Status.WAITING))
        dead = Count("deliveries", filter=Q(deliveries__status=Delivery.Status.DEAD))
        rows: QuerySet[Endpoint] = super().get_queryset(request)
        return rows.annotate(waiting_count=waiting, dead_count=dead)

    @display(
        description="State",
        label={
            "active": "success",
            "off": "warning",
            "failing": "warning",
            "disabled": "danger",
        },
    )
    def state(self, endpoint: Endpoint) -> str:
        """Say in one word how it is doing."""
        if endpoint.disabled_at:
            return "disabled"
        if not endpoint.is_active:
            return "off"
        return "failing" if endpoint.failing_since else "active"

    @admin.display(description="Waiting", ordering="waiting_count")
    def waiting(self, endpoint: Endpoint) -> int:
        """Count the messages not yet sent."""
        return int(getattr(endpoint, "waiting_count", 0))

    @admin.display(description="Given up", ordering="dead_count")
    def given_up(self, endpoint: Endpoint) -> int:
        """Count the messages given up after three days."""
        return int(getattr(endpoint, "dead_count", 0))

    @admin.action(permissions=["change"], description="Send a test message")
    def send_test(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """Queue a message that changes nothing at the receiver."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda endpoint: services.queue_test(endpoint_id=endpoint.pk, actor=actor, now=now),
            "Test messages queued",
        )

    @admin.action(permissions=["change"], description="Switch on again")
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """Resume an endpoint that was switched off after failing."""
        now = clock.now()
        run_on_each(
            request,
            queryset,
            lambda endpoint: services.enable(endpoint_id=endpoint.pk, now=now),
            "Endpoints switched on",
        )


@dashboard_card(Section.ATTENTION, permission="webhooks.view_endpoint", position=60)
def card_of_endpoints(*, now: datetime) -> Iterable[Card]:
    """Other systems that hear of nothing any more."""
    rows = Endpoint.objects.filter(disabled_at__isnull=False)
    return waiting_card(rows, "Endpoints switched off", "They took no message for three days")


@admin.register(Delivery)
class DeliveryAdmin(NamesCustomer, ReadOnlyAdmin):
    """Each message, what it said and how it was taken."""

    list_display = (
        "name", "endpoint", "customer", "state", "attempts", "response_status",
        "created_at",
    )  # fmt: skip
    list_filter = ("status", "endpoint", "kind")
    list_select_related = ("endpoint",)
    search_fields = ("=customer_id", "kind")
    search_help_text = "Customer's number or kind of event"
    date_hierarchy = "created_at"
    exclude = ("body",)
    readonly_fields = ("message",)
    actions = ("send_again",)

    name = name_column("Message")

    @display(
        description="State",
        ordering="status",
        label={"waiting": "info", "sent": "success", "dead": "danger"},
    )
    def state(self, delivery: Delivery) -> str:
        """Show the status with its color."""
        return delivery.status

    @admin.display(description="Message")
    def message(self, delivery: Delivery) -> SafeString:
        """Show the message as the receiver sees it."""
        return format_html("<pre>{}</pre>", json.dumps(delivery.payload(), indent=2))

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Let those replay who may change messages, though nobody edits one."""
        return bool(request.user.has_perm("webhooks.change_delivery"))

    @admin.action(permissions=["replay"], description="Send again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Queue the selected messages once more, under their own ids."""
        now = clock.now()
        run_on_each(
            request,
            queryset,
            lambda delivery: services.replay(delivery_id=delivery.pk, now=now),
            "Messages queued again",
        )
