"""What is sold. Every change of it raises its version, whoever makes it."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import catalog.models
from shopbot.kernel.operations import CreateTogether, TrackVersion


class Migration(migrations.Migration):
    initial = True
    # Whoever ran these one by one has nothing to do.
    replaces = [
        ("catalog", "0002_track_version"),
    ]

    dependencies = [
        ("kernel", "0001_initial"),
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name="Category",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True,
                            primary_key=True,
                            serialize=False,
                            verbose_name="ID",
                        ),
                    ),
                    (
                        "parent",
                        models.ForeignKey(
                            blank=True,
                            help_text="The category this one stands in; empty for the top of the shop.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="children",
                            to="catalog.category",
                        ),
                    ),
                    (
                        "name",
                        models.CharField(
                            help_text="As the customer reads it on the button.", max_length=100
                        ),
                    ),
                    (
                        "name_en",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "name_ru",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "name_de",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "name_es",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "slug",
                        models.SlugField(
                            help_text="Short name for links; fixed once created, since links carry it.",
                            max_length=60,
                            unique=True,
                        ),
                    ),
                    (
                        "description",
                        models.TextField(
                            blank=True,
                            help_text="Shown above the products; one or two sentences.",
                        ),
                    ),
                    (
                        "description_en",
                        models.TextField(
                            blank=True,
                            help_text="Shown above the products; one or two sentences.",
                            null=True,
                        ),
                    ),
                    (
                        "description_ru",
                        models.TextField(
                            blank=True,
                            help_text="Shown above the products; one or two sentences.",
                            null=True,
                        ),
                    ),
                    (
                        "description_de",
                        models.TextField(
                            blank=True,
                            help_text="Shown above the products; one or two sentences.",
                            null=True,
                        ),
                    ),
                    (
                        "description_es",
                        models.TextField(
                            blank=True,
                            help_text="Shown above the products; one or two sentences.",
                            null=True,
                        ),
                    ),
                    (
                        "icon",
                        models.CharField(
                            blank=True, help_text="One emoji, such as 📈.", max_length=16
                        ),
                    ),
                    (
                        "position",
                        models.PositiveIntegerField(
                            default=0,
                            help_text="Order among its neighbors: the lowest number comes first.",
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True,
                            help_text="Off hides the category and everything in it.",
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "categories",
                    "ordering": ["position", "pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("parent__isnull", True),
                                models.Q(("parent", models.F("id")), _negated=True),
                                _connector="OR",
                            ),
                            name="category_not_own_parent",
                            violation_error_message="A category cannot stand in itself.",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Product",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True,
                            primary_key=True,
                            serialize=False,
                            verbose_name="ID",
                        ),
                    ),
                    (
                        "category",
                        models.ForeignKey(
                            help_text="The shelf the customer finds it on.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="products",
                            to="catalog.category",
                        ),
                    ),
                    (
                        "name",
                        models.CharField(
                            help_text="As the customer reads it on the button.", max_length=100
                        ),
                    ),
                    (
                        "name_en",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "name_ru",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "name_de",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "name_es",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "slug",
                        models.SlugField(
                            help_text="Short name for links; fixed once created, since links carry it.",
                            max_length=60,
                            unique=True,
                        ),
                    ),
                    (
                        "description",
                        models.TextField(
                            blank=True,
                            help_text="What it is and for whom; at most 900 characters.",
                            max_length=900,
                        ),
                    ),
                    (
                        "description_en",
                        models.TextField(
                            blank=True,
                            help_text="What it is and for whom; at most 900 characters.",
                            max_length=900,
                            null=True,
                        ),
                    ),
                    (
                        "description_ru",
                        models.TextField(
                            blank=True,
                            help_text="What it is and for whom; at most 900 characters.",
                            max_length=900,
                            null=True,
                        ),
                    ),
                    (
                        "description_de",
                        models.TextField(
                            blank=True,
                            help_text="What it is and for whom; at most 900 characters.",
                            max_length=900,
                            null=True,
                        ),
                    ),
                    (
                        "description_es",
                        models.TextField(
                            blank=True,
                            help_text="What it is and for whom; at most 900 characters.",
                            max_length=900,
                            null=True,
                        ),
                    ),
                    (
                        "features",
                        models.TextField(
                            blank=True,
                            help_text="What the customer gets, one point per line.",
                            max_length=900,
                        ),
                    ),
                    (
                        "features_en",
                        models.TextField(
                            blank=True,
                            help_text="What the customer gets, one point per line.",
                            max_length=900,
                            null=True,
                        ),
                    ),
                    (
                        "features_ru",
                        models.TextField(
                            blank=True,
                            help_text="What the customer gets, one point per line.",
                            max_length=900,
                            null=True,
                        ),
                    ),
                    (
                        "features_de",
                        models.TextField(
                            blank=True,
                            help_text="What the customer gets, one point per line.",
                            max_length=900,
                            null=True,
                        ),
                    ),
                    (
                        "features_es",
                        models.TextField(
                            blank=True,
                            help_text="What the customer gets, one point per line.",
                            max_length=900,
                            null=True,
                        ),
                    ),
                    (
                        "image",
                        models.ImageField(
                            blank=True,
                            help_text="Shown above the text; 1280 × 720 looks best.",
                            upload_to="products/",
                        ),
                    ),
                    (
                        "goods_type",
                        models.CharField(
                            choices=[
                                ("digital", "Digital goods"),
                                ("service", "Service outside Telegram"),
                                ("physical", "Physical goods"),
                            ],
                            default="digital",
                            help_text="Telegram lets digital goods be sold for Stars only.",
                            max_length=8,
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=False,
                            help_text="On shows the product, within its schedule if there is one.",
                        ),
                    ),
                    (
                        "visible_from",
                        models.DateTimeField(
                            blank=True,
                            help_text="Hidden before this moment; empty for no start.",
                            null=True,
                        ),
                    ),
                    (
                        "visible_until",
                        models.DateTimeField(
                            blank=True,
                            help_text="Hidden from this moment on; empty for no end.",
                            null=True,
                        ),
                    ),
                    (
                        "position",
                        models.PositiveIntegerField(
                            default=0,
                            help_text="Order within the category: the lowest number comes first.",
                        ),
                    ),
                ],
                options={
                    "ordering": ["position", "pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("goods_type__in", ["digital", "service", "physical"])
                            ),
                            name="product_goods_type_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("visible_from__isnull", True),
                                ("visible_until__isnull", True),
                                ("visible_from__lt", models.F("visible_until")),
                                _connector="OR",
                            ),
                            name="product_schedule_forward",
                            violation_error_message="The schedule must start before it ends.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ProductTier",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True,
                            primary_key=True,
                            serialize=False,
                            verbose_name="ID",
                        ),
                    ),
                    (
                        "product",
                        models.ForeignKey(
                            help_text="The product this is an offer of.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="tiers",
                            to="catalog.product",
                        ),
                    ),
                    (
                        "level",
                        models.CharField(
                            choices=[
                                ("free", "Free"),
                                ("premium", "Premium"),
                                ("vip", "VIP"),
                                ("enterprise", "Enterprise"),
                            ],
                            default="premium",
                            help_text="What the buyer becomes; each level once per product.",
                            max_length=10,
                        ),
                    ),
                    (
                        "name",
                        models.CharField(
                            help_text="As the customer reads it on the button.", max_length=100
                        ),
                    ),
                    (
                        "name_en",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "name_ru",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "name_de",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "name_es",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "base_price_minor",
                        models.BigIntegerField(
                            help_text="In the smallest unit of the currency (2000 is 20.00 USD), before regions.",
                            verbose_name="base price",
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            default="USD",
                            help_text="Currency of the base price, three capital letters.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "billing_period",
                        models.CharField(
                            choices=[("month", "per month"), ("once", "once")],
                            default="month",
                            help_text="Paid for each month, or once for good.",
                            max_length=5,
                        ),
                    ),
                    (
                        "position",
                        models.PositiveIntegerField(
                            default=0,
                            help_text="Order within the product: the lowest number comes first.",
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True, help_text="Off takes the offer out of the shop."
                        ),
                    ),
                    (
                        "tracks_stock",
                        models.BooleanField(
                            default=False,
                            help_text="Count units and stop selling when none is left.",
                        ),
                    ),
                    (
                        "max_quantity",
                        models.PositiveIntegerField(
                            default=1,
                            help_text="Most units in one order; 1 hides the choice of quantity.",
                            validators=[django.core.validators.MinValueValidator(1)],
                        ),
                    ),
                    (
                        "trial_days",
                        models.PositiveIntegerField(
                            default=0,
                            help_text="Days free before the first payment; 0 for none.",
                            validators=[django.core.validators.MaxValueValidator(365)],
                        ),
                    ),
                    (
                        "grace_days",
                        models.PositiveIntegerField(
                            default=0,
                            help_text="Days of access kept after it runs out, to pay late; 0 for none.",
                            validators=[django.core.validators.MaxValueValidator(365)],
                        ),
                    ),
                    (
                        "floor_price_minor",
                        models.BigIntegerField(
                            blank=True,
                            help_text="No discount goes below this, in the smallest unit; empty for no floor.",
                            null=True,
                            verbose_name="floor price",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "tier",
                    "ordering": ["position", "pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("product", "level"),
                            name="tier_once_per_level",
                            violation_error_message="This product already has a tier of that level.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("level__in", ["free", "premium", "vip", "enterprise"])
                            ),
                            name="tier_level_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("billing_period__in", ["month", "once"])),
                            name="tier_billing_period_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("base_price_minor__gte", 0)),
                            name="tier_price_not_negative",
                            violation_error_message="A price cannot be negative.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("floor_price_minor__isnull", True),
                                models.Q(
                                    ("floor_price_minor__gte", 0),
                                    ("floor_price_minor__lte", models.F("base_price_minor")),
                                ),
                                _connector="OR",
                            ),
                            name="tier_floor_up_to_price",
                            violation_error_message="The floor lies between zero and the base price.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("max_quantity__gte", 1)),
                            name="tier_sells_at_least_one",
                            violation_error_message="At least one unit must be sold at a time.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("billing_period", "month"), ("trial_days", 0), _connector="OR"
                            ),
                            name="tier_trial_only_by_month",
                            violation_error_message="Only a monthly tier can have a trial.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="TierStock",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True,
                            primary_key=True,
                            serialize=False,
                            verbose_name="ID",
                        ),
                    ),
                    (
                        "tier",
                        models.OneToOneField(
                            help_text="The offer whose units are counted.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="stock",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "available",
                        models.PositiveIntegerField(default=0, help_text="Units left to sell."),
                    ),
                ],
                options={
                    "verbose_name": "stock",
                    "verbose_name_plural": "stock",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("available__gte", 0)),
                            name="stock_never_below_zero",
                        )
                    ],
                },
            ),
        ),
        TrackVersion("catalog", "catalog_category", "catalog_product", "catalog_producttier"),
    ]
