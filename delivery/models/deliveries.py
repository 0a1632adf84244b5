"""What a tier sends, and each thing that was owed to a customer."""

from __future__ import annotations

from typing import Final

from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q

from catalog.models import ProductTier
from customers.models import Customer
from delivery.models.codes import Code


class DeliveryItem(models.Model):
    """A file or a text that every buyer of a tier gets."""

    class Kind(models.TextChoices):
        """What it is."""

        FILE = "file", "File"
        TEXT = "text", "Text"

    tier = models.ForeignKey(
        ProductTier,
        on_delete=models.PROTECT,
        related_name="delivery_items",
        help_text="The offer that brings it.",
    )
    kind = models.CharField(
        max_length=4, choices=Kind.choices, default=Kind.FILE, help_text="File or text."
    )
    title = models.CharField(
        max_length=100, help_text="What the customer reads above the file or text."
    )
    text = models.TextField(
        blank=True,
        max_length=3500,
        validators=[MinLengthValidator(1)],
        help_text="Sent as it is, without formatting; empty for a file.",
    )
    upload = models.FileField(
        upload_to="delivery/%Y/",
        blank=True,
        help_text="Sent to Telegram once, by the first delivery; at most 50 MB.",
    )
    telegram_file_id = models.CharField(
        max_length=255,
        blank=True,
        help_text="Telegram's id of the file; filled by the first delivery, or given here.",
    )
    telegram_file_of = models.CharField(
        max_length=300,
        blank=True,
        editable=False,
        help_text="Bot and upload that the id stands for; empty when staff gave the id.",
    )
    position = models.PositiveIntegerField(default=0, help_text="The lowest is sent first.")
    is_active = models.BooleanField(
        default=True, help_text="Off: later buyers do not get it; earlier ones keep it."
    )

    class Meta:
        verbose_name = "file or text"
        verbose_name_plural = "files and texts"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["file", "text"]), name="delivery_item_kind_known"
            ),
            models.CheckConstraint(
                condition=(Q(kind="text", upload="", telegram_file_id="") & ~Q(text=""))
                | (Q(kind="file", text="") & (~Q(upload="") | ~Q(telegram_file_id=""))),
                name="delivery_item_is_file_or_text",
                violation_error_message=(
                    "A file needs an upload or Telegram's id and no text; a text only a text."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Delivery(models.Model):
    """One thing that one order line owes its customer, handed over exactly once."""

    class Kind(models.TextChoices):
        """What is handed over."""

        CODE = "code", "Code"
        FILE = "file", "File"
        TEXT = "text", "Text"

    class Status(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", "On its way"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        TAKEN_BACK = "taken_back", "Taken back"

    #: What a customer may fetch.
    OWNED: Final = (Status.WAITING, Status.SENT, Status.FAILED)

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="deliveries", help_text="Whose it is."
    )
    tier = models.ForeignKey(
        ProductTier,
        on_delete=models.PROTECT,
        related_name="deliveries",
        help_text="The offer that brought it.",
    )
    source = models.CharField(max_length=60, help_text="Order line, like order-line:17.")
    slot = models.CharField(
        max_length=30, help_text="Which thing of the line, like code:1; each once per line."
    )
    kind = models.CharField(max_length=4, choices=Kind.choices, help_text="What it is.")
    code = models.OneToOneField(
        Code,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="delivery",
        help_text="The code; empty while none is left to give.",
    )
    item = models.ForeignKey(
        DeliveryItem,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="deliveries",
        help_text="The file or text.",
    )
    status = models.CharField(
        max_length=10,
        choices=Status.choices,
        default=Status.WAITING,
        help_text="Failed ones can be retried.",
    )
    attempts = models.PositiveIntegerField(
        default=1, help_text="How often it was handed to the chat."
    )
    error = models.TextField(blank=True, help_text="Why it failed.")
    created_at = models.DateTimeField(help_text="When it was bought.")
    sent_at = models.DateTimeField(
        null=True, blank=True, help_text="When it first reached the chat."
    )
    taken_back_at = models.DateTimeField(
        null=True, blank=True, help_text="When its sale was refunded."
    )

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-pk"]
        permissions = [("retry_delivery", "Can retry failed deliveries")]
        constraints = [
            models.UniqueConstraint(fields=["source", "slot"], name="delivery_once_per_slot"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "sent", "failed", "taken_back"]),
                name="delivery_status_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="code", item__isnull=True)
                | Q(kind__in=["file", "text"], item__isnull=False, code__isnull=True),
                name="delivery_kind_fits",
            ),
            models.CheckConstraint(
                condition=~Q(status="sent") | Q(sent_at__isnull=False),
                name="delivery_sent_needs_time",
            ),
            models.CheckConstraint(
                condition=Q(status="taken_back", taken_back_at__isnull=False)
                | (~Q(status="taken_back") & Q(taken_back_at__isnull=True)),
                name="delivery_taken_back_iff_time",
            ),
        ]
        indexes = [
            # Staff's list of what failed, and the dashboard's count.
            models.Index(fields=["id"], name="delivery_failed", condition=Q(status="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.slot}"

    @property
    def subject(self) -> str:
        """What the event log calls it."""
        return f"delivery:{self.pk}"
