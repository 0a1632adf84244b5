"""The dispute: a payer asks the bank for the money back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from orders.models.payments import Payment
from shopbot.kernel.money import Money


class Dispute(models.Model):
    """One dispute of one payment, as the provider last described it."""

    class Status(models.TextChoices):
        """How it stands."""

        WARNING = "warning", "Inquiry, no money moved"
        OPEN = "open", "Open"
        LOST = "lost", "Lost"
        WON = "won", "Won"

    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        related_name="disputes",
        help_text="The disputed payment.",
    )
    external_id = models.CharField(max_length=255, help_text="The provider's id.")
    status = models.CharField(
        max_length=7, choices=Status.choices, help_text="How it stands at the provider."
    )
    amount_minor = models.BigIntegerField(help_text="Disputed money, in the smallest unit.")
    currency = models.CharField(max_length=3, help_text="Its currency.")
    reason = models.CharField(max_length=120, blank=True, help_text="The payer's reason.")
    evidence_due_at = models.DateTimeField(
        null=True, blank=True, help_text="Answer at the provider before this moment."
    )
    opened_at = models.DateTimeField(help_text="When we learned of it.")
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was won or lost."
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "external_id"], name="dispute_once_per_external_id"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["warning", "open", "lost", "won"]),
                name="dispute_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["won", "lost"], closed_at__isnull=False)
                | Q(status__in=["warning", "open"], closed_at__isnull=True),
                name="dispute_closed_iff_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"dispute {self.external_id}"

    @property
    def source(self) -> str:
        """Under which name it blocks access."""
        return f"dispute:{self.pk}"

    @property
    def amount(self) -> Money:
        """The disputed money."""
        return Money(self.amount_minor, self.currency)
