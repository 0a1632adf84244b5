"""The event log and the versions of data that processes keep copies of."""

from typing import Any, NoReturn

from django.db import models


class Event(models.Model):
    """One thing that happened in the shop, written in the transaction that made it true.

    Append-only: it is the audit trail, staff's timeline and the outbox in one row.
    """

    kind = models.CharField(max_length=60, help_text="What happened, like order.paid.")
    subject = models.CharField(max_length=80, help_text="What it happened to, like order:17.")
    #: No foreign key: the kernel knows no customers, and an event outlives whom it is about.
    customer_id = models.BigIntegerField(
        null=True, blank=True, help_text="Number of the customer it concerns."
    )
    actor = models.CharField(
        max_length=80, help_text="Who did it: customer:42, staff:7, stripe, beat."
    )
    data = models.JSONField(default=dict, help_text="Details, as JSON.")
    happened_at = models.DateTimeField(help_text="When it became true.")
    dispatched_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When every consumer had taken it; empty while waiting.",
    )
    attempts = models.PositiveIntegerField(default=0, help_text="How often dispatch failed.")
    retry_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Not dispatched again before this moment.",
    )
    error = models.TextField(blank=True, help_text="Why the last dispatch failed.")

    class Meta:
        indexes = [
            # The relay's queue.
            models.Index(
                fields=["id"],
                name="event_undispatched",
                condition=models.Q(dispatched_at__isnull=True),
            ),
            # A subject's timeline on its admin page.
            models.Index(fields=["subject", "id"], name="event_by_subject"),
            # A customer's timeline.
            models.Index(fields=["customer_id", "id"], name="event_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: history is not deleted."""
        raise TypeError("events are append-only")


class DataVersion(models.Model):
    """A number that database triggers raise with every change to a group of tables."""

    name = models.CharField(max_length=30, primary_key=True)
    number = models.BigIntegerField(default=0, help_text="Rises with every change.")

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
