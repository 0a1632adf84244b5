"""The order: what one customer asked for, at which price, and what became of it."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import F, Q

from catalog.levels import Level
from catalog.models import Product, ProductTier
from customers.models import Customer
from orders.models.transitions import Moves, Stateful
from pricing.engine.values import Quote
from shopbot.kernel.money import Money

# No vowels, so no words; no 0/O or 1/I/L, so it can be read aloud. 27 ** 8 is 38 bits.
NUMBER_ALPHABET: Final = "23456789BCDFGHJKMNPQRSTVWXZ"


def new_order_number() -> str:
    """Return eight random characters in two groups, like ``7K3M-Q9TX``."""
    letters = "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


class OrderQuerySet(models.QuerySet["Order"]):
    """Orders."""

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))

    def pending(self) -> Self:
        """Those that wait for money."""
        return self.filter(status=Order.Status.PENDING)

    def paid(self) -> Self:
        """Those that money was taken for, whatever happened since."""
        return self.filter(status__in=Order.PAID_STATES)

    def first_purchases(self) -> Self:
        """Those that use up the customer's first purchase: paid, or waiting at its price."""
        return self.paid() | self.holding_first_purchase()

    def holding_first_purchase(self) -> Self:
        """Those that wait at the price of a first purchase: one of each customer at most."""
        return self.filter(status=Order.Status.PENDING, holds_first_purchase=True)

    def due_for_expiry(self, at: datetime) -> Self:
        """Pending ones whose time is over."""
        return self.pending().filter(expires_at__lte=at)


def order_holder(order_id: int) -> str:
    """Return under which name an order's discounts and commissions are held."""
    return f"order:{order_id}"


