"""Codes and keys that are sold once each, and who waits for more of them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from catalog.models import ProductTier
from customers.models import Customer


class CodeStock(models.Model):
    """The stock of codes that one tier sells."""

    class Kind(models.TextChoices):
        """Where its codes come from."""

        IMPORTED = "imported", "Imported by staff"
        GIFT_CARDS = "gift_cards", "Gift cards, made when they are paid"

    tier = models.OneToOneField(
        ProductTier,
        on_delete=models.PROTECT,
        related_name="code_stock",
        help_text="The offer whose every unit is one code.",
    )
    kind = models.CharField(
        max_length=10,
        choices=Kind.choices,
        default=Kind.IMPORTED,
        help_text="A gift card is worth what was paid for it, in the order's currency.",
    )
    valid_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="For gift cards: days from the purchase on; empty for ever.",
    )
    is_active = models.BooleanField(
        default=True,
        help_text="On: each unit sold takes a code, and none left means sold out.",
    )
    low_at = models.PositiveIntegerField(
        default=5, help_text="Staff are told when this many free codes, or fewer, are left."
    )
    low_since = models.DateTimeField(
        null=True, blank=True, help_text="When staff were told that it runs low."
    )
    instructions = models.TextField(
        blank=True, help_text="Sent with each code: where and how to use it."
    )

    class Meta:
        verbose_name = "code stock"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["imported", "gift_cards"]), name="code_stock_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_days__isnull=True) | Q(kind="gift_cards"),
                name="code_stock_days_for_gift_cards",
                violation_error_message="Only gift cards are valid for some days.",
            ),
        ]

    def __str__(self) -> str:
        return f"codes of tier {self.tier_id}"

    def clean(self) -> None:
        """Tell staff at the form that a gift card is bought once, not by the month.

        Raises:
            ValidationError: the tier is paid monthly.
        """
        is_gift_card = self.kind == self.Kind.GIFT_CARDS and hasattr(self, "tier")
        if is_gift_card and self.tier.billing_period != ProductTier.BillingPeriod.ONCE:
            raise ValidationError({"tier": "A gift card is sold once, not by the month."})


class CodeQuerySet(models.QuerySet["Code"]):
    """Codes."""

    def free(self) -> CodeQuerySet:
        """Those that can be sold."""
        return self.filter(status=Code.Status.FREE)


class Code(models.Model):
    """One code or key; it belongs to one customer at most, for good."""

    class Status(models.TextChoices):
        """Whose it is."""

        FREE = "free", "Free"
        RESERVED = "reserved", "Held for an order"
        SOLD = "sold", "Sold"
        RETURNED = "returned", "Refunded, to be revoked"
        WITHDRAWN = "withdrawn", "Withdrawn"

    stock = models.ForeignKey(
        CodeStock, on_delete=models.PROTECT, related_name="codes", help_text="Its stock."
    )
    secret = models.CharField(max_length=500, help_text="The code as the customer reads it.")
    status = models.CharField(
        max_length=9,
        choices=Status.choices,
        default=Status.FREE,
        help_text="A returned code was seen by a customer: revoke it where it is redeemed.",
    )
    source = models.CharField(
        max_length=60,
        blank=True,
        help_text="Order line that holds or bought it, like order-line:17.",
    )
    added_by = models.CharField(max_length=40, help_text="Who imported it.")
    added_at = models.DateTimeField(help_text="When it was imported.")
    sold_at = models.DateTimeField(null=True, blank=True, help_text="When it was sold.")
    returned_at = models.DateTimeField(
        null=True, blank=True, help_text="When its sale was refunded."
    )

    objects = CodeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        permissions = [("reveal_code", "Can read and export codes")]
        constraints = [
            # The secret first: an import asks for it in every stock.
            models.UniqueConstraint(
                fields=["secret", "stock"],
                name="code_once_per_stock",
                violation_error_message="This stock has that code already.",
            ),
            models.UniqueConstraint(
                fields=["secret"],
                name="code_for_sale_once",
                condition=Q(status__in=["free", "reserved"]),
                violation_error_message="Another stock has that code already.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["free", "reserved", "sold", "returned", "withdrawn"]),
                name="code_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["free", "withdrawn"], source="", sold_at__isnull=True)
                | (Q(status="reserved", sold_at__isnull=True) & ~Q(source=""))
                | (Q(status__in=["sold", "returned"], sold_at__isnull=False) & ~Q(source="")),
                name="code_held_iff_source",
            ),
            models.CheckConstraint(
                condition=Q(status="returned", returned_at__isnull=False)
                | (~Q(status="returned") & Q(returned_at__isnull=True)),
                name="code_returned_iff_returned_at",
            ),
            models.CheckConstraint(condition=~Q(secret=""), name="code_is_not_empty"),
        ]
        indexes = [
            # What a purchase takes from, and the count of what is left.
            models.Index(fields=["stock", "id"], name="code_free", condition=Q(status="free")),
            # What an order line holds or has.
            models.Index(fields=["source"], name="code_by_source", condition=~Q(source="")),
            # Staff's list by state.
            models.Index(fields=["stock", "status", "id"], name="code_by_status"),
        ]

    def __str__(self) -> str:
        return f"…{self.secret[-4:]}"


class StockWish(models.Model):
    """A customer who wants to hear when something sold out can be bought again."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="stock_wishes", help_text="Who waits."
    )
    tier = models.ForeignKey(
        ProductTier,
        on_delete=models.CASCADE,
        related_name="stock_wishes",
        help_text="What they wait for.",
    )
    asked_at = models.DateTimeField(help_text="When they asked.")
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="When they were told that it is back."
    )

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "stock wishes"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "tier"],
                condition=Q(told_at__isnull=True),
                name="stock_wish_waits_once",
            ),
        ]
        indexes = [
            # The sweep that tells them.
            models.Index(
                fields=["tier", "id"], name="stock_wish_waiting", condition=Q(told_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"customer {self.customer_id} waits for tier {self.tier_id}"
