"""Rules that lower a price, the codes that call them, and what keeps them within limits."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from catalog.models import Category, Product, ProductTier, validate_currency
from customers.models import Customer
from pricing.models.regions import Region

validate_code = RegexValidator(
    r"^[A-Z0-9_-]{3,40}\Z",
    "A code is 3 to 40 capital letters, digits, dashes or underscores.",
)


class Promotion(models.Model):
    """A rule that lowers a price, by itself or when a code is given."""

    class Trigger(models.TextChoices):
        """What makes it apply."""

        AUTOMATIC = "automatic", "Applies by itself"
        CODE = "code", "Needs a promo code"

    class Kind(models.TextChoices):
        """What it takes off."""

        PERCENT = "percent", "A percentage"
        AMOUNT = "amount", "An amount in each currency"

    name = models.CharField(
        max_length=80,
        help_text="As the customer reads it in the price; where a language has none, the "
        "English one is shown.",
    )
    key = models.SlugField(
        max_length=60,
        unique=True,
        help_text="Short name for staff; of two rules with one priority, the alphabet decides.",
    )
    trigger = models.CharField(
        max_length=9,
        choices=Trigger.choices,
        default=Trigger.AUTOMATIC,
        help_text="By itself, or only with one of its codes.",
    )
    kind = models.CharField(
        max_length=7,
        choices=Kind.choices,
        default=Kind.PERCENT,
        help_text="A percentage works in every currency; an amount only where one is given "
        "below.",
    )
    percent_bps = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(10_000)],
        verbose_name="percentage",
        help_text="In percent of the price so far.",
    )
    priority = models.PositiveIntegerField(
        default=100, help_text="Rules apply from the lowest number to the highest."
    )
    group = models.SlugField(
        max_length=40,
        blank=True,
        help_text="Of all rules with the same group, only the best one applies. Empty: adds "
        "up.",
    )
    is_active = models.BooleanField(default=True, help_text="Off stops it at once.")
    starts_at = models.DateTimeField(
        null=True, blank=True, help_text="Not before this moment; empty for no start."
    )
    ends_at = models.DateTimeField(
        null=True, blank=True, help_text="Not from this moment on; empty for no end."
    )
    categories = models.ManyToManyField(
        Category, blank=True, help_text="Everything within these categories."
    )
    products = models.ManyToManyField(Product, blank=True, help_text="These products.")
    tiers = models.ManyToManyField(
        ProductTier, blank=True, help_text="These offers. All three empty: the whole shop."
    )
    regions = models.ManyToManyField(
        Region, blank=True, help_text="Only in these regions; empty for all of them."
    )
    first_purchase_only = models.BooleanField(
        default=False, help_text="Only for customers who have bought nothing yet."
    )
    staff_only = models.BooleanField(default=False, help_text="Only for people on the staff.")
    note = models.TextField(blank=True, help_text="For staff only.")

    objects = models.Manager()

    class Meta:
        ordering = ["priority", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(trigger__in=["automatic", "code"]), name="promotion_trigger_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["percent", "amount"]), name="promotion_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="percent",
                    percent_bps__isnull=False,
                    percent_bps__gte=1,
                    percent_bps__lte=10_000,
                )
                | Q(kind="amount", percent_bps__isnull=True),
                name="promotion_percent_iff_percentage",
                violation_error_message="Give a percentage, or amounts instead, and not both.",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(starts_at__lt=F("ends_at")),
                name="promotion_schedule_forward",
                violation_error_message="It must start before it ends.",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class PromotionAmount(models.Model):
    """An amount of a promotion in one currency: what it takes off, or a percentage's limit."""

    promotion = models.ForeignKey(
        Promotion,
        on_delete=models.CASCADE,
        related_name="amounts",
        help_text="The promotion it belongs to.",
    )
    currency = models.CharField(
        max_length=3, validators=[validate_currency], help_text="Three capital letters."
    )
    amount_minor = models.BigIntegerField(
        verbose_name="amount",
        help_text="In the smallest unit. For an amount: what it takes off. For a percentage: "
        "the "
        "most it takes off; it then applies only in the currencies listed.",
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "amount"
        ordering = ["currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["promotion", "currency"], name="promotion_amount_once_per_currency"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="promotion_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        """Return the currency."""
        return f"Amount in {self.currency}"


class PromoCode(models.Model):
    """A word that calls a promotion."""

    code = models.CharField(
        max_length=40,
        unique=True,
        validators=[validate_code],
        help_text="What the customer types, in capital letters; small letters count as the "
        "same.",
    )
    promotion = models.ForeignKey(
        Promotion,
        on_delete=models.PROTECT,
        related_name="codes",
        help_text="What it does.",
    )
    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="promo_codes",
        help_text="Only this customer may use it; empty for anyone.",
    )
    batch = models.CharField(
        max_length=60, blank=True, help_text="The set it was made in, for the export."
    )
    is_active = models.BooleanField(default=True, help_text="Off stops this code at once.")
    created_at = models.DateTimeField(help_text="When it was made.")

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z0-9_-]{3,40}$"),
                name="promo_code_capital_letters",
            )
        ]
        indexes = [
            # The export of one batch.
            models.Index(fields=["batch"], condition=~Q(batch=""), name="promo_code_by_batch")
        ]

    def __str__(self) -> str:
        """Return the code."""
        return self.code