class Order(Stateful):
    """One purchase of one customer: the price it was promised at and how far it has come."""

    class Status(models.TextChoices):
        """How far the order has come."""

        PENDING = "pending", "Waiting for payment"
        PAID = "paid", "Paid"
        FULFILLED = "fulfilled", "Delivered"
        PARTIALLY_REFUNDED = "partially_refunded", "Partly refunded"
        REFUNDED = "refunded", "Refunded"
        CANCELLED = "cancelled", "Cancelled"
        EXPIRED = "expired", "Expired unpaid"

    NEXT: ClassVar[Moves] = {
        Status.PENDING: frozenset({Status.PAID, Status.CANCELLED, Status.EXPIRED}),
        Status.PAID: frozenset({Status.FULFILLED, Status.PARTIALLY_REFUNDED, Status.REFUNDED}),
        Status.FULFILLED: frozenset({Status.PARTIALLY_REFUNDED, Status.REFUNDED}),
        # Back again when the provider could not deliver the refund: the money is still ours.
        Status.PARTIALLY_REFUNDED: frozenset({Status.REFUNDED, Status.PAID, Status.FULFILLED}),
        Status.REFUNDED: frozenset({Status.PARTIALLY_REFUNDED, Status.PAID, Status.FULFILLED}),
        # Only by staff who honour money that came late.
        Status.CANCELLED: frozenset({Status.PAID}),
        Status.EXPIRED: frozenset({Status.PAID}),
    }
    PAID_STATES: Final = (
        Status.PAID,
        Status.FULFILLED,
        Status.PARTIALLY_REFUNDED,
        Status.REFUNDED,
    )
    CLOSED_STATES: Final = (Status.REFUNDED, Status.CANCELLED, Status.EXPIRED)

    number = models.CharField(
        max_length=9,
        unique=True,
        default=new_order_number,
        help_text="What the customer quotes when asking about the order.",
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="orders", help_text="Who buys."
    )
    status = models.CharField(
        max_length=18,
        choices=Status.choices,
        default=Status.PENDING,
        help_text="Moved by payments, refunds and actions of this page.",
    )
    currency = models.CharField(
        max_length=3, help_text="Currency of every amount of this order; XTR is Stars."
    )
    base_minor = models.BigIntegerField(
        help_text="Price before discounts, in the currency's smallest unit."
    )
    total_minor = models.BigIntegerField(
        help_text="What the customer pays, in the smallest unit."
    )
    region = models.CharField(max_length=8, help_text="Region whose prices applied.")
    quote = models.TextField(help_text="The priced quote, byte for byte as it was promised.")
    placement_key = models.CharField(
        max_length=64, help_text="Makes a repeated tap the same order."
    )
    subscription = models.ForeignKey(
        "orders.Subscription",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="orders",
        help_text="The renewal agreement that this order began or that charged for it.",
    )
    payment_method = models.CharField(
        max_length=16, blank=True, help_text="Gateway whose money settled the order."
    )
    transaction_id = models.CharField(
        max_length=255, blank=True, help_text="The provider's id of the charge that settled it."
    )
    note = models.TextField(blank=True, help_text="For staff only.")
    placed_at = models.DateTimeField(help_text="When the customer confirmed the price.")
    expires_at = models.DateTimeField(help_text="Price and stock are held until this moment.")
    paid_at = models.DateTimeField(null=True, blank=True, help_text="When it was settled.")
    fulfilled_at = models.DateTimeField(
        null=True, blank=True, help_text="When everything in it had been delivered."
    )
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was cancelled, expired or fully refunded."
    )
    paid_minor = models.BigIntegerField(
        default=0, help_text="Money that settled the order, in the smallest unit."
    )
    refunded_minor = models.BigIntegerField(
        default=0, help_text="Money given back from it so far, in the smallest unit."
    )
    card_minor = models.BigIntegerField(
        default=0,
        help_text="What gift cards pay beside the total, in the smallest unit.",
    )
    holds_first_purchase = models.BooleanField(
        default=False, help_text="Its price counts on being the customer's first purchase."
    )
    is_disputed = models.BooleanField(
        default=False, help_text="The payer disputes the charge; access is suspended."
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("refund_order", "Can refund orders"),
            ("settle_order", "Can settle orders by hand"),
            ("cancel_order", "Can cancel orders"),
            ("deliver_order", "Can mark orders delivered"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "placement_key"], name="order_once_per_placement"
            ),
            # Only waiting ones: staff may honor late money of an order that once held it.
            models.UniqueConstraint(
                fields=["customer"],
                name="order_first_purchase_once",
                condition=Q(status="pending", holds_first_purchase=True),
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "pending",
                        "paid",
                        "fulfilled",
                        "partially_refunded",
                        "refunded",
                        "cancelled",
                        "expired",
                    ]
                ),
                name="order_status_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    ~Q(payment_method=""),
                    status__in=["paid", "fulfilled", "partially_refunded", "refunded"],
                    paid_at__isnull=False,
                )
                | Q(
                    status__in=["pending", "cancelled", "expired"],
                    paid_at__isnull=True,
                    fulfilled_at__isnull=True,
                    payment_method="",
                    transaction_id="",
                    paid_minor=0,
                    is_disputed=False,
                ),
                name="order_paid_iff_payment",
            ),
            models.CheckConstraint(
                condition=~Q(status="fulfilled") | Q(fulfilled_at__isnull=False),
                name="order_fulfilled_needs_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(fulfilled_at__isnull=True),
                name="order_paid_is_undelivered",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["refunded", "cancelled", "expired"], closed_at__isnull=False
                )
                | Q(
                    status__in=["pending", "paid", "fulfilled", "partially_refunded"],
                    closed_at__isnull=True,
                ),
                name="order_closed_iff_closed_at",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="refunded", refunded_minor__gt=0, refunded_minor=F("paid_minor")
                )
                # Paid by gift cards alone: all of it is back on them.
                | Q(status="refunded", paid_minor=0, payment_method="gift_card", card_minor=0)
                | Q(
                    status="partially_refunded",
                    refunded_minor__gt=0,
                    refunded_minor__lt=F("paid_minor"),
                )
                | Q(
                    status__in=["pending", "paid", "fulfilled", "cancelled", "expired"],
                    refunded_minor=0,
                ),
                name="order_refunded_iff_money_back",
            ),
            models.CheckConstraint(
                condition=Q(
                    total_minor__gte=0, base_minor__gte=0, paid_minor__gte=0, card_minor__gte=0
                ),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("placed_at")), name="order_expires_after_placed"
            ),
        ]
        indexes = [
            # The expiry sweep.
            models.Index(
                fields=["expires_at"], name="order_due", condition=Q(status="pending")
            ),
            # A customer's list of orders.
            models.Index(fields=["customer", "-id"], name="order_by_customer"),
            # The admin's filters and the dashboard.
            models.Index(fields=["status", "-id"], name="order_by_status"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        """What the event log calls it."""
        return f"order:{self.pk}"

    @property
    def holder(self) -> str:
        """Under which name its discounts and commissions are held."""
        return order_holder(self.pk)

    @property
    def total(self) -> Money:
        """What the customer pays."""
        return Money(self.total_minor, self.currency)

    @property
    def base(self) -> Money:
        """The price before discounts."""
        return Money(self.base_minor, self.currency)

    @property
    def paid(self) -> Money:
        """The money that settled it."""
        return Money(self.paid_minor, self.currency)

    @property
    def paid_by_card(self) -> Money:
        """What gift cards paid beside the money."""
        return Money(self.card_minor, self.currency)

    @cached_property
    def sold(self) -> tuple[OrderLine, ...]:
        """Its lines as they were first read here, for who only describes it."""
        return tuple(self.lines.all())

    @property
    def gift(self) -> Money:
        """What gift cards pay or paid, also after a refund has put it back on them."""
        if self.status == self.Status.REFUNDED:
            return self.priced().gift
        return self.paid_by_card

    @property
    def refunded(self) -> Money:
        """The money given back so far."""
        return Money(self.refunded_minor, self.currency)

    @property
    def is_paid(self) -> bool:
        """Whether money was taken for it, whatever happened since."""
        return self.status in self.PAID_STATES

    def priced(self) -> Quote:
        """The quote that the price was promised with."""
        return Quote.from_json(self.quote)


class OrderLine(models.Model):
    """One thing bought, as it was named, priced and promised then; it never changes."""

    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="lines", help_text="The order."
    )
    tier = models.ForeignKey(
        ProductTier,
        on_delete=models.PROTECT,
        related_name="order_lines",
        help_text="The tier that was bought, as it is today.",
    )
    product_name = models.CharField(
        max_length=100, help_text="Product, as the customer read it."
    )
    tier_name = models.CharField(max_length=100, help_text="Tier, as the customer read it.")
    level = models.CharField(
        max_length=10, choices=Level.choices, help_text="Level that the tier had."
    )
    goods_type = models.CharField(
        max_length=8,
        choices=Product.GoodsType.choices,
        help_text="Kind of goods it was sold as; decides the ways of payment.",
    )
    billing_period = models.CharField(
        max_length=5,
        choices=ProductTier.BillingPeriod.choices,
        help_text="What the unit price pays for.",
    )
    quantity = models.PositiveIntegerField(default=1, help_text="Units bought.")
    months = models.PositiveIntegerField(
        default=0, help_text="Months bought; 0 when the price is paid once for good."
    )
    unit_minor = models.BigIntegerField(
        help_text="Price of one unit before discounts, in the smallest unit."
    )
    total_minor = models.BigIntegerField(
        help_text="What this line costs after discounts, in the smallest unit."
    )
    terms = models.JSONField(
        default=dict, help_text="What it gives: entitlements, levels, grace, stock."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="order_line_level_known"
            ),
            models.CheckConstraint(
                condition=Q(goods_type__in=["digital", "service", "physical"]),
                name="order_line_goods_type_known",
            ),
            models.CheckConstraint(
                condition=Q(billing_period="month", months__gte=1)
                | Q(billing_period="once", months=0),
                name="order_line_months_iff_monthly",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, unit_minor__gte=0, total_minor__gte=0),
                name="order_line_amounts_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_name} – {self.tier_name}"

    @property
    def source(self) -> str:
        """Under which name its grants are kept."""
        return f"order-line:{self.pk}"
