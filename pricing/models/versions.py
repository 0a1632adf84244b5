"""Price lists: drafted, compared, published at a moment, and never changed after."""

from django.db import models
from django.db.models import F, Q

from catalog.models import ProductTier, validate_currency
from pricing.models.lasting import Lasting


class PriceVersion(Lasting):
    """A set of new prices, from the draft to the day it is in force."""

    stays = Q(status="published")
    why_it_stays = "a published price list never changes"

    class Status(models.TextChoices):
        """How far it is."""

        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"

    class Subscribers(models.TextChoices):
        """What running subscribers pay."""

        KEEP = "keep", "Keep the price they started with"
        MOVE = "move", "Move to the new price at a date"

    name = models.CharField(max_length=80, help_text="For staff, such as 'Spring 2027'.")
    status = models.CharField(
        max_length=9,
        choices=Status.choices,
        default=Status.DRAFT,
        help_text="A draft changes nothing; a published list never changes.",
    )
    valid_from = models.DateTimeField(
        null=True, blank=True, help_text="From when the prices hold; set by publishing."
    )
    subscribers = models.CharField(
        max_length=4,
        choices=Subscribers.choices,
        default=Subscribers.KEEP,
        help_text="What running subscribers pay from then on.",
    )
    moves_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When running subscribers move to the new price; only if they move.",
    )
    published_at = models.DateTimeField(
        null=True, blank=True, help_text="When a person published it."
    )
    published_by = models.CharField(
        max_length=40, blank=True, help_text="Who published it, such as staff:7."
    )
    note = models.TextField(blank=True, help_text="For staff only.")

    class Meta:
        verbose_name = "price list"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "published"]), name="version_status_known"
            ),
            models.CheckConstraint(
                condition=Q(subscribers__in=["keep", "move"]), name="version_subscribers_known"
            ),
            models.CheckConstraint(
                condition=Q(status="draft", published_at__isnull=True, published_by="")
                | (
                    Q(
                        status="published",
                        published_at__isnull=False,
                        valid_from__isnull=False,
                        valid_from__gte=F("published_at"),
                    )
                    & ~Q(published_by="")
                ),
                name="version_published_iff_by_whom_and_when",
            ),
            models.CheckConstraint(
                condition=Q(subscribers="keep", moves_at__isnull=True)
                | Q(subscribers="move", moves_at__isnull=False),
                name="version_moves_iff_date",
                violation_error_message="Give the date when subscribers move, and only then.",
            ),
            models.CheckConstraint(
                condition=Q(moves_at__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(moves_at__gte=F("valid_from")),
                name="version_moves_after_start",
                violation_error_message="Subscribers cannot move before the prices hold.",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class VersionPrice(Lasting):
    """One price of a price list: a tier's own, or a local one."""

    stays = Q(version__status="published")
    why_it_stays = "a published price list never changes"

    version = models.ForeignKey(
        PriceVersion,
        on_delete=models.CASCADE,
        related_name="prices",
        help_text="The list it belongs to.",
    )
    tier = models.ForeignKey(
        ProductTier,
        on_delete=models.PROTECT,
        related_name="version_prices",
        help_text="The offer it is a price of.",
    )
    currency = models.CharField(
        max_length=3,
        validators=[validate_currency],
        help_text="The tier's own currency for its base price; another one for a local price.",
    )
    amount_minor = models.BigIntegerField(
        verbose_name="price", help_text="In the smallest unit of the currency."
    )

    class Meta:
        verbose_name = "price"
        ordering = ["tier", "currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "tier", "currency"],
                name="version_price_once",
                violation_error_message="This list already has a price for that.",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0),
                name="version_price_not_negative",
                violation_error_message="A price cannot be negative.",
            ),
        ]

    def __str__(self) -> str:
        """Return the currency."""
        return f"Price in {self.currency}"


class StoredQuote(Lasting):
    """A price that was promised, with everything it was made from, as exact text."""

    why_it_stays = "a promised price never changes"

    key = models.CharField(
        max_length=80, unique=True, help_text="What the price was for, such as order:17."
    )
    inputs = models.TextField(help_text="Question, engine and part of the price book, as JSON.")
    result = models.TextField(help_text="The price with its lines, as JSON.")
    created_at = models.DateTimeField(help_text="When it was promised.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        """Return what it was for."""
        return self.key
