"""What a tier gives its buyer: entitlements and privileges."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from catalog.levels import Level
from catalog.models import ProductTier

UNLIMITED = "unlimited"


class EntitlementType(models.Model):
    """Something a customer can be entitled to, under a code that other programs ask for."""

    class Kind(models.TextChoices):
        """What the entitlement opens."""

        ACCESS = "access", "Access to a service"
        FEATURE = "feature", "A feature"
        CHAT = "chat", "A channel or group"

    class LowerLevel(models.TextChoices):
        """What happens to time left at a lower level when a higher one begins."""

        PARALLEL = "parallel", "Runs on beside the higher one"
        DEFER = "defer", "Waits, and resumes when the higher one ends"

    code = models.SlugField(
        max_length=60,
        unique=True,
        help_text="Short name that programs ask for, such as signals; never reused.",
    )
    name = models.CharField(max_length=100, help_text="As the customer reads it.")
    description = models.TextField(
        blank=True, help_text="What it opens, in one or two sentences."
    )
    kind = models.CharField(
        max_length=7,
        choices=Kind.choices,
        default=Kind.ACCESS,
        help_text="What it opens: a service, a feature, or a chat.",
    )
    lower_level = models.CharField(
        max_length=8,
        choices=LowerLevel.choices,
        default=LowerLevel.PARALLEL,
        help_text="What happens to time left at a lower level when a higher one begins.",
    )
    is_active = models.BooleanField(
        default=True,
        help_text="Off ends everybody's access for as long as it is off; grants are kept.",
    )
    switched_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When it was last switched off or on; before that it was the other.",
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "entitlement"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["access", "feature", "chat"]),
                name="entitlement_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(lower_level__in=["parallel", "defer"]),
                name="entitlement_lower_level_known",
            ),
        ]

    def __str__(self) -> str:
        """Return the code."""
        return self.code

    def is_on(self, at: datetime) -> bool:
        """It was not switched off for everybody at a moment; the last switch is remembered."""
        is_before = self.switched_at is not None and at < self.switched_at
        return self.is_active != is_before

    @property
    def defers(self) -> bool:
        """Time left at a lower level waits for the higher one to end."""
        return self.lower_level == self.LowerLevel.DEFER


class TierGrant(models.Model):
    """One entitlement that a tier gives its buyer, and at which level."""

    tier = models.ForeignKey(
        ProductTier,
        on_delete=models.CASCADE,
        related_name="tier_grants",
        help_text="The offer that gives it.",
    )
    type = models.ForeignKey(
        EntitlementType,
        on_delete=models.PROTECT,
        related_name="tier_grants",
        help_text="The entitlement that the buyer gets.",
    )
    level = models.CharField(
        max_length=10,
        choices=Level.choices,
        default=Level.PREMIUM,
        help_text="The level at which the buyer gets it.",
    )
    seats = models.PositiveIntegerField(
        default=0,
        help_text="People the buyer may invite to share it, per unit bought; 0 for none.",
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "entitlement of a tier"
        verbose_name_plural = "entitlements of tiers"
        ordering = ["tier_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "type"],
                name="tier_grants_type_once",
                violation_error_message="This tier already gives that entitlement.",
            ),
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="tier_grant_level_known"
            ),
        ]

    def __str__(self) -> str:
        """Return the level."""
        return f"entitlement {self.type_id} at {self.level}"


class Privilege(models.Model):
    """A detail that tiers give in different amounts, such as downloads a month."""

    class Kind(models.TextChoices):
        """How a value of it is read."""

        FLAG = "flag", "Yes or no"
        NUMBER = "number", "A number that is used up"
        TEXT = "text", "A text"

    class Reset(models.TextChoices):
        """When what was used counts from zero again."""

        NEVER = "never", "Never"
        DAY = "day", "Every day at midnight (UTC)"
        MONTH = "month", "On the first of every month (UTC)"
        CYCLE = "cycle", "Every month from the customer's own first day"

    code = models.SlugField(
        max_length=60, unique=True, help_text="Short name that programs ask for."
    )
    name = models.CharField(max_length=100, help_text="As the customer reads it.")
    kind = models.CharField(
        max_length=6,
        choices=Kind.choices,
        default=Kind.FLAG,
        help_text="How its value is read: yes or no, a number, or a text.",
    )
    reset = models.CharField(
        max_length=5,
        choices=Reset.choices,
        default=Reset.NEVER,
        help_text="For numbers: when what was used counts from zero again.",
    )

    objects = models.Manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["flag", "number", "text"]), name="privilege_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(reset__in=["never", "day", "month", "cycle"]),
                name="privilege_reset_known",
            ),
        ]

    def __str__(self) -> str:
        """Return the code."""
        return self.code


class TierPrivilege(models.Model):
    """How much of a privilege a tier gives."""

    class Limit(models.TextChoices):
        """What happens at the limit of a number."""

        HARD = "hard", "Refuse what goes beyond"
        SOFT = "soft", "Count it and say so"

    tier = models.ForeignKey(
        ProductTier,
        on_delete=models.CASCADE,
        related_name="tier_privileges",
        help_text="The offer that gives it.",
    )
    privilege = models.ForeignKey(
        Privilege,
        on_delete=models.PROTECT,
        related_name="tier_privileges",
        help_text="What is given.",
    )
    value = models.CharField(
        max_length=200,
        help_text="yes or no; a whole number or unlimited; or the text itself.",
    )
    limit = models.CharField(
        max_length=4,
        choices=Limit.choices,
        default=Limit.HARD,
        help_text="For numbers: refuse what goes beyond, or count it and say so.",
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "privilege of a tier"
        verbose_name_plural = "privileges of tiers"
        ordering = ["tier_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "privilege"],
                name="tier_gives_privilege_once",
                violation_error_message="This tier already gives that privilege.",
            ),
            models.CheckConstraint(
                condition=Q(limit__in=["hard", "soft"]), name="tier_privilege_limit_known"
            ),
        ]

    def __str__(self) -> str:
        """Return the value."""
        return f"privilege {self.privilege_id}: {self.value}"

    def clean(self) -> None:
        """Tell staff at the form that the value is not of the privilege's kind.

        Raises:
            ValidationError: neither yes nor no, or neither a whole number nor unlimited.
        """
        kind = self.privilege.kind if hasattr(self, "privilege") else ""
        if kind == Privilege.Kind.FLAG and self.value not in {"yes", "no"}:
            raise ValidationError({"value": "Write yes or no."})
        is_number = self.value == UNLIMITED or (self.value.isascii() and self.value.isdigit())
        if kind == Privilege.Kind.NUMBER and not is_number:
            raise ValidationError({"value": "Write a whole number, or unlimited."})
