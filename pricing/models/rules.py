"""The shop-wide rules: tables of discounts, the cap, and local prices."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from catalog.models import Product, ProductTier, validate_currency

_PERCENT = [MinValueValidator(1), MaxValueValidator(10_000)]
_PERCENT_HELP = "In percent of the price so far."


class PricingRules(models.Model):
    """The one row of rules that hold for every price."""

    max_discount_bps = models.PositiveIntegerField(
        default=10_000,
        validators=[MaxValueValidator(10_000)],
        verbose_name="most discount",
        help_text="In percent of the list price. All discounts together end here; 100 is no "
        "limit.",
    )
    stale_after_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        default=30,
        validators=[MinValueValidator(1)],
        help_text="Stop selling at converted prices when the bank's rate is older than so many "
        "days. Empty: keep selling at the last known rate.",
    )
    alarm_after_days = models.PositiveIntegerField(
        default=5,
        validators=[MinValueValidator(1)],
        help_text="Warn staff when no new exchange rate has come for so many days.",
    )
    jump_bps = models.PositiveIntegerField(
        default=500,
        validators=[MinValueValidator(1), MaxValueValidator(10_000)],
        verbose_name="jump alarm",
        help_text="In percent. A rate that moves by more than this waits for a person.",
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "general price rules"
        verbose_name_plural = "general price rules"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="pricing_rules_are_one_row"),
            models.CheckConstraint(
                condition=Q(max_discount_bps__lte=10_000), name="cap_up_to_everything"
            ),
            models.CheckConstraint(
                condition=Q(jump_bps__gte=1, jump_bps__lte=10_000), name="jump_alarm_sensible"
            ),
        ]

    def __str__(self) -> str:
        """Return the title of the page."""
        return "General price rules"


class VolumeStep(models.Model):
    """A discount for buying so many months at once."""

    months = models.PositiveIntegerField(
        unique=True,
        validators=[MinValueValidator(2), MaxValueValidator(120)],
        help_text="From so many months on; the highest step reached applies.",
    )
    discount_bps = models.PositiveIntegerField(
        validators=_PERCENT, verbose_name="discount", help_text=_PERCENT_HELP
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "discount for months"
        verbose_name_plural = "discounts for months"
        ordering = ["months"]
        constraints = [
            models.CheckConstraint(
                condition=Q(months__gte=2, months__lte=120), name="volume_from_two_months"
            ),
            models.CheckConstraint(
                condition=Q(discount_bps__gte=1, discount_bps__lte=10_000),
                name="volume_discount_percent",
            ),
        ]

    def __str__(self) -> str:
        """Return the threshold."""
        return f"From {self.months} months"


class QuantityStep(models.Model):
    """A discount for buying so many seats or pieces at once."""

    product = models.ForeignKey(
        Product,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="quantity_steps",
        help_text="Only for this product, whose own table then replaces the general one. "
        "Empty: for every product.",
    )
    min_quantity = models.PositiveIntegerField(
        validators=[MinValueValidator(2)],
        help_text="From so many units on; the highest step reached applies.",
    )
    discount_bps = models.PositiveIntegerField(
        validators=_PERCENT, verbose_name="discount", help_text=_PERCENT_HELP
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "discount for quantity"
        verbose_name_plural = "discounts for quantity"
        ordering = ["product", "min_quantity"]
        constraints = [
            models.CheckConstraint(
                condition=Q(min_quantity__gte=2), name="quantity_step_from_two"
            ),
            models.CheckConstraint(
                condition=Q(discount_bps__gte=1, discount_bps__lte=10_000),
                name="quantity_discount_percent",
            ),
            models.UniqueConstraint(
                fields=["product", "min_quantity"], name="quantity_step_once_per_product"
            ),
            models.UniqueConstraint(
                fields=["min_quantity"],
                condition=Q(product__isnull=True),
                name="quantity_step_once_in_general",
            ),
        ]

    def __str__(self) -> str:
        """Return the threshold."""
        return f"From {self.min_quantity} units"


class LocalPrice(models.Model):
    """A price typed for a currency, instead of converting."""

    tier = models.ForeignKey(
        ProductTier,
        on_delete=models.CASCADE,
        related_name="local_prices",
        help_text="The offer it is a price of.",
    )
    currency = models.CharField(
        max_length=3,
        validators=[validate_currency],
        help_text="The currency it is asked in; XTR for Telegram Stars.",
    )
    amount_minor = models.BigIntegerField(
        verbose_name="price",
        help_text="In the smallest unit (1899 is 18.99 EUR), for one month or for good. "
        "Neither "
        "exchange rate nor regional markup nor rounding touches it.",
    )

    objects = models.Manager()

    class Meta:
        ordering = ["tier", "currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "currency"],
                name="local_price_once_per_currency",
                violation_error_message="This tier already has a price in that currency.",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0),
                name="local_price_not_negative",
                violation_error_message="A price cannot be negative.",
            ),
        ]

    def __str__(self) -> str:
        """Return the currency."""
        return f"Price in {self.currency}"
