"""The payment: one attempt to pay an order through one gateway."""

from __future__ import annotations

import uuid
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import F, Q

from customers.models import Customer
from orders.gateways.protocol import Refs
from orders.models.order import Order
from orders.models.transitions import Moves, Stateful
from shopbot.kernel.money import Money

# Ways of paying that no provider stands behind.
FREE: Final = "free"
MANUAL: Final = "manual"
GIFT_CARD: Final = "gift_card"


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Payments."""

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))

    def payable(self) -> Self:
        """Those that a customer may still pay."""
        return self.filter(status__in=[Payment.Status.OPEN, Payment.Status.PROCESSING])


class Payment(Stateful):
    """One attempt to pay, written before the provider hears of it.

    Money that belongs to no order is a payment without one, and has a row in the money inbox.
    """

    class Status(models.TextChoices):
        """How far the attempt has come."""

        OPEN = "open", "Open"
        PROCESSING = "processing", "Processing at the bank"
        PAID = "paid", "Paid"
        FAILED = "failed", "Failed"
        EXPIRED = "expired", "Expired"
        CANCELLED = "cancelled", "Cancelled"

    # Money may arrive after anything; nothing undoes it (what goes back is a refund).
    NEXT: ClassVar[Moves] = {
        Status.OPEN: frozenset(
            {Status.PROCESSING, Status.PAID, Status.FAILED, Status.EXPIRED, Status.CANCELLED}
        ),
        Status.PROCESSING: frozenset(
            {Status.PAID, Status.FAILED, Status.EXPIRED, Status.CANCELLED}
        ),
        Status.FAILED: frozenset({Status.PAID}),
        Status.EXPIRED: frozenset({Status.PAID}),
        Status.CANCELLED: frozenset({Status.PAID}),
        Status.PAID: frozenset(),
    }

    order = models.ForeignKey(
        Order,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
        help_text="What it pays for; empty for money of no known order.",
    )
    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
        help_text="Who pays, where known.",
    )
    gateway = models.CharField(
        max_length=16, help_text="Way of payment: stars, stripe, demo, free or manual."
    )
    key = models.UUIDField(
        unique=True, default=uuid.uuid4, help_text="Our name for it at the provider."
    )
    status = models.CharField(
        max_length=10,
        choices=Status.choices,
        default=Status.OPEN,
        help_text="As the provider last said; never goes backwards.",
    )
    amount_minor = models.BigIntegerField(
        help_text="What was asked for, in the smallest unit of the currency."
    )
    currency = models.CharField(max_length=3, help_text="Currency; XTR is Stars.")
    subscription = models.ForeignKey(
        "orders.Subscription",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
        help_text="The renewal agreement that it begins or that charged for it.",
    )
    starts_subscription = models.BooleanField(
        default=False, help_text="Paying it begins a renewal agreement."
    )
    external_id = models.CharField(
        max_length=255, blank=True, help_text="The provider's id of the checkout or invoice."
    )
    intent_id = models.CharField(
        max_length=255, blank=True, help_text="The provider's id of the taking of the money."
    )
    charge_id = models.CharField(
        max_length=255, blank=True, help_text="The provider's id of the completed charge."
    )
    card_country = models.CharField(
        max_length=2, blank=True, help_text="Where the card was issued, two letters."
    )
    is_card_foreign = models.BooleanField(
        default=False,
        verbose_name="card from another region",
        help_text="The card comes from a part of the world that has other prices here.",
    )
    url = models.TextField(blank=True, help_text="Where the customer pays.")
    invoice = models.JSONField(
        null=True, blank=True, help_text="Invoice for the bot to send instead of an address."
    )
    payer_telegram_id = models.BigIntegerField(
        null=True, blank=True, help_text="Telegram number of the person who paid."
    )
    paid_minor = models.BigIntegerField(
        default=0, help_text="Money that arrived, in the smallest unit."
    )
    refunded_minor = models.BigIntegerField(
        default=0, help_text="Money on its way back or back, in the smallest unit."
    )
    failure = models.CharField(
        max_length=255, blank=True, help_text="Why it failed, in the provider's words."
    )
    opened_at = models.DateTimeField(help_text="When the attempt began.")
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When it can no longer be paid."
    )
    paid_at = models.DateTimeField(
        null=True, blank=True, help_text="When we learned that it is paid."
    )
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When its money settled the order; once per order."
    )
    checked_at = models.DateTimeField(
        null=True, blank=True, help_text="When the provider was last asked about it."
    )

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "open",
                        "processing",
                        "paid",
                        "failed",
                        "expired",
                        "cancelled",
                    ]
                ),
                name="payment_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="paid", paid_at__isnull=False)
                | Q(~Q(status="paid"), paid_at__isnull=True, paid_minor=0),
                name="payment_paid_iff_paid_at",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("paid_minor")),
                name="payment_never_refunds_more",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | Q(status="paid", order__isnull=False),
                name="payment_settles_only_when_paid",
            ),
            models.CheckConstraint(
                condition=Q(starts_subscription=False) | Q(subscription__isnull=False),
                name="payment_starts_a_known_subscription",
            ),
            models.CheckConstraint(
                condition=Q(order__isnull=False) | Q(status="paid"),
                name="payment_without_order_is_money",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(settled_at__isnull=False),
                name="payment_settles_an_order_once",
            ),
            models.UniqueConstraint(
                fields=["gateway", "external_id"],
                condition=~Q(external_id=""),
                name="payment_once_per_external_id",
            ),
            models.UniqueConstraint(
                fields=["gateway", "intent_id"],
                condition=~Q(intent_id=""),
                name="payment_once_per_intent",
            ),
            models.UniqueConstraint(
                fields=["gateway", "charge_id"],
                condition=~Q(charge_id=""),
                name="payment_once_per_charge",
            ),
        ]
        indexes = [
            # Reconciliation: what is still open.
            models.Index(
                fields=["gateway", "opened_at"],
                name="payment_unfinished",
                condition=Q(status__in=["open", "processing"]),
            ),
            # Self-audit: what was paid in a period.
            models.Index(fields=["gateway", "paid_at"], name="payment_by_paid_at"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {str(self.key)[:8]}"

    @property
    def subject(self) -> str:
        """What the event log calls it."""
        return f"payment:{self.pk}"

    @property
    def amount(self) -> Money:
        """What was asked for."""
        return Money(self.amount_minor, self.currency)

    @property
    def paid(self) -> Money:
        """What arrived."""
        return Money(self.paid_minor, self.currency)

    @property
    def refunded(self) -> Money:
        """What went back or is on its way."""
        return Money(self.refunded_minor, self.currency)

    @property
    def refundable(self) -> Money:
        """What may still go back."""
        return self.paid - self.refunded

    def refs(self) -> Refs:
        """How the provider knows it."""
        return Refs(
            payment_key=str(self.key),
            order_id=self.order_id,
            external_id=self.external_id,
            intent_id=self.intent_id,
            charge_id=self.charge_id,
        )
