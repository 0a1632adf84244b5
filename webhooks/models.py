"""Endpoints of other systems, and each message that is owed to them."""

from typing import Any

from django.db import models
from django.db.models import Q

from shopbot.kernel.models import Event
from webhooks.signing import new_secret


class Endpoint(models.Model):
    """One address of another system that wants to hear of changes."""

    name = models.CharField(max_length=80, help_text="What staff call it, like CRM.")
    url = models.URLField(
        max_length=500,
        help_text="Where messages are posted. https only; private networks are refused.",
    )
    secret = models.CharField(
        max_length=100,
        default=new_secret,
        help_text="Signs every message (Standard Webhooks); give it to the receiver.",
    )
    previous_secret = models.CharField(
        max_length=100,
        blank=True,
        help_text="Signs too while the receiver changes over; empty it afterwards.",
    )
    event_kinds = models.JSONField(
        default=list,
        help_text='Kinds of events to send, like ["order.paid", "grant.*"]; ["*"] sends all.',
    )
    is_active = models.BooleanField(
        default=True, help_text="Off: messages wait, for 30 days at most, until it is on again."
    )
    disabled_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was switched off after failing for too long."
    )
    failing_since = models.DateTimeField(
        null=True, blank=True, help_text="When the present run of failures began."
    )
    leased_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="A worker is sending until then; one at a time keeps order.",
    )
    created_at = models.DateTimeField(auto_now_add=True, help_text="When it was set up.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="webhook_disabled_is_inactive",
                condition=Q(disabled_at__isnull=True) | Q(is_active=False),
                violation_error_message="Empty “disabled at” to switch this endpoint on again.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def wants(self, kind: str) -> bool:
        """Say whether events of ``kind`` go to this endpoint."""
        noun = kind.partition(".")[0]
        return any(chosen in (kind, "*", f"{noun}.*") for chosen in self.event_kinds)


class CustomerSequence(models.Model):
    """How many messages about one customer were written; the number orders them."""

    customer_id = models.BigIntegerField(primary_key=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"customer {self.customer_id}: {self.number}"


class Delivery(models.Model):
    """One message owed to one endpoint, exactly as it is or was sent."""

    class Status(models.TextChoices):
        """Where a message stands."""

        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        DEAD = "dead", "Given up"

    endpoint = models.ForeignKey(
        Endpoint,
        on_delete=models.CASCADE,
        related_name="deliveries",
        help_text="Who is told.",
    )
    event_id = models.BigIntegerField(help_text="Number of the event it tells of.")
    kind = models.CharField(max_length=60, help_text="Kind of the event.")
    customer_id = models.BigIntegerField(null=True, blank=True, help_text="Customer's number.")
    body = models.JSONField(help_text="The message.")
    status = models.CharField(
        max_length=10,
        choices=Status,
        default=Status.WAITING,
        help_text="Whether it was taken, or how it failed.",
    )
    attempts = models.PositiveIntegerField(default=0, help_text="How often it was tried.")
    created_at = models.DateTimeField(help_text="When it was queued.")
    next_attempt_at = models.DateTimeField(help_text="Not tried before this moment.")
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When it was accepted.")
    response_status = models.PositiveIntegerField(
        null=True, blank=True, help_text="HTTP status of the last answer."
    )
    error = models.TextField(blank=True, help_text="Why the last try failed.")

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                name="webhook_delivery_status_known",
                condition=Q(status__in=["waiting", "sent", "dead"]),
            ),
            models.CheckConstraint(
                name="webhook_delivery_sent_iff_sent_at",
                condition=Q(status="sent", sent_at__isnull=False)
                | (~Q(status="sent") & Q(sent_at__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["endpoint", "event_id"],
                name="webhook_event_once_per_endpoint",
                condition=Q(event_id__gt=0, customer_id__isnull=True),
            ),
            # One event may concern many customers: each has a message with a map of its own.
            models.UniqueConstraint(
                fields=["endpoint", "event_id", "customer_id"],
                name="webhook_event_once_per_customer",
                condition=Q(event_id__gt=0),
            ),
        ]
        indexes = [
            # The sender's queue: the oldest waiting message of an endpoint.
            models.Index(
                fields=["endpoint", "id"],
                name="webhook_waiting",
                condition=Q(status="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def message_id(self) -> str:
        """The ``webhook-id`` that stays the same through every retry."""
        return f"msg_{self.pk}"

    def payload(self) -> dict[str, Any]:
        """Return the JSON message as the receiver sees it."""
        return {"id": self.message_id, **self.body}


class Announcement(models.Model):
    """A change of an entitlement that is told, customer by customer, to whoever keeps maps."""

    event = models.OneToOneField(
        Event,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="What changed.",
    )
    type_id = models.BigIntegerField(help_text="Number of the entitlement.")
    told_up_to = models.BigIntegerField(
        default=0, help_text="Customers with this number and lower ones are done."
    )
    finished_at = models.DateTimeField(
        null=True, blank=True, help_text="When the last customer was done."
    )

    class Meta:
        indexes = [
            # The sweep's queue.
            models.Index(
                fields=["id"],
                name="webhook_announcement_open",
                condition=Q(finished_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.event_id} up to customer {self.told_up_to}"
