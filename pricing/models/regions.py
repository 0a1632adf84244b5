"""Where the shop sells, in which currencies, and what those are worth."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from catalog.models import validate_currency
from customers.models import validate_region_code
from shopbot.kernel.money import exponent


class Region(models.Model):
    """A part of the world with its own currency and price level."""

    code = models.CharField(
        max_length=8,
        unique=True,
        validators=[validate_region_code],
        help_text="Short name in capital letters, such as GB; customers and orders carry it.",
    )
    name = models.CharField(max_length=60, help_text="As the customer reads it in the list.")
    currency = models.CharField(
        max_length=3,
        validators=[validate_currency],
        help_text="The currency prices are shown and paid in, three capital letters.",
    )
    markup_bps = models.IntegerField(
        default=0,
        validators=[MinValueValidator(-9_000), MaxValueValidator(90_000)],
        verbose_name="markup",
        help_text="In percent, added to a converted price; -5 makes it 5 % cheaper.",
    )
    is_active = models.BooleanField(
        default=True, help_text="Off sells nothing there; customers keep their region."
    )
    position = models.PositiveIntegerField(
        default=0, help_text="Order in the list: the lowest number comes first."
    )

    objects = models.Manager()

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(markup_bps__gte=-9_000, markup_bps__lte=90_000),
                name="region_markup_within_reason",
                violation_error_message="A markup lies between -90 and +900 percent.",
            ),
            models.CheckConstraint(
                condition=~Q(currency="XTR"),
                name="region_currency_not_stars",
                violation_error_message="Stars are offered everywhere; a region needs a "
                "currency.",
            ),
        ]

    def __str__(self) -> str:
        """Return code and currency."""
        return f"{self.code} ({self.currency})"


class CurrencySetting(models.Model):
    """How computed prices look in one currency, and how easily they move."""

    class Charm(models.TextChoices):
        """The form a computed list price is rounded to."""

        NONE = "none", "To the smallest unit"
        ENDING_99 = "ending_99", "x.99"
        ENDING_95 = "ending_95", "x.95"
        WHOLE = "whole", "Whole units"
        STEP = "step", "A step of your own"

    code = models.CharField(
        max_length=3,
        unique=True,
        validators=[validate_currency],
        help_text="Three capital letters; XTR for Telegram Stars.",
    )
    charm = models.CharField(
        max_length=9,
        choices=Charm.choices,
        default=Charm.NONE,
        help_text="Computed list prices become the nearest price of this form. A price that "
        "you "
        "typed is never changed.",
    )
    step_minor = models.PositiveIntegerField(
        null=True,
        blank=True,
        verbose_name="step",
        help_text="Only for a step of your own, in the smallest unit: 50 gives 17.50, 18.00.",
    )
    drift_bps = models.PositiveIntegerField(
        default=100,
        validators=[MaxValueValidator(5_000)],
        verbose_name="drift guard",
        help_text="In percent. Prices follow a new exchange rate only when it differs by more "
        "than this, so that they do not change every day.",
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "currency"
        verbose_name_plural = "currencies"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(charm__in=["none", "ending_99", "ending_95", "whole", "step"]),
                name="currency_charm_known",
            ),
            models.CheckConstraint(
                condition=Q(charm="step", step_minor__isnull=False, step_minor__gte=1)
                | (~Q(charm="step") & Q(step_minor__isnull=True)),
                name="currency_step_iff_own_step",
                violation_error_message="Give a step for 'a step of your own', and only then.",
            ),
            models.CheckConstraint(
                condition=Q(drift_bps__lte=5_000),
                name="currency_drift_up_to_half",
                violation_error_message="A drift guard is at most half.",
            ),
        ]

    def __str__(self) -> str:
        """Return the code."""
        return self.code

    @property
    def form(self) -> tuple[int, int]:
        """The form of a price as step and offset in minor units: x.99 is (100, 1)."""
        # Currencies without decimals have "x99" instead of "x.99".
        whole = 10 ** exponent(self.code)
        unit = whole if whole > 1 else 100
        forms = {
            self.Charm.ENDING_99: (unit, unit // 100),
            self.Charm.ENDING_95: (unit, unit // 20),
            self.Charm.WHOLE: (whole, 0),
            self.Charm.STEP: (self.step_minor or 1, 0),
        }
        return forms.get(self.Charm(self.charm), (1, 0))


class FxRate(models.Model):
    """What one unit of a currency bought of another on a day, and whether prices use it."""

    #: Any currency's worth lies far within, and prices stay numbers of 64 bits.
    LOWEST = Decimal("0.000000001")
    HIGHEST = Decimal(999_999_999)

    class Source(models.TextChoices):
        """Who says so."""

        ECB = "ecb", "European Central Bank"
        SEED = "seed", "Shipped with the shop"
        MANUAL = "manual", "Set by staff"

    class Status(models.TextChoices):
        """What became of it."""

        APPLIED = "applied", "Prices use it, or used it"
        UNUSED = "unused", "Within the drift guard"
        HELD = "held", "Jumped: waits for a person"
        REJECTED = "rejected", "Rejected by a person"

    base = models.CharField(
        max_length=3,
        default="EUR",
        validators=[validate_currency],
        help_text="One unit of this currency buys the rate below.",
    )
    currency = models.CharField(
        max_length=3, validators=[validate_currency], help_text="The currency bought."
    )
    rate = models.DecimalField(
        max_digits=20,
        decimal_places=10,
        validators=[MinValueValidator(LOWEST), MaxValueValidator(HIGHEST)],
        help_text="How much of it one unit of the base buys.",
    )
    rate_date = models.DateField(help_text="The day the rate was stated for.")
    source = models.CharField(
        max_length=6, choices=Source.choices, help_text="Who stated the rate."
    )
    status = models.CharField(
        max_length=8, choices=Status.choices, help_text="Whether prices use it."
    )
    applied_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when prices use it; empty if never."
    )
    override_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="End of a rate set by staff; the usual rate then applies again. Empty: no "
        "end.",
    )
    fetched_at = models.DateTimeField(help_text="When the shop learned of it.")
    note = models.CharField(
        max_length=200, blank=True, help_text="Why it was set, held or rejected."
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "exchange rate"
        ordering = ["-rate_date", "currency", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(rate__gt=0), name="rate_positive"),
            models.CheckConstraint(
                condition=~Q(base=F("currency")), name="rate_between_two_currencies"
            ),
            models.CheckConstraint(
                condition=Q(source__in=["ecb", "seed", "manual"]), name="rate_source_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["applied", "unused", "held", "rejected"]),
                name="rate_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="applied", applied_at__isnull=False)
                | (~Q(status="applied") & Q(applied_at__isnull=True)),
                name="rate_applied_iff_since",
            ),
            models.CheckConstraint(
                condition=Q(override_until__isnull=True)
                | Q(source="manual", override_until__gt=F("applied_at")),
                name="rate_end_only_for_manual",
                violation_error_message="Only a rate set by staff has an end, after its start.",
            ),
            models.CheckConstraint(
                condition=~Q(source="manual") | ~Q(note=""),
                name="rate_manual_has_reason",
                violation_error_message="Say why you set the rate.",
            ),
            models.UniqueConstraint(
                fields=["source", "base", "currency", "rate_date"],
                condition=~Q(source="manual"),
                name="rate_once_per_day",
            ),
        ]
        indexes = [
            # The price book reads every rate that prices ever used.
            models.Index(
                fields=["currency", "applied_at"],
                condition=Q(status="applied"),
                name="rate_in_use",
            )
        ]

    def __str__(self) -> str:
        """Return the rate as a sentence would have it."""
        return f"1 {self.base} = {self.rate.normalize():f} {self.currency}"
