"""Tests of a tier's price: who was shown what, and what came of it."""

import secrets

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from catalog.models import ProductTier, validate_currency
from customers.models import Customer
from pricing.models.lasting import Lasting


def new_salt() -> str:
    """Return what makes one test's draw independent of another's."""
    return secrets.token_hex(8)


class Experiment(models.Model):
    """A test of a tier's price on some customers."""

    class Status(models.TextChoices):
        """How far it is."""

        DRAFT = "draft", "Draft"
        RUNNING = "running", "Running"
        STOPPED = "stopped", "Stopped"

    name = models.CharField(max_length=80, help_text="For staff; customers never see it.")
    tier = models.ForeignKey(
        ProductTier,
        on_delete=models.PROTECT,
        related_name="experiments",
        help_text="The offer whose price is tested.",
    )
    status = models.CharField(
        max_length=7,
        choices=Status.choices,
        default=Status.DRAFT,
        help_text="Changed by the buttons of this page; arms are fixed once it runs.",
    )
    salt = models.CharField(
        max_length=16, default=new_salt, editable=False, help_text="Seed of the draw."
    )
    starts_at = models.DateTimeField(null=True, blank=True, help_text="When it was started.")
    ends_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Nobody new joins from this moment on; empty: until stopped.",
    )
    honored_days = models.PositiveIntegerField(
        default=30,
        validators=[MaxValueValidator(365)],
        help_text="So many days after its end, customers still get the price they were shown.",
    )
    max_customers = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(10)],
        help_text="Stop by itself after so many customers; empty for no limit.",
    )
    stops_on_harm = models.BooleanField(
        default=True,
        help_text="Stop by itself when an arm brings in clearly less than the first (99.9 %).",
    )
    stop_reason = models.CharField(max_length=200, blank=True, help_text="Why it was stopped.")
    ended_with = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="The tier's prices when it ended, in minor units by currency.",
    )
    # Null for none, as for the prices beside it: SQLite cannot add a text that is never null
    # without making the table anew, which triggers on the arms forbid.
    ended_in = models.CharField(  # noqa: DJ001
        max_length=3,
        null=True,
        blank=True,
        editable=False,
        help_text="The tier's currency when it ended: its other prices are local ones.",
    )

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "running", "stopped"]),
                name="experiment_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(starts_at__isnull=False),
                name="experiment_runs_since",
            ),
            models.CheckConstraint(
                condition=~Q(status="stopped")
                | (Q(ends_at__isnull=False) & ~Q(stop_reason="")),
                name="experiment_stopped_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(starts_at__lte=F("ends_at")),
                name="experiment_schedule_forward",
            ),
            models.UniqueConstraint(
                fields=["tier"],
                condition=Q(status="running"),
                name="experiment_one_running_per_tier",
                violation_error_message="Another experiment runs on this tier.",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    def clean(self) -> None:
        """Refuse an end before the start, which no form shows and so none compares.

        Raises:
            ValidationError: see above.
        """
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            raise ValidationError(
                {"ends_at": "The end lies before the start. Stop it instead."}
            )


class ExperimentArm(Lasting):
    """One of the prices tested."""

    stays = ~Q(experiment__status="draft")
    why_it_stays = "the arms of an experiment are fixed once it runs"

    experiment = models.ForeignKey(
        Experiment,
        on_delete=models.CASCADE,
        related_name="arms",
        help_text="The test it belongs to.",
    )
    name = models.CharField(max_length=40, help_text="For staff, such as 'A: as it is'.")
    weight = models.PositiveIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Its share of the customers, beside the other arms' weights.",
    )
    factor_bps = models.PositiveIntegerField(
        default=10_000,
        validators=[MinValueValidator(1_000), MaxValueValidator(50_000)],
        verbose_name="price",
        help_text="In percent of the list price: 100 is the list price, 90 is a tenth less.",
    )

    class Meta:
        verbose_name = "arm"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name"], name="arm_name_once"),
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=100), name="arm_weight_sensible"
            ),
            models.CheckConstraint(
                condition=Q(factor_bps__gte=1_000, factor_bps__lte=50_000),
                name="arm_price_within_reason",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Exposure(Lasting):
    """A customer was shown an arm's price, and keeps it."""

    why_it_stays = "a customer keeps the price that was shown"

    experiment = models.ForeignKey(
        Experiment,
        on_delete=models.PROTECT,
        related_name="exposures",
        help_text="The test.",
    )
    arm = models.ForeignKey(
        ExperimentArm,
        on_delete=models.PROTECT,
        related_name="exposures",
        help_text="The price shown.",
    )
    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="exposures",
        help_text="Who saw it.",
    )
    shown_at = models.DateTimeField(help_text="When it was first shown.")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "customer"], name="exposure_one_price_per_customer"
            )
        ]

    def __str__(self) -> str:
        """Return who saw what."""
        return f"Customer {self.customer_id}: arm {self.arm_id}"


class ExperimentSale(models.Model):
    """An order placed under an arm, and whether it was paid."""

    class Status(models.TextChoices):
        """How far the order is."""

        PLACED = "placed", "Placed"
        PAID = "paid", "Paid"
        LOST = "lost", "Not paid, or paid back"

    exposure = models.ForeignKey(
        Exposure,
        on_delete=models.PROTECT,
        related_name="sales",
        help_text="Who bought, under which arm.",
    )
    holder = models.CharField(
        max_length=80, unique=True, help_text="The order, such as order:17."
    )
    currency = models.CharField(
        max_length=3, validators=[validate_currency], help_text="Three capital letters."
    )
    total_minor = models.BigIntegerField(
        verbose_name="total", help_text="What it came to, in the smallest unit."
    )
    status = models.CharField(
        max_length=6,
        choices=Status.choices,
        default=Status.PLACED,
        help_text="Only paid ones count.",
    )

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["placed", "paid", "lost"]), name="sale_status_known"
            )
        ]

    def __str__(self) -> str:
        """Return the order."""
        return self.holder
