"""What waits for a person: money that does not fit, and questions of customers."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q

from customers.models import Customer
from orders.models.order import Order
from orders.models.payments import Payment
from shopbot.kernel.money import Money


class MoneyCaseQuerySet(models.QuerySet["MoneyCase"]):
    """Cases."""

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))

    def open(self) -> Self:
        """Those that nobody has resolved."""
        return self.filter(resolution="")


class MoneyCase(models.Model):
    """Money that could not be booked by rule and waits in the inbox until staff decide."""

    class Kind(models.TextChoices):
        """What does not fit."""

        UNKNOWN_ORDER = "unknown_order", "Money for no known order"
        WRONG_AMOUNT = "wrong_amount", "Another amount than the order's"
        WRONG_CURRENCY = "wrong_currency", "Another currency than the order's"
        SECOND_PAYMENT = "second_payment", "A second payment of one order"
        LATE_PAYMENT = "late_payment", "Paid after the order was closed"
        PROVIDER_REFUND = "provider_refund", "Refund made at the provider"
        REFUND_FAILED = "refund_failed", "A refund failed at the provider"
        DISPUTE_LOST = "dispute_lost", "A dispute was lost"
        CARD_SPENT = "card_spent", "A gift card was spent meanwhile"
        STILL_RENEWING = "still_renewing", "Renews though its money went back"
        FRAUD_WARNING = "fraud_warning", "The card's bank warns of fraud"
        AUDIT = "audit", "The books differ"

    class Resolution(models.TextChoices):
        """What staff decided."""

        HONOUR = "honour", "Honoured: delivered for this money"
        REFUND = "refund", "Refunded"
        ATTACH = "attach", "Attached to another order"
        DISMISS = "dismiss", "Dismissed with a reason"

    key = models.CharField(
        max_length=120,
        unique=True,
        help_text="What it is about; opened once however often met.",
    )
    kind = models.CharField(max_length=16, choices=Kind.choices, help_text="What does not fit.")
    payment = models.ForeignKey(
        Payment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cases",
        help_text="The payment whose money it is.",
    )
    order = models.ForeignKey(
        Order,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="money_cases",
        help_text="The order that it was meant for.",
    )
    amount_minor = models.BigIntegerField(
        null=True, blank=True, help_text="The money in question, in the smallest unit."
    )
    currency = models.CharField(max_length=3, blank=True, help_text="Its currency.")
    detail = models.JSONField(default=dict, help_text="What was expected and what was found.")
    opened_at = models.DateTimeField(help_text="When it was noticed.")
    resolution = models.CharField(
        max_length=7,
        choices=Resolution.choices,
        blank=True,
        help_text="What staff decided; empty while it is open.",
    )
    resolved_at = models.DateTimeField(null=True, blank=True, help_text="When staff decided.")
    resolved_by = models.CharField(max_length=80, blank=True, help_text="Who, like staff:7.")
    reason = models.TextField(blank=True, help_text="Why it was resolved this way.")

    objects = MoneyCaseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [("resolve_moneycase", "Can resolve cases of the money inbox")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "unknown_order",
                        "wrong_amount",
                        "wrong_currency",
                        "second_payment",
                        "late_payment",
                        "provider_refund",
                        "refund_failed",
                        "dispute_lost",
                        "card_spent",
                        "still_renewing",
                        "fraud_warning",
                        "audit",
                    ]
                ),
                name="money_case_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(resolution__in=["", "honour", "refund", "attach", "dismiss"]),
                name="money_case_resolution_known",
            ),
            models.CheckConstraint(
                condition=Q(resolution="", resolved_at__isnull=True, resolved_by="")
                | Q(~Q(resolution=""), ~Q(resolved_by=""), resolved_at__isnull=False),
                name="money_case_resolved_iff_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(resolution="dismiss") | ~Q(reason=""),
                name="money_case_dismissed_with_reason",
                violation_error_message="Dismissing a case needs a reason.",
            ),
        ]
        indexes = [
            # The dashboard's count and the inbox.
            models.Index(fields=["-id"], name="money_case_open", condition=Q(resolution="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.pk})"

    @property
    def is_open(self) -> bool:
        """Whether it still waits."""
        return not self.resolution

    @property
    def amount(self) -> Money | None:
        """The money in question, where there is some."""
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)


class SupportCase(models.Model):
    """A customer's question about a payment, opened in the chat, answered by staff."""

    class Status(models.TextChoices):
        """Whose turn it is."""

        OPEN = "open", "Waiting for staff"
        ANSWERED = "answered", "Answered"
        CLOSED = "closed", "Closed"

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="support_cases",
        help_text="Who asks.",
    )
    order = models.ForeignKey(
        Order,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="support_cases",
        help_text="The order it is about, where the customer named one.",
    )
    status = models.CharField(
        max_length=8, choices=Status.choices, default=Status.OPEN, help_text="Whose turn it is."
    )
    opened_at = models.DateTimeField(help_text="When the customer asked first.")
    updated_at = models.DateTimeField(help_text="When anyone last wrote.")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When it was closed.")

    class Meta:
        ordering = ["-updated_at"]
        permissions = [("answer_supportcase", "Can answer customers")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "answered", "closed"]),
                name="support_case_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False)
                | Q(status__in=["open", "answered"], closed_at__isnull=True),
                name="support_case_closed_iff_closed_at",
            ),
            # One conversation at a time: what a customer writes next belongs to it.
            models.UniqueConstraint(
                fields=["customer"],
                condition=~Q(status="closed"),
                name="support_case_one_open_per_customer",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"


class SupportMessage(models.Model):
    """One thing that the customer or staff wrote in a case."""

    case = models.ForeignKey(
        SupportCase, on_delete=models.CASCADE, related_name="messages", help_text="The case."
    )
    author = models.CharField(max_length=80, help_text="Who wrote it: customer:42, staff:7.")
    text = models.TextField(help_text="What was written; the other side reads it as it is.")
    written_at = models.DateTimeField(help_text="When.")
    key = models.CharField(
        max_length=80, blank=True, help_text="Makes a repeated delivery the same message."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""), name="support_message_says_something"
            ),
            models.UniqueConstraint(
                fields=["case", "key"],
                condition=~Q(key=""),
                name="support_message_once_per_key",
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk} by {self.author}"

    @property
    def is_from_staff(self) -> bool:
        """Whether staff wrote it."""
        return self.author.startswith("staff:")
