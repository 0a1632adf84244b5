"""What things cost.

Every change that may move a price raises the price book's version. The database itself refuses to
change what was published, shown or booked. A new shop starts with regions, currencies, discounts and
exchange rates.
"""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import catalog.models
import pricing.models.experiments
from pricing.defaults import write_defaults
from shopbot.kernel.operations import Close, CreateTogether, Freeze, TrackVersion

# A change of what a limit counts waits for the orders that are being placed: their reservations are
# not to be seen before they are committed, but each order holds a share of the limit's row
# (pricing.services.limits). SQLite has one writer at a time.
_USED_LIMITS_ON_POSTGRESQL = """
CREATE OR REPLACE FUNCTION pricing_promolimit_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.kind = NEW.kind AND OLD.currency = NEW.currency THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM pricing_promolimit WHERE id = OLD.id FOR UPDATE;
    IF EXISTS (SELECT 1 FROM pricing_reservation r WHERE r.limit_id = OLD.id) THEN
        RAISE EXCEPTION 'an order has used this limit: what it counts is fixed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pricing_promolimit_fixed BEFORE UPDATE ON pricing_promolimit
FOR EACH ROW EXECUTE FUNCTION pricing_promolimit_fixed();
"""
_USED_LIMITS_ON_SQLITE = """
CREATE TRIGGER pricing_promolimit_fixed_UPDATE BEFORE UPDATE ON pricing_promolimit
WHEN (OLD.kind <> NEW.kind OR OLD.currency <> NEW.currency)
    AND EXISTS (SELECT 1 FROM pricing_reservation r WHERE r.limit_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'an order has used this limit: what it counts is fixed');
END
"""


def fix_used_limits(apps, schema_editor):
    """Fix what a limit counts once an order has used it.

    What an order took is given back by the limit's kind: with another one it would be given back
    to a counter that it was never taken from.
    """
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(
        _USED_LIMITS_ON_POSTGRESQL if is_postgresql else _USED_LIMITS_ON_SQLITE
    )


def add_defaults(apps, schema_editor):
    write_defaults(apps.get_model)


