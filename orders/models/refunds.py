"""The refund: money given back from one payment."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from orders.models.payments import Payment
from orders.models.transitions import Moves, Stateful
from shopbot.kernel.money import Money


class RefundQuerySet(models.QuerySet["Refund"]):
    """Refunds."""

    def due_for_retry(self, at: datetime) -> Self:
        """Requests that the provider has not taken yet and may be asked for again."""
        return self.filter(status=Refund.Status.REQUESTED, next_attempt_at__lte=at)

    def counted(self) -> Self:
        """Those whose money is gone or on its way."""
        return self.filter(status__in=[Refund.Status.PENDING, Refund.Status.SUCCEEDED])

    def holding(self) -> Self:
        """Those that leave less to refund: counted ones and open requests."""
        return self.exclude(status=Refund.Status.FAILED)


class Refund(Stateful):
    """Money on its way back; the row is written before the provider is asked."""

    class Status(models.TextChoices):
        """How far it has come."""

        REQUESTED = "requested", "Requested, not sent yet"
        PENDING = "pending", "Taken by the provider"
        SUCCEEDED = "succeeded", "Money is back"
        FAILED = "failed", "Failed, the money is still here"

    class Access(models.TextChoices):
        """What happens to what the order gave."""

        KEEP = "keep", "Keep access"
        SHORTEN = "shorten", "Shorten access by the refunded share"
        REVOKE = "revoke", "End access"
        UNDECIDED = "undecided", "Not decided yet"

    class Origin(models.TextChoices):
        """Who began it."""

        STAFF = "staff", "Staff"
        PROVIDER = "provider", "Made at the provider"

    NEXT: ClassVar[Moves] = {
        Status.REQUESTED: frozenset({Status.PENDING, Status.SUCCEEDED, Status.FAILED}),
        Status.PENDING: frozenset({Status.SUCCEEDED, Status.FAILED}),
        # A bank may send a refund back after the provider called it done.
        Status.SUCCEEDED: frozenset({Status.FAILED}),
        Status.FAILED: frozenset(),
    }

    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        related_name="refunds",
        help_text="The payment that is given back.",
    )
    key = models.UUIDField(
        unique=True, default=uuid.uuid4, help_text="Our name for it at the provider."
    )
    status = models.CharField(
        max_length=9,
        choices=Status.choices,
        default=Status.REQUESTED,
        help_text="As the provider last said.",
    )
    amount_minor = models.BigIntegerField(help_text="In the smallest unit of the currency.")
    currency = models.CharField(max_length=3, help_text="Currency of the payment.")
    reason = models.TextField(help_text="Why; staff and the audit read it.")
    access = models.CharField(
        max_length=9,
        choices=Access.choices,
        default=Access.UNDECIDED,
        help_text="What happens to what the order gave.",
    )
    access_applied_at = models.DateTimeField(
        null=True, blank=True, help_text="When access was changed accordingly."
    )
    origin = models.CharField(
        max_length=8,
        choices=Origin.choices,
        default=Origin.STAFF,
        help_text="Whether staff here or somebody at the provider began it.",
    )
    requested_by = models.CharField(max_length=80, help_text="Who, like staff:7 or stripe.")
    requested_at = models.DateTimeField(help_text="When it was asked for.")
    external_id = models.CharField(
        max_length=255, blank=True, help_text="The provider's id of the refund."
    )
    finished_at = models.DateTimeField(
        null=True, blank=True, help_text="When it succeeded or failed for good."
    )
    attempts = models.PositiveIntegerField(
        default=0, help_text="How often the provider was asked."
    )
    next_attempt_at = models.DateTimeField(
        null=True, blank=True, help_text="When the provider is asked again."
    )
    error = models.TextField(blank=True, help_text="What the provider answered last.")

    objects = RefundQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["requested", "pending", "succeeded", "failed"]),
                name="refund_status_known",
            ),
            models.CheckConstraint(
                condition=Q(access__in=["keep", "shorten", "revoke", "undecided"]),
                name="refund_access_known",
            ),
            models.CheckConstraint(
                condition=Q(origin__in=["staff", "provider"]), name="refund_origin_known"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="refund_amount_positive"
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="refund_has_a_reason",
                violation_error_message="A refund needs a reason.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["succeeded", "failed"], finished_at__isnull=False)
                | Q(status__in=["requested", "pending"], finished_at__isnull=True),
                name="refund_finished_iff_finished_at",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["requested", "failed"]) | ~Q(external_id=""),
                name="refund_taken_has_external_id",
            ),
            models.UniqueConstraint(
                fields=["payment", "external_id"],
                condition=~Q(external_id=""),
                name="refund_once_per_external_id",
            ),
        ]
        indexes = [
            # The retry sweep.
            models.Index(
                fields=["next_attempt_at"],
                name="refund_due",
                condition=Q(status="requested"),
            ),
        ]

    def __str__(self) -> str:
        return f"refund {str(self.key)[:8]}"

    @property
    def amount(self) -> Money:
        """What goes back."""
        return Money(self.amount_minor, self.currency)
