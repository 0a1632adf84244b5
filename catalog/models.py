"""The catalog as staff edit it: a tree of categories, products, and the tiers sold of each.

Names, descriptions and features exist once per language: ``catalog.translation`` adds columns.
"""

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from catalog.levels import RANK, Level
from shopbot.kernel.errors import InvalidInput
from shopbot.kernel.money import Money, exponent

# A deep link carries at most 64 characters and spends two of them on its prefix.
SLUG_LENGTH = 60


def validate_currency(code: str) -> None:
    """Refuse what is neither an ISO 4217 code nor XTR.

    Raises:
        ValidationError: the code names no currency.
    """
    try:
        exponent(code)
    except InvalidInput:
        raise ValidationError(
            "%(code)s is not a currency; use three capital letters, such as USD.",
            params={"code": code},
        ) from None


class CategoryQuerySet(models.QuerySet["Category"]):
    """Categories."""

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))


CategoryManager = models.Manager.from_queryset(CategoryQuerySet)


class Category(models.Model):
    """A shelf of the shop; shelves nest."""

    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        help_text="The category this one stands in; empty for the top of the shop.",
    )
    name = models.CharField(max_length=100, help_text="As the customer reads it on the button.")
    slug = models.SlugField(
        max_length=SLUG_LENGTH,
        unique=True,
        help_text="Short name for links; fixed once created, since links carry it.",
    )
    description = models.TextField(
        blank=True, help_text="Shown above the products; one or two sentences."
    )
    icon = models.CharField(max_length=16, blank=True, help_text="One emoji, such as 📈.")
    position = models.PositiveIntegerField(
        default=0, help_text="Order among its neighbors: the lowest number comes first."
    )
    is_active = models.BooleanField(
        default=True, help_text="Off hides the category and everything in it."
    )

    objects: ClassVar[CategoryManager["Category"]] = CategoryManager()

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="category_not_own_parent",
                violation_error_message="A category cannot stand in itself.",
            )
        ]

    def __str__(self) -> str:
        """Return icon and name."""
        return f"{self.icon} {self.name}".strip()

    def clean(self) -> None:
        """Tell staff at the form that a category would stand within itself.

        Raises:
            ValidationError: the chosen parent is this category or stands in it.
        """
        above = self.parent
        seen: set[int | None] = set()
        while above is not None and above.pk not in seen:
            if above.pk == self.pk:
                raise ValidationError(
                    {"parent": "A category cannot stand in itself or in one of its own."}
                )
            seen.add(above.pk)
            above = above.parent


class ProductQuerySet(models.QuerySet["Product"]):
    """Products."""

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))


ProductManager = models.Manager.from_queryset(ProductQuerySet)


