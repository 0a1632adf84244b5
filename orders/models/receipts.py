"""The receipt: the numbered paper of a paid order."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from orders.models.order import Order


class ReceiptCounter(models.Model):
    """The last receipt number given in a year; its row lock keeps the row without gaps."""

    year = models.PositiveIntegerField(primary_key=True, help_text="Year of the receipts.")
    last = models.PositiveIntegerField(default=0, help_text="Last number given in it.")

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Receipt(models.Model):
    """The number under which one paid order stands in the books; never given twice."""

    order = models.OneToOneField(
        Order, on_delete=models.PROTECT, related_name="receipt", help_text="The paid order."
    )
    year = models.PositiveIntegerField(help_text="Year that the number belongs to.")
    sequence = models.PositiveIntegerField(help_text="Number within the year, without gaps.")
    issued_at = models.DateTimeField(help_text="When it was issued.")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["year", "sequence"], name="receipt_number_once"),
            models.CheckConstraint(
                condition=Q(sequence__gte=1), name="receipt_counts_from_one"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number as printed, like ``2026-000017``."""
        return f"{self.year}-{self.sequence:06d}"
