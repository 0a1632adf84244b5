"""What goes by post: where to, how, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from catalog.models import ProductTier
from customers.models import Customer
from shopbot.kernel.money import Money


class ShippingOption(models.Model):
    """One way of sending a parcel to one region, at a price of its own."""

    name = models.CharField(max_length=60, help_text="As the customer reads it on the button.")
    region = models.CharField(
        max_length=8, blank=True, help_text="Code of the region, like EU; empty for everywhere."
    )
    price_minor = models.BigIntegerField(
        verbose_name="price", help_text="In the smallest unit of the currency; 0 for free."
    )
    currency = models.CharField(
        max_length=3,
        validators=[RegexValidator("^[A-Z]{3}$", "Three capital letters.")],
        help_text="Offered for orders in this currency.",
    )
    position = models.PositiveIntegerField(default=0, help_text="The lowest comes first.")
    is_active = models.BooleanField(default=True, help_text="Off: no longer offered.")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price_minor__gte=0),
                name="shipping_price_not_negative",
                violation_error_message="A price cannot be negative.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> Money:
        """What it costs."""
        return Money(self.price_minor, self.currency)


class Parcel(models.Model):
    """What one order line sends by post."""

    class Status(models.TextChoices):
        """How far it has come."""

        UNPAID = "unpaid", "Not paid yet"
        TO_PACK = "to_pack", "To be packed"
        PACKED = "packed", "Packed"
        SHIPPED = "shipped", "Shipped"
        DELIVERED = "delivered", "Delivered"
        CANCELLED = "cancelled", "Cancelled"

    NEXT: Final[Mapping[str, frozenset[str]]] = {
        Status.UNPAID: frozenset({Status.TO_PACK, Status.CANCELLED}),
        Status.TO_PACK: frozenset({Status.PACKED, Status.SHIPPED, Status.CANCELLED}),
        Status.PACKED: frozenset({Status.SHIPPED, Status.CANCELLED}),
        Status.SHIPPED: frozenset({Status.DELIVERED}),
        Status.DELIVERED: frozenset(),
        # Again, when an order that was closed is honored after all.
        Status.CANCELLED: frozenset({Status.UNPAID, Status.TO_PACK}),
    }

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="parcels", help_text="Whose it is."
    )
    tier = models.ForeignKey(
        ProductTier, on_delete=models.PROTECT, related_name="parcels", help_text="What is sent."
    )
    source = models.CharField(
        max_length=60, unique=True, help_text="Order line, like order-line:17."
    )
    quantity = models.PositiveIntegerField(default=1, help_text="Units in it.")
    status = models.CharField(
        max_length=9,
        choices=Status.choices,
        default=Status.UNPAID,
        help_text="Moved by the actions of this page.",
    )
    address = models.TextField(
        blank=True,
        max_length=600,
        help_text="Name, street, town, country, as the customer gave it.",
    )
    option = models.ForeignKey(
        ShippingOption,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="parcels",
        help_text="The way of sending that the customer chose.",
    )
    carrier = models.CharField(max_length=60, blank=True, help_text="Who carries it.")
    tracking_number = models.CharField(
        max_length=80, blank=True, help_text="The customer reads it in the chat."
    )
    created_at = models.DateTimeField(help_text="When it was ordered.")
    shipped_at = models.DateTimeField(null=True, blank=True, help_text="When it left.")
    delivered_at = models.DateTimeField(null=True, blank=True, help_text="When it arrived.")

    class Meta:
        ordering = ["-pk"]
        permissions = [("ship_parcel", "Can pack and ship parcels")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "unpaid",
                        "to_pack",
                        "packed",
                        "shipped",
                        "delivered",
                        "cancelled",
                    ]
                ),
                name="parcel_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["packed", "shipped", "delivered"]) | ~Q(address=""),
                name="parcel_leaves_with_address",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["shipped", "delivered"], shipped_at__isnull=False)
                | (~Q(status__in=["shipped", "delivered"]) & Q(shipped_at__isnull=True)),
                name="parcel_shipped_iff_shipped_at",
            ),
            models.CheckConstraint(
                condition=Q(status="delivered", delivered_at__isnull=False)
                | (~Q(status="delivered") & Q(delivered_at__isnull=True)),
                name="parcel_delivered_iff_delivered_at",
            ),
        ]
        indexes = [
            # What staff must still send.
            models.Index(
                fields=["id"],
                name="parcel_to_send",
                condition=Q(status__in=["to_pack", "packed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"parcel for {self.source}"

    @property
    def subject(self) -> str:
        """What the event log calls it."""
        return f"parcel:{self.pk}"