class Migration(migrations.Migration):
    initial = True
    # Whoever ran these one by one has nothing to do.
    replaces = [
        ("pricing", "0002_track_version"),
        ("pricing", "0003_frozen_rows"),
        ("pricing", "0004_defaults"),
        ("pricing", "0005_restored_commissions"),
        ("pricing", "0006_gift_card_owner"),
        ("pricing", "0007_prices_at_the_end"),
        ("pricing", "0008_sold_gift_cards"),
        ("pricing", "0009_rates_grow_old"),
        ("pricing", "0010_stop_at_old_rates"),
        ("pricing", "0011_where_status_changes"),
        ("pricing", "0012_sales_paid_back"),
        ("pricing", "0013_promotion_names"),
        ("pricing", "0014_promotion_names_in_english"),
        ("pricing", "0015_ledger_frozen_again"),
        ("pricing", "0016_rules_tracked_again"),
        ("pricing", "0017_used_limits_fixed"),
        ("pricing", "0018_rates_within_reason"),
        ("pricing", "0019_currency_at_the_end"),
        ("pricing", "0020_used_limits_fixed_at_once"),
        ("pricing", "0021_withheld_gift_cards"),
    ]

    dependencies = [
        ("catalog", "0001_initial"),
        ("customers", "0001_initial"),
        ("kernel", "0001_initial"),
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name="Region",
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
                        "code",
                        models.CharField(
                            help_text="Short name in capital letters, such as GB; customers and orders carry it.",
                            max_length=8,
                            unique=True,
                            validators=[
                                django.core.validators.RegexValidator(
                                    "^[A-Z]{2,8}\\Z",
                                    "A region's code is two to eight capital letters, such as GB or ASIA.",
                                )
                            ],
                        ),
                    ),
                    (
                        "name",
                        models.CharField(
                            help_text="As the customer reads it in the list.", max_length=60
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            help_text="The currency prices are shown and paid in, three capital letters.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "markup_bps",
                        models.IntegerField(
                            default=0,
                            help_text="In percent, added to a converted price; -5 makes it 5 % cheaper.",
                            validators=[
                                django.core.validators.MinValueValidator(-9000),
                                django.core.validators.MaxValueValidator(90000),
                            ],
                            verbose_name="markup",
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True,
                            help_text="Off sells nothing there; customers keep their region.",
                        ),
                    ),
                    (
                        "position",
                        models.PositiveIntegerField(
                            default=0,
                            help_text="Order in the list: the lowest number comes first.",
                        ),
                    ),
                ],
                options={
                    "ordering": ["position", "code"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("markup_bps__gte", -9000), ("markup_bps__lte", 90000)
                            ),
                            name="region_markup_within_reason",
                            violation_error_message="A markup lies between -90 and +900 percent.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("currency", "XTR"), _negated=True),
                            name="region_currency_not_stars",
                            violation_error_message="Stars are offered everywhere; a region needs a currency.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="CurrencySetting",
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
                        "code",
                        models.CharField(
                            help_text="Three capital letters; XTR for Telegram Stars.",
                            max_length=3,
                            unique=True,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "charm",
                        models.CharField(
                            choices=[
                                ("none", "To the smallest unit"),
                                ("ending_99", "x.99"),
                                ("ending_95", "x.95"),
                                ("whole", "Whole units"),
                                ("step", "A step of your own"),
                            ],
                            default="none",
                            help_text="Computed list prices become the nearest price of this form. A price that you typed is never changed.",
                            max_length=9,
                        ),
                    ),
                    (
                        "step_minor",
                        models.PositiveIntegerField(
                            blank=True,
                            help_text="Only for a step of your own, in the smallest unit: 50 gives 17.50, 18.00.",
                            null=True,
                            verbose_name="step",
                        ),
                    ),
                    (
                        "drift_bps",
                        models.PositiveIntegerField(
                            default=100,
                            help_text="In percent. Prices follow a new exchange rate only when it differs by more than this, so that they do not change every day.",
                            validators=[django.core.validators.MaxValueValidator(5000)],
                            verbose_name="drift guard",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "currency",
                    "verbose_name_plural": "currencies",
                    "ordering": ["code"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "charm__in",
                                    ["none", "ending_99", "ending_95", "whole", "step"],
                                )
                            ),
                            name="currency_charm_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("charm", "step"),
                                    ("step_minor__gte", 1),
                                    ("step_minor__isnull", False),
                                ),
                                models.Q(
                                    models.Q(("charm", "step"), _negated=True),
                                    ("step_minor__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            name="currency_step_iff_own_step",
                            violation_error_message="Give a step for 'a step of your own', and only then.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("drift_bps__lte", 5000)),
                            name="currency_drift_up_to_half",
                            violation_error_message="A drift guard is at most half.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="FxRate",
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
                        "base",
                        models.CharField(
                            default="EUR",
                            help_text="One unit of this currency buys the rate below.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            help_text="The currency bought.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "rate",
                        models.DecimalField(
                            decimal_places=10,
                            help_text="How much of it one unit of the base buys.",
                            max_digits=20,
                            validators=[
                                django.core.validators.MinValueValidator(Decimal("1E-9")),
                                django.core.validators.MaxValueValidator(Decimal("999999999")),
                            ],
                        ),
                    ),
                    (
                        "rate_date",
                        models.DateField(help_text="The day the rate was stated for."),
                    ),
                    (
                        "source",
                        models.CharField(
                            choices=[
                                ("ecb", "European Central Bank"),
                                ("seed", "Shipped with the shop"),
                                ("manual", "Set by staff"),
                            ],
                            help_text="Who stated the rate.",
                            max_length=6,
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("applied", "Prices use it, or used it"),
                                ("unused", "Within the drift guard"),
                                ("held", "Jumped: waits for a person"),
                                ("rejected", "Rejected by a person"),
                            ],
                            help_text="Whether prices use it.",
                            max_length=8,
                        ),
                    ),
                    (
                        "applied_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="Since when prices use it; empty if never.",
                            null=True,
                        ),
                    ),
                    (
                        "override_until",
                        models.DateTimeField(
                            blank=True,
                            help_text="End of a rate set by staff; the usual rate then applies again. Empty: no end.",
                            null=True,
                        ),
                    ),
                    (
                        "fetched_at",
                        models.DateTimeField(help_text="When the shop learned of it."),
                    ),
                    (
                        "note",
                        models.CharField(
                            blank=True,
                            help_text="Why it was set, held or rejected.",
                            max_length=200,
                        ),
                    ),
                ],
                options={
                    "verbose_name": "exchange rate",
                    "ordering": ["-rate_date", "currency", "-pk"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("status", "applied")),
                            fields=["currency", "applied_at"],
                            name="rate_in_use",
                        )
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("rate__gt", 0)), name="rate_positive"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("base", models.F("currency")), _negated=True),
                            name="rate_between_two_currencies",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("source__in", ["ecb", "seed", "manual"])),
                            name="rate_source_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("status__in", ["applied", "unused", "held", "rejected"])
                            ),
                            name="rate_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("applied_at__isnull", False), ("status", "applied")),
                                models.Q(
                                    models.Q(("status", "applied"), _negated=True),
                                    ("applied_at__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            name="rate_applied_iff_since",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("override_until__isnull", True),
                                models.Q(
                                    ("override_until__gt", models.F("applied_at")),
                                    ("source", "manual"),
                                ),
                                _connector="OR",
                            ),
                            name="rate_end_only_for_manual",
                            violation_error_message="Only a rate set by staff has an end, after its start.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("source", "manual"), _negated=True),
                                models.Q(("note", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="rate_manual_has_reason",
                            violation_error_message="Say why you set the rate.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("source", "manual"), _negated=True),
                            fields=("source", "base", "currency", "rate_date"),
                            name="rate_once_per_day",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Promotion",
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
                        "name",
                        models.CharField(
                            help_text="As the customer reads it in the price; where a language has none, the English one is shown.",
                            max_length=80,
                        ),
                    ),
                    (
                        "name_en",
                        models.CharField(
                            help_text="As the customer reads it in the price; where a language has none, the English one is shown.",
                            max_length=80,
                            null=True,
                        ),
                    ),
                    (
                        "name_ru",
                        models.CharField(
                            help_text="As the customer reads it in the price; where a language has none, the English one is shown.",
                            max_length=80,
                            null=True,
                        ),
                    ),
                    (
                        "name_de",
                        models.CharField(
                            help_text="As the customer reads it in the price; where a language has none, the English one is shown.",
                            max_length=80,
                            null=True,
                        ),
                    ),
                    (
                        "name_es",
                        models.CharField(
                            help_text="As the customer reads it in the price; where a language has none, the English one is shown.",
                            max_length=80,
                            null=True,
                        ),
                    ),
                    (
                        "key",
                        models.SlugField(
                            help_text="Short name for staff; of two rules with one priority, the alphabet decides.",
                            max_length=60,
                            unique=True,
                        ),
                    ),
                    (
                        "trigger",
                        models.CharField(
                            choices=[
                                ("automatic", "Applies by itself"),
                                ("code", "Needs a promo code"),
                            ],
                            default="automatic",
                            help_text="By itself, or only with one of its codes.",
                            max_length=9,
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("percent", "A percentage"),
                                ("amount", "An amount in each currency"),
                            ],
                            default="percent",
                            help_text="A percentage works in every currency; an amount only where one is given below.",
                            max_length=7,
                        ),
                    ),
                    (
                        "percent_bps",
                        models.PositiveIntegerField(
                            blank=True,
                            help_text="In percent of the price so far.",
                            null=True,
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(10000),
                            ],
                            verbose_name="percentage",
                        ),
                    ),
                    (
                        "priority",
                        models.PositiveIntegerField(
                            default=100,
                            help_text="Rules apply from the lowest number to the highest.",
                        ),
                    ),
                    (
                        "group",
                        models.SlugField(
                            blank=True,
                            help_text="Of all rules with the same group, only the best one applies. Empty: adds up.",
                            max_length=40,
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(default=True, help_text="Off stops it at once."),
                    ),
                    (
                        "starts_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="Not before this moment; empty for no start.",
                            null=True,
                        ),
                    ),
                    (
                        "ends_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="Not from this moment on; empty for no end.",
                            null=True,
                        ),
                    ),
                    (
                        "first_purchase_only",
                        models.BooleanField(
                            default=False,
                            help_text="Only for customers who have bought nothing yet.",
                        ),
                    ),
                    (
                        "staff_only",
                        models.BooleanField(
                            default=False, help_text="Only for people on the staff."
                        ),
                    ),
                    ("note", models.TextField(blank=True, help_text="For staff only.")),
                    (
                        "categories",
                        models.ManyToManyField(
                            blank=True,
                            help_text="Everything within these categories.",
                            to="catalog.category",
                        ),
                    ),
                    (
                        "products",
                        models.ManyToManyField(
                            blank=True, help_text="These products.", to="catalog.product"
                        ),
                    ),
                    (
                        "tiers",
                        models.ManyToManyField(
                            blank=True,
                            help_text="These offers. All three empty: the whole shop.",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "regions",
                        models.ManyToManyField(
                            blank=True,
                            help_text="Only in these regions; empty for all of them.",
                            to="pricing.region",
                        ),
                    ),
                ],
                options={
                    "ordering": ["priority", "key"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("trigger__in", ["automatic", "code"])),
                            name="promotion_trigger_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("kind__in", ["percent", "amount"])),
                            name="promotion_kind_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("kind", "percent"),
                                    ("percent_bps__gte", 1),
                                    ("percent_bps__isnull", False),
                                    ("percent_bps__lte", 10000),
                                ),
                                models.Q(("kind", "amount"), ("percent_bps__isnull", True)),
                                _connector="OR",
                            ),
                            name="promotion_percent_iff_percentage",
                            violation_error_message="Give a percentage, or amounts instead, and not both.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("starts_at__isnull", True),
                                ("ends_at__isnull", True),
                                ("starts_at__lt", models.F("ends_at")),
                                _connector="OR",
                            ),
                            name="promotion_schedule_forward",
                            violation_error_message="It must start before it ends.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="PromotionAmount",
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
                        "promotion",
                        models.ForeignKey(
                            help_text="The promotion it belongs to.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="amounts",
                            to="pricing.promotion",
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            help_text="Three capital letters.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            help_text="In the smallest unit. For an amount: what it takes off. For a percentage: the most it takes off; it then applies only in the currencies listed.",
                            verbose_name="amount",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "amount",
                    "ordering": ["currency"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("promotion", "currency"),
                            name="promotion_amount_once_per_currency",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount_minor__gt", 0)),
                            name="promotion_amount_positive",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="PromoCode",
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
                        "code",
                        models.CharField(
                            help_text="What the customer types, in capital letters; small letters count as the same.",
                            max_length=40,
                            unique=True,
                            validators=[
                                django.core.validators.RegexValidator(
                                    "^[A-Z0-9_-]{3,40}\\Z",
                                    "A code is 3 to 40 capital letters, digits, dashes or underscores.",
                                )
                            ],
                        ),
                    ),
                    (
                        "promotion",
                        models.ForeignKey(
                            help_text="What it does.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="codes",
                            to="pricing.promotion",
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            blank=True,
                            help_text="Only this customer may use it; empty for anyone.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="promo_codes",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "batch",
                        models.CharField(
                            blank=True,
                            help_text="The set it was made in, for the export.",
                            max_length=60,
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True, help_text="Off stops this code at once."
                        ),
                    ),
                    ("created_at", models.DateTimeField(help_text="When it was made.")),
                ],
                options={
                    "ordering": ["-pk"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("batch", ""), _negated=True),
                            fields=["batch"],
                            name="promo_code_by_batch",
                        )
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("code__regex", "^[A-Z0-9_-]{3,40}$")),
                            name="promo_code_capital_letters",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PromoLimit",
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
                        "promotion",
                        models.ForeignKey(
                            help_text="The promotion that is limited.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="limits",
                            to="pricing.promotion",
                        ),
                    ),
                    (
                        "code",
                        models.ForeignKey(
                            blank=True,
                            help_text="Only this code is limited; empty for the whole promotion.",
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="limits",
                            to="pricing.promocode",
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("total", "Uses in all"),
                                ("customer", "Uses by one customer"),
                                ("budget", "Money given away"),
                            ],
                            help_text="What is counted. Fixed once an order has used the limit, since its use is given back by the same count: to count otherwise, allow so much here that it stops nobody, and add another limit.",
                            max_length=8,
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            blank=True,
                            help_text="Only for money: the promotion then applies only in currencies with a budget.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "allowed",
                        models.PositiveBigIntegerField(
                            help_text="Uses, or money in the smallest unit of the currency."
                        ),
                    ),
                ],
                options={
                    "verbose_name": "limit",
                    "ordering": ["pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("kind__in", ["total", "customer", "budget"])),
                            name="limit_kind_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("kind", "budget"),
                                    models.Q(("currency", ""), _negated=True),
                                ),
                                models.Q(
                                    models.Q(("kind", "budget"), _negated=True),
                                    ("currency", ""),
                                ),
                                _connector="OR",
                            ),
                            name="limit_currency_iff_budget",
                            violation_error_message="Money needs a currency, a number of uses has none.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("code__isnull", True)),
                            fields=("promotion", "kind", "currency"),
                            name="limit_once_per_promotion",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("code__isnull", False)),
                            fields=("code", "kind", "currency"),
                            name="limit_once_per_code",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="LimitCounter",
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
                        "limit",
                        models.ForeignKey(
                            help_text="What is counted.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="counters",
                            to="pricing.promolimit",
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            help_text="Whose uses; empty for everyone's together.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "taken",
                        models.BigIntegerField(
                            default=0, help_text="Reserved and used, together."
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("customer__isnull", True)),
                            fields=("limit",),
                            name="counter_once_per_limit",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("customer__isnull", False)),
                            fields=("limit", "customer"),
                            name="counter_once_per_customer",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("taken__gte", 0)), name="counter_never_negative"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Reservation",
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
                        "limit",
                        models.ForeignKey(
                            help_text="What it is taken from.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="reservations",
                            to="pricing.promolimit",
                        ),
                    ),
                    (
                        "holder",
                        models.CharField(
                            help_text="Who holds it, such as order:17.", max_length=80
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            help_text="The customer who buys.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="promo_reservations",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "amount",
                        models.PositiveBigIntegerField(
                            help_text="Uses, or money in the smallest unit."
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("reserved", "Reserved"),
                                ("used", "Used"),
                                ("released", "Given back"),
                            ],
                            default="reserved",
                            help_text="Reserved until paid, given back when the order is not.",
                            max_length=8,
                        ),
                    ),
                    (
                        "reserved_at",
                        models.DateTimeField(help_text="When the order was placed."),
                    ),
                    (
                        "closed_at",
                        models.DateTimeField(
                            blank=True, help_text="When it was used or given back.", null=True
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("holder", "limit"), name="reservation_once_per_holder"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("status__in", ["reserved", "used", "released"])
                            ),
                            name="reservation_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("closed_at__isnull", True), ("status", "reserved")),
                                models.Q(
                                    models.Q(("status", "reserved"), _negated=True),
                                    ("closed_at__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="reservation_open_iff_not_closed",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount__gt", 0)),
                            name="reservation_of_something",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="AffiliateProgram",
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
                        "is_active",
                        models.BooleanField(
                            default=True,
                            help_text="Off gives no discount and earns no commission on new orders.",
                        ),
                    ),
                    (
                        "discount_bps",
                        models.PositiveIntegerField(
                            default=1000,
                            help_text="What a referred customer saves. In percent.",
                            validators=[django.core.validators.MaxValueValidator(10000)],
                            verbose_name="discount",
                        ),
                    ),
                    (
                        "first_purchase_only",
                        models.BooleanField(
                            default=False,
                            help_text="The discount is only for a referred customer's first purchase.",
                        ),
                    ),
                    (
                        "commission_bps",
                        models.PositiveIntegerField(
                            default=1000,
                            help_text="What the affiliate earns of what was paid. In percent.",
                            validators=[django.core.validators.MaxValueValidator(10000)],
                            verbose_name="commission",
                        ),
                    ),
                    (
                        "hold_days",
                        models.PositiveIntegerField(
                            default=30,
                            help_text="Days until a commission can be paid out, so that refunds come first.",
                            validators=[django.core.validators.MaxValueValidator(365)],
                        ),
                    ),
                ],
                options={
                    "verbose_name": "affiliate program",
                    "verbose_name_plural": "affiliate program",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("id", 1)), name="affiliate_program_is_one_row"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("commission_bps__lte", 10000), ("discount_bps__lte", 10000)
                            ),
                            name="affiliate_terms_percent",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Affiliate",
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
                        "customer",
                        models.OneToOneField(
                            help_text="Who brings the others.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="affiliate",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True,
                            help_text="Off earns nothing more; what is earned stays.",
                        ),
                    ),
                    (
                        "discount_bps",
                        models.PositiveIntegerField(
                            blank=True,
                            help_text="What their customers save instead; empty for the program's. In percent.",
                            null=True,
                            validators=[django.core.validators.MaxValueValidator(10000)],
                            verbose_name="own discount",
                        ),
                    ),
                    (
                        "commission_bps",
                        models.PositiveIntegerField(
                            blank=True,
                            help_text="What they earn instead; empty for the program's. In percent.",
                            null=True,
                            validators=[django.core.validators.MaxValueValidator(10000)],
                            verbose_name="own commission",
                        ),
                    ),
                    (
                        "note",
                        models.TextField(
                            blank=True, help_text="For staff only, such as how to pay them."
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("discount_bps__isnull", True),
                                    ("discount_bps__lte", 10000),
                                    _connector="OR",
                                ),
                                models.Q(
                                    ("commission_bps__isnull", True),
                                    ("commission_bps__lte", 10000),
                                    _connector="OR",
                                ),
                            ),
                            name="affiliate_own_terms_percent",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="AffiliateClicks",
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
                        "customer",
                        models.ForeignKey(
                            help_text="Whose link.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="affiliate_clicks",
                            to="customers.customer",
                        ),
                    ),
                    ("day", models.DateField(help_text="The day (UTC).")),
                    (
                        "clicks",
                        models.PositiveIntegerField(
                            default=0, help_text="How often it was opened."
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "affiliate clicks",
                    "ordering": ["-day"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "day"), name="clicks_once_per_day"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="AffiliateVisitor",
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
                        "customer",
                        models.ForeignKey(
                            help_text="Whose link.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="affiliate_visitors",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "visitor",
                        models.ForeignKey(
                            help_text="Who opened it.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="affiliate_visits",
                            to="customers.customer",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "visitor"), name="click_once_per_visitor"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Payout",
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
                        "customer",
                        models.ForeignKey(
                            help_text="Who is paid.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="payouts",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            help_text="Three capital letters.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            help_text="In the smallest unit of the currency.",
                            verbose_name="amount",
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("open", "To be paid"),
                                ("paid", "Paid"),
                                ("cancelled", "Cancelled"),
                            ],
                            default="open",
                            help_text="Changed by the buttons of this page.",
                            max_length=9,
                        ),
                    ),
                    (
                        "created_at",
                        models.DateTimeField(help_text="When the sum was put on the list."),
                    ),
                    (
                        "closed_at",
                        models.DateTimeField(
                            blank=True, help_text="When it was settled.", null=True
                        ),
                    ),
                    (
                        "closed_by",
                        models.CharField(
                            blank=True,
                            help_text="Who settled it, such as staff:7.",
                            max_length=40,
                        ),
                    ),
                    (
                        "reason",
                        models.CharField(
                            blank=True,
                            help_text="How it was paid, or why it was cancelled.",
                            max_length=200,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("status__in", ["open", "paid", "cancelled"])),
                            name="payout_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount_minor__gt", 0)),
                            name="payout_of_something",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("closed_at__isnull", True),
                                    ("closed_by", ""),
                                    ("reason", ""),
                                    ("status", "open"),
                                ),
                                models.Q(
                                    models.Q(("status", "open"), _negated=True),
                                    ("closed_at__isnull", False),
                                    models.Q(("closed_by", ""), _negated=True),
                                    models.Q(("reason", ""), _negated=True),
                                ),
                                _connector="OR",
                            ),
                            name="payout_settled_iff_by_whom_when_and_why",
                            violation_error_message="Say how it was paid, or why it was cancelled.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("status", "open")),
                            fields=("customer", "currency"),
                            name="payout_one_open_at_a_time",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="CommissionEntry",
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
                        "customer",
                        models.ForeignKey(
                            help_text="Whose account.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="commissions",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("earned", "Commission"),
                                ("reversed", "Taken back: the customer was refunded"),
                                (
                                    "restored",
                                    "Given back: the refund failed or the dispute was won",
                                ),
                                ("paid", "Paid out"),
                                ("returned", "Payout cancelled"),
                            ],
                            help_text="Why the account moved.",
                            max_length=8,
                        ),
                    ),
                    (
                        "holder",
                        models.CharField(
                            help_text="What it was for, such as order:17 or payout:3.",
                            max_length=80,
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            help_text="Three capital letters.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            help_text="In the smallest unit; negative takes away.",
                            verbose_name="amount",
                        ),
                    ),
                    (
                        "matures_at",
                        models.DateTimeField(help_text="From when it counts for a payout."),
                    ),
                    ("created_at", models.DateTimeField(help_text="When it was written.")),
                ],
                options={
                    "verbose_name": "commission",
                    "ordering": ["-pk"],
                    "indexes": [
                        models.Index(
                            fields=["customer", "currency", "matures_at"],
                            name="commission_account",
                        ),
                        models.Index(fields=["holder"], name="commission_by_holder"),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("amount_minor__gt", 0),
                                    ("kind__in", ["earned", "restored", "returned"]),
                                ),
                                models.Q(
                                    ("amount_minor__lt", 0), ("kind__in", ["reversed", "paid"])
                                ),
                                _connector="OR",
                            ),
                            name="commission_sign_fits_kind",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(
                                ("kind__in", ["reversed", "restored"]), _negated=True
                            ),
                            fields=("holder", "kind"),
                            name="commission_once_per_holder",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="GiftCard",
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
                        "code",
                        models.CharField(
                            help_text="What is typed.",
                            max_length=40,
                            unique=True,
                            validators=[
                                django.core.validators.RegexValidator(
                                    "^[A-Z0-9_-]{3,40}\\Z",
                                    "A code is 3 to 40 capital letters, digits, dashes or underscores.",
                                )
                            ],
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            help_text="Three capital letters.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "issued_minor",
                        models.BigIntegerField(
                            help_text="In the smallest unit of the currency.",
                            verbose_name="issued",
                        ),
                    ),
                    (
                        "balance_minor",
                        models.BigIntegerField(
                            help_text="What is left, in the smallest unit.",
                            verbose_name="balance",
                        ),
                    ),
                    (
                        "expires_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="Not valid from this moment on; empty: for ever.",
                            null=True,
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True, help_text="Off stops the card at once."
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            blank=True,
                            help_text="Who redeemed it; from then on nobody else can spend it.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="gift_cards",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "redeemed_at",
                        models.DateTimeField(
                            blank=True, help_text="When it was redeemed.", null=True
                        ),
                    ),
                    (
                        "batch",
                        models.CharField(
                            blank=True,
                            help_text="Set it was issued with, to find and export it.",
                            max_length=60,
                        ),
                    ),
                    ("created_at", models.DateTimeField(help_text="When it was issued.")),
                    (
                        "note",
                        models.CharField(
                            blank=True, help_text="For staff only.", max_length=200
                        ),
                    ),
                    (
                        "source",
                        models.CharField(
                            blank=True,
                            help_text="What sold it, like order-line:17:1; empty: staff.",
                            max_length=80,
                        ),
                    ),
                    (
                        "frozen",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("", "No"),
                                ("disputed", "Its payment is disputed"),
                                ("refunded", "Its payment was refunded"),
                            ],
                            help_text="Whether its sale was undone; it moves with the money, not by hand.",
                            max_length=8,
                        ),
                    ),
                    (
                        "withheld_minor",
                        models.BigIntegerField(
                            default=0,
                            editable=False,
                            help_text="Cannot be spent, in the smallest unit: its money was refunded.",
                            verbose_name="withheld",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("source", ""), _negated=True),
                            fields=("source",),
                            name="gift_card_once_per_source",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("frozen__in", ["", "disputed", "refunded"])),
                            name="gift_card_frozen_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("customer__isnull", True), ("redeemed_at__isnull", True)
                                ),
                                models.Q(
                                    ("customer__isnull", False), ("redeemed_at__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="gift_card_redeemed_iff_by_whom",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("balance_minor__gte", 0),
                                ("issued_minor__gt", 0),
                                ("balance_minor__lte", models.F("issued_minor")),
                            ),
                            name="gift_card_balance_within_issue",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("withheld_minor__gte", 0),
                                ("withheld_minor__lte", models.F("issued_minor")),
                            ),
                            name="gift_card_withheld_within_issue",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="CodeTries",
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
                        "customer",
                        models.OneToOneField(
                            help_text="Who typed them.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="code_tries",
                            to="customers.customer",
                        ),
                    ),
                    ("since", models.DateTimeField(help_text="When counting began.")),
                    (
                        "wrong",
                        models.PositiveIntegerField(default=0, help_text="Wrong codes since."),
                    ),
                ],
                options={
                    "verbose_name_plural": "code tries",
                },
            ),
            migrations.CreateModel(
                name="GiftCardEntry",
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
                        "card",
                        models.ForeignKey(
                            help_text="Whose balance.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="entries",
                            to="pricing.giftcard",
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("issued", "Issued"),
                                ("spent", "Spent"),
                                ("returned", "Given back"),
                            ],
                            help_text="Why it moved.",
                            max_length=8,
                        ),
                    ),
                    (
                        "holder",
                        models.CharField(
                            help_text="What for, such as order:17.", max_length=80
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            help_text="In the smallest unit; negative was spent.",
                            validators=[
                                django.core.validators.MinValueValidator(-1000000000000000)
                            ],
                            verbose_name="amount",
                        ),
                    ),
                    ("created_at", models.DateTimeField(help_text="When it was written.")),
                ],
                options={
                    "verbose_name_plural": "gift card entries",
                    "ordering": ["-pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("amount_minor__gt", 0),
                                    ("kind__in", ["issued", "returned"]),
                                ),
                                models.Q(("amount_minor__lt", 0), ("kind", "spent")),
                                _connector="OR",
                            ),
                            name="gift_entry_sign_fits_kind",
                        ),
                        models.UniqueConstraint(
                            fields=("card", "holder", "kind"), name="gift_entry_once_per_holder"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Experiment",
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
                        "name",
                        models.CharField(
                            help_text="For staff; customers never see it.", max_length=80
                        ),
                    ),
                    (
                        "tier",
                        models.ForeignKey(
                            help_text="The offer whose price is tested.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="experiments",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("draft", "Draft"),
                                ("running", "Running"),
                                ("stopped", "Stopped"),
                            ],
                            default="draft",
                            help_text="Changed by the buttons of this page; arms are fixed once it runs.",
                            max_length=7,
                        ),
                    ),
                    (
                        "salt",
                        models.CharField(
                            default=pricing.models.experiments.new_salt,
                            editable=False,
                            help_text="Seed of the draw.",
                            max_length=16,
                        ),
                    ),
                    (
                        "starts_at",
                        models.DateTimeField(
                            blank=True, help_text="When it was started.", null=True
                        ),
                    ),
                    (
                        "ends_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="Nobody new joins from this moment on; empty: until stopped.",
                            null=True,
                        ),
                    ),
                    (
                        "honored_days",
                        models.PositiveIntegerField(
                            default=30,
                            help_text="So many days after its end, customers still get the price they were shown.",
                            validators=[django.core.validators.MaxValueValidator(365)],
                        ),
                    ),
                    (
                        "max_customers",
                        models.PositiveIntegerField(
                            blank=True,
                            help_text="Stop by itself after so many customers; empty for no limit.",
                            null=True,
                            validators=[django.core.validators.MinValueValidator(10)],
                        ),
                    ),
                    (
                        "stops_on_harm",
                        models.BooleanField(
                            default=True,
                            help_text="Stop by itself when an arm brings in clearly less than the first (99.9 %).",
                        ),
                    ),
                    (
                        "stop_reason",
                        models.CharField(
                            blank=True, help_text="Why it was stopped.", max_length=200
                        ),
                    ),
                    (
                        "ended_with",
                        models.JSONField(
                            blank=True,
                            editable=False,
                            help_text="The tier's prices when it ended, in minor units by currency.",
                            null=True,
                        ),
                    ),
                    (
                        "ended_in",
                        models.CharField(
                            blank=True,
                            editable=False,
                            help_text="The tier's currency when it ended: its other prices are local ones.",
                            max_length=3,
                            null=True,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("status__in", ["draft", "running", "stopped"])),
                            name="experiment_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("status", "draft"),
                                ("starts_at__isnull", False),
                                _connector="OR",
                            ),
                            name="experiment_runs_since",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status", "stopped"), _negated=True),
                                models.Q(
                                    ("ends_at__isnull", False),
                                    models.Q(("stop_reason", ""), _negated=True),
                                ),
                                _connector="OR",
                            ),
                            name="experiment_stopped_when_and_why",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("starts_at__isnull", True),
                                ("ends_at__isnull", True),
                                ("starts_at__lte", models.F("ends_at")),
                                _connector="OR",
                            ),
                            name="experiment_schedule_forward",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("status", "running")),
                            fields=("tier",),
                            name="experiment_one_running_per_tier",
                            violation_error_message="Another experiment runs on this tier.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ExperimentArm",
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
                        "experiment",
                        models.ForeignKey(
                            help_text="The test it belongs to.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="arms",
                            to="pricing.experiment",
                        ),
                    ),
                    (
                        "name",
                        models.CharField(
                            help_text="For staff, such as 'A: as it is'.", max_length=40
                        ),
                    ),
                    (
                        "weight",
                        models.PositiveIntegerField(
                            default=1,
                            help_text="Its share of the customers, beside the other arms' weights.",
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(100),
                            ],
                        ),
                    ),
                    (
                        "factor_bps",
                        models.PositiveIntegerField(
                            default=10000,
                            help_text="In percent of the list price: 100 is the list price, 90 is a tenth less.",
                            validators=[
                                django.core.validators.MinValueValidator(1000),
                                django.core.validators.MaxValueValidator(50000),
                            ],
                            verbose_name="price",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "arm",
                    "ordering": ["pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("experiment", "name"), name="arm_name_once"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("weight__gte", 1), ("weight__lte", 100)),
                            name="arm_weight_sensible",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("factor_bps__gte", 1000), ("factor_bps__lte", 50000)
                            ),
                            name="arm_price_within_reason",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Exposure",
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
                        "experiment",
                        models.ForeignKey(
                            help_text="The test.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="exposures",
                            to="pricing.experiment",
                        ),
                    ),
                    (
                        "arm",
                        models.ForeignKey(
                            help_text="The price shown.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="exposures",
                            to="pricing.experimentarm",
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            help_text="Who saw it.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="exposures",
                            to="customers.customer",
                        ),
                    ),
                    ("shown_at", models.DateTimeField(help_text="When it was first shown.")),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("experiment", "customer"),
                            name="exposure_one_price_per_customer",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ExperimentSale",
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
                        "exposure",
                        models.ForeignKey(
                            help_text="Who bought, under which arm.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="sales",
                            to="pricing.exposure",
                        ),
                    ),
                    (
                        "holder",
                        models.CharField(
                            help_text="The order, such as order:17.", max_length=80, unique=True
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            help_text="Three capital letters.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "total_minor",
                        models.BigIntegerField(
                            help_text="What it came to, in the smallest unit.",
                            verbose_name="total",
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("placed", "Placed"),
                                ("paid", "Paid"),
                                ("lost", "Not paid, or paid back"),
                            ],
                            default="placed",
                            help_text="Only paid ones count.",
                            max_length=6,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("status__in", ["placed", "paid", "lost"])),
                            name="sale_status_known",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PricingRules",
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
                        "max_discount_bps",
                        models.PositiveIntegerField(
                            default=10000,
                            help_text="In percent of the list price. All discounts together end here; 100 is no limit.",
                            validators=[django.core.validators.MaxValueValidator(10000)],
                            verbose_name="most discount",
                        ),
                    ),
                    (
                        "stale_after_days",
                        models.PositiveIntegerField(
                            blank=True,
                            default=30,
                            help_text="Stop selling at converted prices when the bank's rate is older than so many days. Empty: keep selling at the last known rate.",
                            null=True,
                            validators=[django.core.validators.MinValueValidator(1)],
                        ),
                    ),
                    (
                        "alarm_after_days",
                        models.PositiveIntegerField(
                            default=5,
                            help_text="Warn staff when no new exchange rate has come for so many days.",
                            validators=[django.core.validators.MinValueValidator(1)],
                        ),
                    ),
                    (
                        "jump_bps",
                        models.PositiveIntegerField(
                            default=500,
                            help_text="In percent. A rate that moves by more than this waits for a person.",
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(10000),
                            ],
                            verbose_name="jump alarm",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "general price rules",
                    "verbose_name_plural": "general price rules",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("id", 1)), name="pricing_rules_are_one_row"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("max_discount_bps__lte", 10000)),
                            name="cap_up_to_everything",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("jump_bps__gte", 1), ("jump_bps__lte", 10000)),
                            name="jump_alarm_sensible",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="VolumeStep",
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
                        "months",
                        models.PositiveIntegerField(
                            help_text="From so many months on; the highest step reached applies.",
                            unique=True,
                            validators=[
                                django.core.validators.MinValueValidator(2),
                                django.core.validators.MaxValueValidator(120),
                            ],
                        ),
                    ),
                    (
                        "discount_bps",
                        models.PositiveIntegerField(
                            help_text="In percent of the price so far.",
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(10000),
                            ],
                            verbose_name="discount",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "discount for months",
                    "verbose_name_plural": "discounts for months",
                    "ordering": ["months"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("months__gte", 2), ("months__lte", 120)),
                            name="volume_from_two_months",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("discount_bps__gte", 1), ("discount_bps__lte", 10000)
                            ),
                            name="volume_discount_percent",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="QuantityStep",
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
                            blank=True,
                            help_text="Only for this product, whose own table then replaces the general one. Empty: for every product.",
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="quantity_steps",
                            to="catalog.product",
                        ),
                    ),
                    (
                        "min_quantity",
                        models.PositiveIntegerField(
                            help_text="From so many units on; the highest step reached applies.",
                            validators=[django.core.validators.MinValueValidator(2)],
                        ),
                    ),
                    (
                        "discount_bps",
                        models.PositiveIntegerField(
                            help_text="In percent of the price so far.",
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(10000),
                            ],
                            verbose_name="discount",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "discount for quantity",
                    "verbose_name_plural": "discounts for quantity",
                    "ordering": ["product", "min_quantity"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("min_quantity__gte", 2)),
                            name="quantity_step_from_two",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("discount_bps__gte", 1), ("discount_bps__lte", 10000)
                            ),
                            name="quantity_discount_percent",
                        ),
                        models.UniqueConstraint(
                            fields=("product", "min_quantity"),
                            name="quantity_step_once_per_product",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("product__isnull", True)),
                            fields=("min_quantity",),
                            name="quantity_step_once_in_general",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="LocalPrice",
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
                        models.ForeignKey(
                            help_text="The offer it is a price of.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="local_prices",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            help_text="The currency it is asked in; XTR for Telegram Stars.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            help_text="In the smallest unit (1899 is 18.99 EUR), for one month or for good. Neither exchange rate nor regional markup nor rounding touches it.",
                            verbose_name="price",
                        ),
                    ),
                ],
                options={
                    "ordering": ["tier", "currency"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("tier", "currency"),
                            name="local_price_once_per_currency",
                            violation_error_message="This tier already has a price in that currency.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount_minor__gte", 0)),
                            name="local_price_not_negative",
                            violation_error_message="A price cannot be negative.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="PriceVersion",
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
                        "name",
                        models.CharField(
                            help_text="For staff, such as 'Spring 2027'.", max_length=80
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[("draft", "Draft"), ("published", "Published")],
                            default="draft",
                            help_text="A draft changes nothing; a published list never changes.",
                            max_length=9,
                        ),
                    ),
                    (
                        "valid_from",
                        models.DateTimeField(
                            blank=True,
                            help_text="From when the prices hold; set by publishing.",
                            null=True,
                        ),
                    ),
                    (
                        "subscribers",
                        models.CharField(
                            choices=[
                                ("keep", "Keep the price they started with"),
                                ("move", "Move to the new price at a date"),
                            ],
                            default="keep",
                            help_text="What running subscribers pay from then on.",
                            max_length=4,
                        ),
                    ),
                    (
                        "moves_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When running subscribers move to the new price; only if they move.",
                            null=True,
                        ),
                    ),
                    (
                        "published_at",
                        models.DateTimeField(
                            blank=True, help_text="When a person published it.", null=True
                        ),
                    ),
                    (
                        "published_by",
                        models.CharField(
                            blank=True,
                            help_text="Who published it, such as staff:7.",
                            max_length=40,
                        ),
                    ),
                    ("note", models.TextField(blank=True, help_text="For staff only.")),
                ],
                options={
                    "verbose_name": "price list",
                    "ordering": ["-pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("status__in", ["draft", "published"])),
                            name="version_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("subscribers__in", ["keep", "move"])),
                            name="version_subscribers_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("published_at__isnull", True),
                                    ("published_by", ""),
                                    ("status", "draft"),
                                ),
                                models.Q(
                                    ("published_at__isnull", False),
                                    ("status", "published"),
                                    ("valid_from__gte", models.F("published_at")),
                                    ("valid_from__isnull", False),
                                    models.Q(("published_by", ""), _negated=True),
                                ),
                                _connector="OR",
                            ),
                            name="version_published_iff_by_whom_and_when",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("moves_at__isnull", True), ("subscribers", "keep")),
                                models.Q(("moves_at__isnull", False), ("subscribers", "move")),
                                _connector="OR",
                            ),
                            name="version_moves_iff_date",
                            violation_error_message="Give the date when subscribers move, and only then.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("moves_at__isnull", True),
                                ("valid_from__isnull", True),
                                ("moves_at__gte", models.F("valid_from")),
                                _connector="OR",
                            ),
                            name="version_moves_after_start",
                            violation_error_message="Subscribers cannot move before the prices hold.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="VersionPrice",
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
                        "version",
                        models.ForeignKey(
                            help_text="The list it belongs to.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="prices",
                            to="pricing.priceversion",
                        ),
                    ),
                    (
                        "tier",
                        models.ForeignKey(
                            help_text="The offer it is a price of.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="version_prices",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            help_text="The tier's own currency for its base price; another one for a local price.",
                            max_length=3,
                            validators=[catalog.models.validate_currency],
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            help_text="In the smallest unit of the currency.",
                            verbose_name="price",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "price",
                    "ordering": ["tier", "currency"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("version", "tier", "currency"),
                            name="version_price_once",
                            violation_error_message="This list already has a price for that.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount_minor__gte", 0)),
                            name="version_price_not_negative",
                            violation_error_message="A price cannot be negative.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="StoredQuote",
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
                        "key",
                        models.CharField(
                            help_text="What the price was for, such as order:17.",
                            max_length=80,
                            unique=True,
                        ),
                    ),
                    (
                        "inputs",
                        models.TextField(
                            help_text="Question, engine and part of the price book, as JSON."
                        ),
                    ),
                    (
                        "result",
                        models.TextField(help_text="The price with its lines, as JSON."),
                    ),
                    ("created_at", models.DateTimeField(help_text="When it was promised.")),
                ],
                options={
                    "ordering": ["-pk"],
                },
            ),
        ),
        TrackVersion(
            "pricing",
            "pricing_affiliate",
            "pricing_affiliateprogram",
            "pricing_currencysetting",
            "pricing_experiment",
            "pricing_experimentarm",
            "pricing_fxrate",
            "pricing_localprice",
            "pricing_priceversion",
            "pricing_pricingrules",
            "pricing_promolimit",
            "pricing_promotion",
            "pricing_promotion_categories",
            "pricing_promotion_products",
            "pricing_promotion_regions",
            "pricing_promotion_tiers",
            "pricing_promotionamount",
            "pricing_quantitystep",
            "pricing_region",
            "pricing_versionprice",
            "pricing_volumestep",
            "catalog_category",
            "catalog_product",
            "catalog_producttier",
        ),
        Freeze(
            "pricing_priceversion",
            "OLD.status = 'published'",
            "a published price list never changes",
        ),
        Freeze(
            "pricing_versionprice",
            "EXISTS (SELECT 1 FROM pricing_priceversion v"
            " WHERE v.id = OLD.version_id AND v.status = 'published')",
            "a published price list never changes",
        ),
        Close(
            "pricing_versionprice",
            "EXISTS (SELECT 1 FROM pricing_priceversion v"
            " WHERE v.id = NEW.version_id AND v.status = 'published')",
            "a published price list never changes",
        ),
        Freeze(
            "pricing_experimentarm",
            "EXISTS (SELECT 1 FROM pricing_experiment e"
            " WHERE e.id = OLD.experiment_id AND e.status <> 'draft')",
            "the arms of an experiment are fixed once it runs",
        ),
        Close(
            "pricing_experimentarm",
            "EXISTS (SELECT 1 FROM pricing_experiment e"
            " WHERE e.id = NEW.experiment_id AND e.status <> 'draft')",
            "the arms of an experiment are fixed once it runs",
        ),
        Freeze("pricing_exposure", "TRUE", "a customer keeps the price that was shown"),
        Freeze(
            "pricing_commissionentry", "TRUE", "the commission ledger is only ever added to"
        ),
        Freeze("pricing_giftcardentry", "TRUE", "the gift card ledger is only ever added to"),
        Freeze("pricing_storedquote", "TRUE", "a promised price never changes"),
        migrations.RunPython(fix_used_limits, migrations.RunPython.noop),
        migrations.RunPython(add_defaults, migrations.RunPython.noop),
    ]