class PromoLimit(models.Model):
    """How often, or up to how much money, a promotion or one of its codes may be used."""

    class Kind(models.TextChoices):
        """What is counted."""

        TOTAL = "total", "Uses in all"
        CUSTOMER = "customer", "Uses by one customer"
        BUDGET = "budget", "Money given away"

    promotion = models.ForeignKey(
        Promotion,
        on_delete=models.CASCADE,
        related_name="limits",
        help_text="The promotion that is limited.",
    )
    code = models.ForeignKey(
        PromoCode,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="limits",
        help_text="Only this code is limited; empty for the whole promotion.",
    )
    kind = models.CharField(
        max_length=8,
        choices=Kind.choices,
        help_text="What is counted. Fixed once an order has used the limit, since its use is "
        "given back by the same count: to count otherwise, allow so much here that it stops "
        "nobody, and add another limit.",
    )
    currency = models.CharField(
        max_length=3,
        blank=True,
        validators=[validate_currency],
        help_text="Only for money: the promotion then applies only in currencies with a "
        "budget.",
    )
    allowed = models.PositiveBigIntegerField(
        help_text="Uses, or money in the smallest unit of the currency."
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "limit"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["total", "customer", "budget"]), name="limit_kind_known"
            ),
            models.CheckConstraint(
                condition=(Q(kind="budget") & ~Q(currency=""))
                | (~Q(kind="budget") & Q(currency="")),
                name="limit_currency_iff_budget",
                violation_error_message="Money needs a currency, a number of uses has none.",
            ),
            models.UniqueConstraint(
                fields=["promotion", "kind", "currency"],
                condition=Q(code__isnull=True),
                name="limit_once_per_promotion",
            ),
            models.UniqueConstraint(
                fields=["code", "kind", "currency"],
                condition=Q(code__isnull=False),
                name="limit_once_per_code",
            ),
        ]

    def __str__(self) -> str:
        """Return what is counted."""
        return f"{self.get_kind_display()}: {self.allowed}"


class LimitCounter(models.Model):
    """How much of a limit is taken; apart from it, so that selling moves no price version."""

    limit = models.ForeignKey(
        PromoLimit,
        on_delete=models.CASCADE,
        related_name="counters",
        help_text="What is counted.",
    )
    customer = models.ForeignKey(
        Customer,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whose uses; empty for everyone's together.",
    )
    taken = models.BigIntegerField(default=0, help_text="Reserved and used, together.")

    objects = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["limit"],
                condition=Q(customer__isnull=True),
                name="counter_once_per_limit",
            ),
            models.UniqueConstraint(
                fields=["limit", "customer"],
                condition=Q(customer__isnull=False),
                name="counter_once_per_customer",
            ),
            models.CheckConstraint(condition=Q(taken__gte=0), name="counter_never_negative"),
        ]

    def __str__(self) -> str:
        """Return the count."""
        return f"{self.taken} taken"


class Reservation(models.Model):
    """What one order holds of one limit."""

    class Status(models.TextChoices):
        """How far the order is."""

        RESERVED = "reserved", "Reserved"
        USED = "used", "Used"
        RELEASED = "released", "Given back"

    limit = models.ForeignKey(
        PromoLimit,
        on_delete=models.PROTECT,
        related_name="reservations",
        help_text="What it is taken from.",
    )
    holder = models.CharField(max_length=80, help_text="Who holds it, such as order:17.")
    customer = models.ForeignKey(
        Customer,
        null=True,
        on_delete=models.PROTECT,
        related_name="promo_reservations",
        help_text="The customer who buys.",
    )
    amount = models.PositiveBigIntegerField(help_text="Uses, or money in the smallest unit.")
    status = models.CharField(
        max_length=8,
        choices=Status.choices,
        default=Status.RESERVED,
        help_text="Reserved until paid, given back when the order is not.",
    )
    reserved_at = models.DateTimeField(help_text="When the order was placed.")
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was used or given back."
    )

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["holder", "limit"], name="reservation_once_per_holder"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["reserved", "used", "released"]),
                name="reservation_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="reserved", closed_at__isnull=True)
                | (~Q(status="reserved") & Q(closed_at__isnull=False)),
                name="reservation_open_iff_not_closed",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="reservation_of_something"),
        ]

    def __str__(self) -> str:
        """Return who holds how much."""
        return f"{self.holder}: {self.amount}"