class Product(models.Model):
    """Something the shop sells, in one or more tiers."""

    class GoodsType(models.TextChoices):
        """What kind of thing is delivered; decides which ways of payment may sell it."""

        DIGITAL = "digital", "Digital goods"
        SERVICE = "service", "Service outside Telegram"
        PHYSICAL = "physical", "Physical goods"

    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        related_name="products",
        help_text="The shelf the customer finds it on.",
    )
    name = models.CharField(max_length=100, help_text="As the customer reads it on the button.")
    slug = models.SlugField(
        max_length=SLUG_LENGTH,
        unique=True,
        help_text="Short name for links; fixed once created, since links carry it.",
    )
    description = models.TextField(
        blank=True,
        max_length=900,
        help_text="What it is and for whom; at most 900 characters.",
    )
    features = models.TextField(
        blank=True,
        max_length=900,
        help_text="What the customer gets, one point per line.",
    )
    image = models.ImageField(
        upload_to="products/",
        blank=True,
        help_text="Shown above the text; 1280 × 720 looks best.",
    )
    goods_type = models.CharField(
        max_length=8,
        choices=GoodsType.choices,
        default=GoodsType.DIGITAL,
        help_text="Telegram lets digital goods be sold for Stars only.",
    )
    is_active = models.BooleanField(
        default=False,
        help_text="On shows the product, within its schedule if there is one.",
    )
    visible_from = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Hidden before this moment; empty for no start.",
    )
    visible_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Hidden from this moment on; empty for no end.",
    )
    position = models.PositiveIntegerField(
        default=0, help_text="Order within the category: the lowest number comes first."
    )

    objects: ClassVar[ProductManager["Product"]] = ProductManager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(goods_type__in=["digital", "service", "physical"]),
                name="product_goods_type_known",
            ),
            models.CheckConstraint(
                condition=Q(visible_from__isnull=True)
                | Q(visible_until__isnull=True)
                | Q(visible_from__lt=F("visible_until")),
                name="product_schedule_forward",
                violation_error_message="The schedule must start before it ends.",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class ProductTier(models.Model):
    """One offer of a product: a level at a price."""

    class BillingPeriod(models.TextChoices):
        """What the base price pays for."""

        MONTH = "month", "per month"
        ONCE = "once", "once"

    product = models.ForeignKey(
        Product,
        on_delete=models.CASCADE,
        related_name="tiers",
        help_text="The product this is an offer of.",
    )
    level = models.CharField(
        max_length=10,
        choices=Level.choices,
        default=Level.PREMIUM,
        help_text="What the buyer becomes; each level once per product.",
    )
    name = models.CharField(max_length=100, help_text="As the customer reads it on the button.")
    base_price_minor = models.BigIntegerField(
        verbose_name="base price",
        help_text="In the smallest unit of the currency (2000 is 20.00 USD), before regions.",
    )
    currency = models.CharField(
        max_length=3,
        default="USD",
        validators=[validate_currency],
        help_text="Currency of the base price, three capital letters.",
    )
    billing_period = models.CharField(
        max_length=5,
        choices=BillingPeriod.choices,
        default=BillingPeriod.MONTH,
        help_text="Paid for each month, or once for good.",
    )
    position = models.PositiveIntegerField(
        default=0, help_text="Order within the product: the lowest number comes first."
    )
    is_active = models.BooleanField(
        default=True, help_text="Off takes the offer out of the shop."
    )
    tracks_stock = models.BooleanField(
        default=False, help_text="Count units and stop selling when none is left."
    )
    max_quantity = models.PositiveIntegerField(
        default=1,
        validators=[MinValueValidator(1)],
        help_text="Most units in one order; 1 hides the choice of quantity.",
    )
    trial_days = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(365)],
        help_text="Days free before the first payment; 0 for none.",
    )
    grace_days = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(365)],
        help_text="Days of access kept after it runs out, to pay late; 0 for none.",
    )
    floor_price_minor = models.BigIntegerField(
        null=True,
        blank=True,
        verbose_name="floor price",
        help_text="No discount goes below this, in the smallest unit; empty for no floor.",
    )

    objects: ClassVar[models.Manager["ProductTier"]] = models.Manager()

    class Meta:
        verbose_name = "tier"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "level"],
                name="tier_once_per_level",
                violation_error_message="This product already has a tier of that level.",
            ),
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="tier_level_known"
            ),
            models.CheckConstraint(
                condition=Q(billing_period__in=["month", "once"]),
                name="tier_billing_period_known",
            ),
            models.CheckConstraint(
                condition=Q(base_price_minor__gte=0),
                name="tier_price_not_negative",
                violation_error_message="A price cannot be negative.",
            ),
            models.CheckConstraint(
                condition=Q(floor_price_minor__isnull=True)
                | Q(
                    floor_price_minor__gte=0,
                    floor_price_minor__lte=F("base_price_minor"),
                ),
                name="tier_floor_up_to_price",
                violation_error_message="The floor lies between zero and the base price.",
            ),
            models.CheckConstraint(
                condition=Q(max_quantity__gte=1),
                name="tier_sells_at_least_one",
                violation_error_message="At least one unit must be sold at a time.",
            ),
            models.CheckConstraint(
                condition=Q(billing_period="month") | Q(trial_days=0),
                name="tier_trial_only_by_month",
                violation_error_message="Only a monthly tier can have a trial.",
            ),
        ]

    def __str__(self) -> str:
        """Return product and name; without the product where that would cost a query."""
        if "product" in self._state.fields_cache:
            return f"{self.product}: {self.name}"
        return f"{self.name} ({self.level})"

    @property
    def base_price(self) -> Money:
        """The base price as money."""
        return Money(self.base_price_minor, self.currency)

    @property
    def rank(self) -> int:
        """How high the level stands."""
        return RANK[self.level]


class TierStockQuerySet(models.QuerySet["TierStock"]):
    """Units left of tiers that count them."""

    def take(self, tier_id: int, quantity: int) -> bool:
        """Claim ``quantity`` units in one statement; False when fewer are left.

        The condition and the write are one UPDATE, so two buyers of the last unit cannot
        both see True.
        """
        if quantity < 1:
            raise ValueError("a quantity is at least 1")
        enough = self.filter(tier_id=tier_id, available__gte=quantity)
        return enough.update(available=F("available") - quantity) == 1

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))

    def put_back(self, tier_id: int, quantity: int) -> bool:
        """Return ``quantity`` units in one statement; False when the tier counts none."""
        if quantity < 1:
            raise ValueError("a quantity is at least 1")
        counted = self.filter(tier_id=tier_id)
        return counted.update(available=F("available") + quantity) == 1


class TierStock(models.Model):
    """How many units of a tier are left to sell.

    Apart from the tier, so that selling neither touches the row staff edit nor moves the
    catalog's version.
    """

    tier = models.OneToOneField(
        ProductTier,
        on_delete=models.CASCADE,
        related_name="stock",
        help_text="The offer whose units are counted.",
    )
    available = models.PositiveIntegerField(default=0, help_text="Units left to sell.")

    objects = TierStockQuerySet.as_manager()

    class Meta:
        verbose_name = "stock"
        verbose_name_plural = "stock"
        constraints = [
            models.CheckConstraint(condition=Q(available__gte=0), name="stock_never_below_zero")
        ]

    def __str__(self) -> str:
        """Return the count."""
        return f"{self.available} left"
