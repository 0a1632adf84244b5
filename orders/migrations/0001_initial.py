"""What was ordered, paid and given back."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import orders.models.order
from shopbot.kernel.operations import CreateTogether


class Migration(migrations.Migration):
    initial = True
    # Whoever ran these one by one has nothing to do.
    replaces = [
        ("orders", "0002_gift_card_part"),
        ("orders", "0003_moved_subscribers"),
        ("orders", "0004_stopped_renewals"),
        ("orders", "0005_resumed_readings"),
        ("orders", "0006_card_countries"),
        ("orders", "0007_planned_plans"),
        ("orders", "0008_stopped_here"),
        ("orders", "0009_spent_gift_cards"),
        ("orders", "0010_unsure_stops"),
        ("orders", "0011_first_purchase_once"),
    ]

    dependencies = [
        ("catalog", "0001_initial"),
        ("customers", "0001_initial"),
        ("pricing", "0001_initial"),
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name="ReconcileCursor",
                fields=[
                    (
                        "provider",
                        models.CharField(
                            help_text="The gateway.",
                            max_length=16,
                            primary_key=True,
                            serialize=False,
                        ),
                    ),
                    (
                        "cursor",
                        models.CharField(
                            blank=True,
                            help_text="Where to go on, in the provider's own terms.",
                            max_length=255,
                        ),
                    ),
                    (
                        "read_until",
                        models.DateTimeField(
                            blank=True,
                            help_text="Everything before this moment has been read.",
                            null=True,
                        ),
                    ),
                    (
                        "reading_since",
                        models.DateTimeField(
                            blank=True,
                            help_text="What the reading under way looks back to.",
                            null=True,
                        ),
                    ),
                    (
                        "reading_began_at",
                        models.DateTimeField(
                            blank=True, help_text="When the reading under way began.", null=True
                        ),
                    ),
                    (
                        "error",
                        models.TextField(blank=True, help_text="Why the last reading stopped."),
                    ),
                ],
                options={
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("reading_began_at", None), ("reading_since", None)),
                                models.Q(
                                    ("reading_began_at__isnull", False),
                                    ("reading_since__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="reconcile_reading_begun_iff_since",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="AuditResult",
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
                    ("checked_at", models.DateTimeField(help_text="When.")),
                    (
                        "checks",
                        models.PositiveIntegerField(
                            help_text="How many comparisons were made."
                        ),
                    ),
                    (
                        "differences",
                        models.PositiveIntegerField(help_text="How many did not agree."),
                    ),
                    (
                        "report",
                        models.JSONField(
                            default=dict, help_text="Each comparison with both sides."
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("differences__lte", models.F("checks"))),
                            name="audit_differences_within_checks",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Subscription",
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
                        models.UUIDField(
                            default=uuid.uuid4,
                            help_text="Our name for it at the provider.",
                            unique=True,
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            help_text="Who is charged.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="subscriptions",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "tier",
                        models.ForeignKey(
                            help_text="What is renewed.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="subscriptions",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "gateway",
                        models.CharField(help_text="Gateway that charges.", max_length=16),
                    ),
                    (
                        "external_id",
                        models.CharField(
                            blank=True,
                            help_text="The provider's id of the agreement.",
                            max_length=255,
                        ),
                    ),
                    (
                        "provider_customer_id",
                        models.CharField(
                            blank=True,
                            help_text="The provider's id of the customer.",
                            max_length=255,
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("incomplete", "Waiting for the first payment"),
                                ("trialing", "In its free trial"),
                                ("active", "Active"),
                                ("past_due", "Renewal failed, being retried"),
                                ("ended", "Ended"),
                            ],
                            default="incomplete",
                            help_text="As the provider last said.",
                            max_length=10,
                        ),
                    ),
                    (
                        "price_minor",
                        models.BigIntegerField(
                            help_text="What each renewal charges, in the smallest unit."
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(help_text="Its currency; XTR is Stars.", max_length=3),
                    ),
                    (
                        "months",
                        models.PositiveIntegerField(
                            default=1, help_text="Months that a charge pays for."
                        ),
                    ),
                    (
                        "days",
                        models.PositiveIntegerField(
                            default=0,
                            help_text="Days that a charge pays for, where they are counted.",
                        ),
                    ),
                    (
                        "will_renew",
                        models.BooleanField(
                            default=True, help_text="Off once somebody cancelled."
                        ),
                    ),
                    (
                        "is_stopped_here",
                        models.BooleanField(
                            default=False,
                            help_text="On while the shop, not the customer, keeps the provider from renewing.",
                        ),
                    ),
                    (
                        "current_period_end",
                        models.DateTimeField(
                            blank=True, help_text="Until when it is paid.", null=True
                        ),
                    ),
                    (
                        "next_tier",
                        models.ForeignKey(
                            blank=True,
                            help_text="What renews instead from the next period on; empty: the same.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "next_price_minor",
                        models.BigIntegerField(
                            blank=True,
                            help_text="What that renewal charges, in the smallest unit of the same currency.",
                            null=True,
                        ),
                    ),
                    (
                        "action_url",
                        models.TextField(
                            blank=True, help_text="Where the customer can pay a failed renewal."
                        ),
                    ),
                    (
                        "next_attempt_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When the provider tries a failed renewal again.",
                            null=True,
                        ),
                    ),
                    (
                        "price_version",
                        models.ForeignKey(
                            blank=True,
                            help_text="Price list that it was moved to; empty: the price it began with.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="subscriptions",
                            to="pricing.priceversion",
                        ),
                    ),
                    (
                        "stop_due_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When the provider is asked to renew no more, its money having gone back.",
                            null=True,
                        ),
                    ),
                    ("started_at", models.DateTimeField(help_text="When the customer agreed.")),
                    (
                        "ended_at",
                        models.DateTimeField(blank=True, help_text="When it ended.", null=True),
                    ),
                    (
                        "checked_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When the provider was last asked about it.",
                            null=True,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("stop_due_at__isnull", False)),
                            fields=["stop_due_at"],
                            name="subscription_to_stop",
                        ),
                        models.Index(
                            condition=models.Q(
                                ("status__in", ["trialing", "active", "past_due"])
                            ),
                            fields=["customer", "tier"],
                            name="subscription_live",
                        ),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "status__in",
                                    ["incomplete", "trialing", "active", "past_due", "ended"],
                                )
                            ),
                            name="subscription_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("ended_at__isnull", False), ("status", "ended")),
                                models.Q(
                                    models.Q(("status", "ended"), _negated=True),
                                    ("ended_at__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            name="subscription_ended_iff_ended_at",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status", "ended"), _negated=True),
                                ("will_renew", False),
                                _connector="OR",
                            ),
                            name="subscription_ended_never_renews",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("stop_due_at", None),
                                ("will_renew", True),
                                models.Q(("gateway", "stars"), ("is_stopped_here", False)),
                                _connector="OR",
                            ),
                            name="subscription_stops_only_while_it_may_renew",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("days", 0), ("months__gte", 1)),
                                models.Q(("days__gte", 1), ("months", 0)),
                                _connector="OR",
                            ),
                            name="subscription_counts_months_or_days",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("next_price_minor__isnull", True),
                                    ("next_tier__isnull", True),
                                ),
                                models.Q(
                                    ("next_price_minor__isnull", False),
                                    ("next_tier__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="subscription_next_tier_iff_price",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("external_id", ""), _negated=True),
                            fields=("gateway", "external_id"),
                            name="subscription_once_per_external_id",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Order",
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
                        "number",
                        models.CharField(
                            default=orders.models.order.new_order_number,
                            help_text="What the customer quotes when asking about the order.",
                            max_length=9,
                            unique=True,
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            help_text="Who buys.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="orders",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("pending", "Waiting for payment"),
                                ("paid", "Paid"),
                                ("fulfilled", "Delivered"),
                                ("partially_refunded", "Partly refunded"),
                                ("refunded", "Refunded"),
                                ("cancelled", "Cancelled"),
                                ("expired", "Expired unpaid"),
                            ],
                            default="pending",
                            help_text="Moved by payments, refunds and actions of this page.",
                            max_length=18,
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            help_text="Currency of every amount of this order; XTR is Stars.",
                            max_length=3,
                        ),
                    ),
                    (
                        "base_minor",
                        models.BigIntegerField(
                            help_text="Price before discounts, in the currency's smallest unit."
                        ),
                    ),
                    (
                        "total_minor",
                        models.BigIntegerField(
                            help_text="What the customer pays, in the smallest unit."
                        ),
                    ),
                    (
                        "region",
                        models.CharField(
                            help_text="Region whose prices applied.", max_length=8
                        ),
                    ),
                    (
                        "quote",
                        models.TextField(
                            help_text="The priced quote, byte for byte as it was promised."
                        ),
                    ),
                    (
                        "placement_key",
                        models.CharField(
                            help_text="Makes a repeated tap the same order.", max_length=64
                        ),
                    ),
                    (
                        "subscription",
                        models.ForeignKey(
                            blank=True,
                            help_text="The renewal agreement that this order began or that charged for it.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="orders",
                            to="orders.subscription",
                        ),
                    ),
                    (
                        "payment_method",
                        models.CharField(
                            blank=True,
                            help_text="Gateway whose money settled the order.",
                            max_length=16,
                        ),
                    ),
                    (
                        "transaction_id",
                        models.CharField(
                            blank=True,
                            help_text="The provider's id of the charge that settled it.",
                            max_length=255,
                        ),
                    ),
                    ("note", models.TextField(blank=True, help_text="For staff only.")),
                    (
                        "placed_at",
                        models.DateTimeField(
                            help_text="When the customer confirmed the price."
                        ),
                    ),
                    (
                        "expires_at",
                        models.DateTimeField(
                            help_text="Price and stock are held until this moment."
                        ),
                    ),
                    (
                        "paid_at",
                        models.DateTimeField(
                            blank=True, help_text="When it was settled.", null=True
                        ),
                    ),
                    (
                        "fulfilled_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When everything in it had been delivered.",
                            null=True,
                        ),
                    ),
                    (
                        "closed_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When it was cancelled, expired or fully refunded.",
                            null=True,
                        ),
                    ),
                    (
                        "paid_minor",
                        models.BigIntegerField(
                            default=0,
                            help_text="Money that settled the order, in the smallest unit.",
                        ),
                    ),
                    (
                        "refunded_minor",
                        models.BigIntegerField(
                            default=0,
                            help_text="Money given back from it so far, in the smallest unit.",
                        ),
                    ),
                    (
                        "card_minor",
                        models.BigIntegerField(
                            default=0,
                            help_text="What gift cards pay beside the total, in the smallest unit.",
                        ),
                    ),
                    (
                        "holds_first_purchase",
                        models.BooleanField(
                            default=False,
                            help_text="Its price counts on being the customer's first purchase.",
                        ),
                    ),
                    (
                        "is_disputed",
                        models.BooleanField(
                            default=False,
                            help_text="The payer disputes the charge; access is suspended.",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "permissions": [
                        ("refund_order", "Can refund orders"),
                        ("settle_order", "Can settle orders by hand"),
                        ("cancel_order", "Can cancel orders"),
                        ("deliver_order", "Can mark orders delivered"),
                    ],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("status", "pending")),
                            fields=["expires_at"],
                            name="order_due",
                        ),
                        models.Index(fields=["customer", "-id"], name="order_by_customer"),
                        models.Index(fields=["status", "-id"], name="order_by_status"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "placement_key"),
                            name="order_once_per_placement",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(
                                ("holds_first_purchase", True), ("status", "pending")
                            ),
                            fields=("customer",),
                            name="order_first_purchase_once",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "status__in",
                                    [
                                        "pending",
                                        "paid",
                                        "fulfilled",
                                        "partially_refunded",
                                        "refunded",
                                        "cancelled",
                                        "expired",
                                    ],
                                )
                            ),
                            name="order_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    models.Q(("payment_method", ""), _negated=True),
                                    ("paid_at__isnull", False),
                                    (
                                        "status__in",
                                        ["paid", "fulfilled", "partially_refunded", "refunded"],
                                    ),
                                ),
                                models.Q(
                                    ("fulfilled_at__isnull", True),
                                    ("is_disputed", False),
                                    ("paid_at__isnull", True),
                                    ("paid_minor", 0),
                                    ("payment_method", ""),
                                    ("status__in", ["pending", "cancelled", "expired"]),
                                    ("transaction_id", ""),
                                ),
                                _connector="OR",
                            ),
                            name="order_paid_iff_payment",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status", "fulfilled"), _negated=True),
                                ("fulfilled_at__isnull", False),
                                _connector="OR",
                            ),
                            name="order_fulfilled_needs_time",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status", "paid"), _negated=True),
                                ("fulfilled_at__isnull", True),
                                _connector="OR",
                            ),
                            name="order_paid_is_undelivered",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("closed_at__isnull", False),
                                    ("status__in", ["refunded", "cancelled", "expired"]),
                                ),
                                models.Q(
                                    ("closed_at__isnull", True),
                                    (
                                        "status__in",
                                        ["pending", "paid", "fulfilled", "partially_refunded"],
                                    ),
                                ),
                                _connector="OR",
                            ),
                            name="order_closed_iff_closed_at",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("refunded_minor", models.F("paid_minor")),
                                    ("refunded_minor__gt", 0),
                                    ("status", "refunded"),
                                ),
                                models.Q(
                                    ("card_minor", 0),
                                    ("paid_minor", 0),
                                    ("payment_method", "gift_card"),
                                    ("status", "refunded"),
                                ),
                                models.Q(
                                    ("refunded_minor__gt", 0),
                                    ("refunded_minor__lt", models.F("paid_minor")),
                                    ("status", "partially_refunded"),
                                ),
                                models.Q(
                                    ("refunded_minor", 0),
                                    (
                                        "status__in",
                                        [
                                            "pending",
                                            "paid",
                                            "fulfilled",
                                            "cancelled",
                                            "expired",
                                        ],
                                    ),
                                ),
                                _connector="OR",
                            ),
                            name="order_refunded_iff_money_back",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("base_minor__gte", 0),
                                ("card_minor__gte", 0),
                                ("paid_minor__gte", 0),
                                ("total_minor__gte", 0),
                            ),
                            name="order_amounts_not_negative",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("expires_at__gt", models.F("placed_at"))),
                            name="order_expires_after_placed",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="OrderLine",
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
                        "order",
                        models.ForeignKey(
                            help_text="The order.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="lines",
                            to="orders.order",
                        ),
                    ),
                    (
                        "tier",
                        models.ForeignKey(
                            help_text="The tier that was bought, as it is today.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="order_lines",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "product_name",
                        models.CharField(
                            help_text="Product, as the customer read it.", max_length=100
                        ),
                    ),
                    (
                        "tier_name",
                        models.CharField(
                            help_text="Tier, as the customer read it.", max_length=100
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
                            help_text="Level that the tier had.",
                            max_length=10,
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
                            help_text="Kind of goods it was sold as; decides the ways of payment.",
                            max_length=8,
                        ),
                    ),
                    (
                        "billing_period",
                        models.CharField(
                            choices=[("month", "per month"), ("once", "once")],
                            help_text="What the unit price pays for.",
                            max_length=5,
                        ),
                    ),
                    (
                        "quantity",
                        models.PositiveIntegerField(default=1, help_text="Units bought."),
                    ),
                    (
                        "months",
                        models.PositiveIntegerField(
                            default=0,
                            help_text="Months bought; 0 when the price is paid once for good.",
                        ),
                    ),
                    (
                        "unit_minor",
                        models.BigIntegerField(
                            help_text="Price of one unit before discounts, in the smallest unit."
                        ),
                    ),
                    (
                        "total_minor",
                        models.BigIntegerField(
                            help_text="What this line costs after discounts, in the smallest unit."
                        ),
                    ),
                    (
                        "terms",
                        models.JSONField(
                            default=dict,
                            help_text="What it gives: entitlements, levels, grace, stock.",
                        ),
                    ),
                ],
                options={
                    "ordering": ["pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("level__in", ["free", "premium", "vip", "enterprise"])
                            ),
                            name="order_line_level_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("goods_type__in", ["digital", "service", "physical"])
                            ),
                            name="order_line_goods_type_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("billing_period", "month"), ("months__gte", 1)),
                                models.Q(("billing_period", "once"), ("months", 0)),
                                _connector="OR",
                            ),
                            name="order_line_months_iff_monthly",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("quantity__gte", 1),
                                ("total_minor__gte", 0),
                                ("unit_minor__gte", 0),
                            ),
                            name="order_line_amounts_sane",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Payment",
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
                        "order",
                        models.ForeignKey(
                            blank=True,
                            help_text="What it pays for; empty for money of no known order.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="payments",
                            to="orders.order",
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            blank=True,
                            help_text="Who pays, where known.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="payments",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "gateway",
                        models.CharField(
                            help_text="Way of payment: stars, stripe, demo, free or manual.",
                            max_length=16,
                        ),
                    ),
                    (
                        "key",
                        models.UUIDField(
                            default=uuid.uuid4,
                            help_text="Our name for it at the provider.",
                            unique=True,
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("open", "Open"),
                                ("processing", "Processing at the bank"),
                                ("paid", "Paid"),
                                ("failed", "Failed"),
                                ("expired", "Expired"),
                                ("cancelled", "Cancelled"),
                            ],
                            default="open",
                            help_text="As the provider last said; never goes backwards.",
                            max_length=10,
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            help_text="What was asked for, in the smallest unit of the currency."
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(help_text="Currency; XTR is Stars.", max_length=3),
                    ),
                    (
                        "subscription",
                        models.ForeignKey(
                            blank=True,
                            help_text="The renewal agreement that it begins or that charged for it.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="payments",
                            to="orders.subscription",
                        ),
                    ),
                    (
                        "starts_subscription",
                        models.BooleanField(
                            default=False, help_text="Paying it begins a renewal agreement."
                        ),
                    ),
                    (
                        "external_id",
                        models.CharField(
                            blank=True,
                            help_text="The provider's id of the checkout or invoice.",
                            max_length=255,
                        ),
                    ),
                    (
                        "intent_id",
                        models.CharField(
                            blank=True,
                            help_text="The provider's id of the taking of the money.",
                            max_length=255,
                        ),
                    ),
                    (
                        "charge_id",
                        models.CharField(
                            blank=True,
                            help_text="The provider's id of the completed charge.",
                            max_length=255,
                        ),
                    ),
                    (
                        "card_country",
                        models.CharField(
                            blank=True,
                            help_text="Where the card was issued, two letters.",
                            max_length=2,
                        ),
                    ),
                    (
                        "is_card_foreign",
                        models.BooleanField(
                            default=False,
                            help_text="The card comes from a part of the world that has other prices here.",
                            verbose_name="card from another region",
                        ),
                    ),
                    ("url", models.TextField(blank=True, help_text="Where the customer pays.")),
                    (
                        "invoice",
                        models.JSONField(
                            blank=True,
                            help_text="Invoice for the bot to send instead of an address.",
                            null=True,
                        ),
                    ),
                    (
                        "payer_telegram_id",
                        models.BigIntegerField(
                            blank=True,
                            help_text="Telegram number of the person who paid.",
                            null=True,
                        ),
                    ),
                    (
                        "paid_minor",
                        models.BigIntegerField(
                            default=0, help_text="Money that arrived, in the smallest unit."
                        ),
                    ),
                    (
                        "refunded_minor",
                        models.BigIntegerField(
                            default=0,
                            help_text="Money on its way back or back, in the smallest unit.",
                        ),
                    ),
                    (
                        "failure",
                        models.CharField(
                            blank=True,
                            help_text="Why it failed, in the provider's words.",
                            max_length=255,
                        ),
                    ),
                    ("opened_at", models.DateTimeField(help_text="When the attempt began.")),
                    (
                        "expires_at",
                        models.DateTimeField(
                            blank=True, help_text="When it can no longer be paid.", null=True
                        ),
                    ),
                    (
                        "paid_at",
                        models.DateTimeField(
                            blank=True, help_text="When we learned that it is paid.", null=True
                        ),
                    ),
                    (
                        "settled_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When its money settled the order; once per order.",
                            null=True,
                        ),
                    ),
                    (
                        "checked_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When the provider was last asked about it.",
                            null=True,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("status__in", ["open", "processing"])),
                            fields=["gateway", "opened_at"],
                            name="payment_unfinished",
                        ),
                        models.Index(fields=["gateway", "paid_at"], name="payment_by_paid_at"),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "status__in",
                                    [
                                        "open",
                                        "processing",
                                        "paid",
                                        "failed",
                                        "expired",
                                        "cancelled",
                                    ],
                                )
                            ),
                            name="payment_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("paid_at__isnull", False), ("status", "paid")),
                                models.Q(
                                    models.Q(("status", "paid"), _negated=True),
                                    ("paid_at__isnull", True),
                                    ("paid_minor", 0),
                                ),
                                _connector="OR",
                            ),
                            name="payment_paid_iff_paid_at",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("refunded_minor__gte", 0),
                                ("refunded_minor__lte", models.F("paid_minor")),
                            ),
                            name="payment_never_refunds_more",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("settled_at__isnull", True),
                                models.Q(("order__isnull", False), ("status", "paid")),
                                _connector="OR",
                            ),
                            name="payment_settles_only_when_paid",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("starts_subscription", False),
                                ("subscription__isnull", False),
                                _connector="OR",
                            ),
                            name="payment_starts_a_known_subscription",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("order__isnull", False), ("status", "paid"), _connector="OR"
                            ),
                            name="payment_without_order_is_money",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("settled_at__isnull", False)),
                            fields=("order",),
                            name="payment_settles_an_order_once",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("external_id", ""), _negated=True),
                            fields=("gateway", "external_id"),
                            name="payment_once_per_external_id",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("intent_id", ""), _negated=True),
                            fields=("gateway", "intent_id"),
                            name="payment_once_per_intent",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("charge_id", ""), _negated=True),
                            fields=("gateway", "charge_id"),
                            name="payment_once_per_charge",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="MoneyCase",
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
                            help_text="What it is about; opened once however often met.",
                            max_length=120,
                            unique=True,
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("unknown_order", "Money for no known order"),
                                ("wrong_amount", "Another amount than the order's"),
                                ("wrong_currency", "Another currency than the order's"),
                                ("second_payment", "A second payment of one order"),
                                ("late_payment", "Paid after the order was closed"),
                                ("provider_refund", "Refund made at the provider"),
                                ("refund_failed", "A refund failed at the provider"),
                                ("dispute_lost", "A dispute was lost"),
                                ("card_spent", "A gift card was spent meanwhile"),
                                ("still_renewing", "Renews though its money went back"),
                                ("fraud_warning", "The card's bank warns of fraud"),
                                ("audit", "The books differ"),
                            ],
                            help_text="What does not fit.",
                            max_length=16,
                        ),
                    ),
                    (
                        "payment",
                        models.ForeignKey(
                            blank=True,
                            help_text="The payment whose money it is.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="cases",
                            to="orders.payment",
                        ),
                    ),
                    (
                        "order",
                        models.ForeignKey(
                            blank=True,
                            help_text="The order that it was meant for.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="money_cases",
                            to="orders.order",
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            blank=True,
                            help_text="The money in question, in the smallest unit.",
                            null=True,
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(blank=True, help_text="Its currency.", max_length=3),
                    ),
                    (
                        "detail",
                        models.JSONField(
                            default=dict, help_text="What was expected and what was found."
                        ),
                    ),
                    ("opened_at", models.DateTimeField(help_text="When it was noticed.")),
                    (
                        "resolution",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("honour", "Honoured: delivered for this money"),
                                ("refund", "Refunded"),
                                ("attach", "Attached to another order"),
                                ("dismiss", "Dismissed with a reason"),
                            ],
                            help_text="What staff decided; empty while it is open.",
                            max_length=7,
                        ),
                    ),
                    (
                        "resolved_at",
                        models.DateTimeField(
                            blank=True, help_text="When staff decided.", null=True
                        ),
                    ),
                    (
                        "resolved_by",
                        models.CharField(
                            blank=True, help_text="Who, like staff:7.", max_length=80
                        ),
                    ),
                    (
                        "reason",
                        models.TextField(blank=True, help_text="Why it was resolved this way."),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "permissions": [
                        ("resolve_moneycase", "Can resolve cases of the money inbox")
                    ],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("resolution", "")),
                            fields=["-id"],
                            name="money_case_open",
                        )
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "kind__in",
                                    [
                                        "unknown_order",
                                        "wrong_amount",
                                        "wrong_currency",
                                        "second_payment",
                                        "late_payment",
                                        "provider_refund",
                                        "refund_failed",
                                        "dispute_lost",
                                        "card_spent",
                                        "still_renewing",
                                        "fraud_warning",
                                        "audit",
                                    ],
                                )
                            ),
                            name="money_case_kind_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "resolution__in",
                                    ["", "honour", "refund", "attach", "dismiss"],
                                )
                            ),
                            name="money_case_resolution_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("resolution", ""),
                                    ("resolved_at__isnull", True),
                                    ("resolved_by", ""),
                                ),
                                models.Q(
                                    models.Q(("resolution", ""), _negated=True),
                                    models.Q(("resolved_by", ""), _negated=True),
                                    ("resolved_at__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="money_case_resolved_iff_by_someone",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("resolution", "dismiss"), _negated=True),
                                models.Q(("reason", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="money_case_dismissed_with_reason",
                            violation_error_message="Dismissing a case needs a reason.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SupportCase",
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
                            help_text="Who asks.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="support_cases",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "order",
                        models.ForeignKey(
                            blank=True,
                            help_text="The order it is about, where the customer named one.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="support_cases",
                            to="orders.order",
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("open", "Waiting for staff"),
                                ("answered", "Answered"),
                                ("closed", "Closed"),
                            ],
                            default="open",
                            help_text="Whose turn it is.",
                            max_length=8,
                        ),
                    ),
                    (
                        "opened_at",
                        models.DateTimeField(help_text="When the customer asked first."),
                    ),
                    ("updated_at", models.DateTimeField(help_text="When anyone last wrote.")),
                    (
                        "closed_at",
                        models.DateTimeField(
                            blank=True, help_text="When it was closed.", null=True
                        ),
                    ),
                ],
                options={
                    "ordering": ["-updated_at"],
                    "permissions": [("answer_supportcase", "Can answer customers")],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("status__in", ["open", "answered", "closed"])),
                            name="support_case_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("closed_at__isnull", False), ("status", "closed")),
                                models.Q(
                                    ("closed_at__isnull", True),
                                    ("status__in", ["open", "answered"]),
                                ),
                                _connector="OR",
                            ),
                            name="support_case_closed_iff_closed_at",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("status", "closed"), _negated=True),
                            fields=("customer",),
                            name="support_case_one_open_per_customer",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SupportMessage",
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
                        "case",
                        models.ForeignKey(
                            help_text="The case.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="messages",
                            to="orders.supportcase",
                        ),
                    ),
                    (
                        "author",
                        models.CharField(
                            help_text="Who wrote it: customer:42, staff:7.", max_length=80
                        ),
                    ),
                    (
                        "text",
                        models.TextField(
                            help_text="What was written; the other side reads it as it is."
                        ),
                    ),
                    ("written_at", models.DateTimeField(help_text="When.")),
                    (
                        "key",
                        models.CharField(
                            blank=True,
                            help_text="Makes a repeated delivery the same message.",
                            max_length=80,
                        ),
                    ),
                ],
                options={
                    "ordering": ["pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("text", ""), _negated=True),
                            name="support_message_says_something",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("key", ""), _negated=True),
                            fields=("case", "key"),
                            name="support_message_once_per_key",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="UpgradeCredit",
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
                        "order",
                        models.ForeignKey(
                            help_text="The order that is cheaper by it.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="upgrade_credits",
                            to="orders.order",
                        ),
                    ),
                    (
                        "line",
                        models.ForeignKey(
                            help_text="The earlier purchase whose time is not used up.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="upgrade_credits",
                            to="orders.orderline",
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("held", "Held for a pending order"),
                                ("used", "Used"),
                                ("released", "Released"),
                            ],
                            default="held",
                            help_text="Used when the order is paid, released when it is not.",
                            max_length=8,
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            help_text="In the smallest unit of the currency."
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(help_text="Currency of both orders.", max_length=3),
                    ),
                    (
                        "unused_seconds",
                        models.BigIntegerField(help_text="Time that was left, in seconds."),
                    ),
                    (
                        "total_seconds",
                        models.BigIntegerField(
                            help_text="Time that had been bought, in seconds."
                        ),
                    ),
                    (
                        "computed_at",
                        models.DateTimeField(
                            help_text="Moment up to which time counts as used."
                        ),
                    ),
                    (
                        "access_ends_at",
                        models.DateTimeField(
                            help_text="When the earlier purchase would have ended."
                        ),
                    ),
                ],
                options={
                    "ordering": ["pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("status__in", ["held", "used", "released"])),
                            name="upgrade_credit_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount_minor__gt", 0)),
                            name="upgrade_credit_positive",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("unused_seconds__gt", 0),
                                ("unused_seconds__lte", models.F("total_seconds")),
                            ),
                            name="upgrade_credit_within_bought_time",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("status", "released"), _negated=True),
                            fields=("line",),
                            name="upgrade_credit_once_per_line",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Dispute",
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
                        "payment",
                        models.ForeignKey(
                            help_text="The disputed payment.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="disputes",
                            to="orders.payment",
                        ),
                    ),
                    (
                        "external_id",
                        models.CharField(help_text="The provider's id.", max_length=255),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("warning", "Inquiry, no money moved"),
                                ("open", "Open"),
                                ("lost", "Lost"),
                                ("won", "Won"),
                            ],
                            help_text="How it stands at the provider.",
                            max_length=7,
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            help_text="Disputed money, in the smallest unit."
                        ),
                    ),
                    ("currency", models.CharField(help_text="Its currency.", max_length=3)),
                    (
                        "reason",
                        models.CharField(
                            blank=True, help_text="The payer's reason.", max_length=120
                        ),
                    ),
                    (
                        "evidence_due_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="Answer at the provider before this moment.",
                            null=True,
                        ),
                    ),
                    ("opened_at", models.DateTimeField(help_text="When we learned of it.")),
                    (
                        "closed_at",
                        models.DateTimeField(
                            blank=True, help_text="When it was won or lost.", null=True
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("payment", "external_id"),
                            name="dispute_once_per_external_id",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("status__in", ["warning", "open", "lost", "won"])
                            ),
                            name="dispute_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("closed_at__isnull", False),
                                    ("status__in", ["won", "lost"]),
                                ),
                                models.Q(
                                    ("closed_at__isnull", True),
                                    ("status__in", ["warning", "open"]),
                                ),
                                _connector="OR",
                            ),
                            name="dispute_closed_iff_decided",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Notice",
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
                        "provider",
                        models.CharField(
                            help_text="Gateway that it came through.", max_length=16
                        ),
                    ),
                    (
                        "event_id",
                        models.CharField(
                            help_text="The provider's id of the message.", max_length=255
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            help_text="The provider's word for what happened.", max_length=80
                        ),
                    ),
                    (
                        "refs",
                        models.JSONField(default=dict, help_text="The ids that it names."),
                    ),
                    (
                        "body",
                        models.JSONField(
                            default=dict, help_text="What it said, as it was read."
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            blank=True,
                            help_text="Money it speaks of, in the smallest unit.",
                            null=True,
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            blank=True, help_text="Currency of that money.", max_length=3
                        ),
                    ),
                    (
                        "payer_telegram_id",
                        models.BigIntegerField(
                            blank=True,
                            help_text="Telegram number of the payer, where it says.",
                            null=True,
                        ),
                    ),
                    (
                        "is_ours",
                        models.BooleanField(
                            default=True, help_text="Whether it names anything of ours."
                        ),
                    ),
                    (
                        "occurred_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When it happened, by the provider's clock.",
                            null=True,
                        ),
                    ),
                    (
                        "received_at",
                        models.DateTimeField(help_text="When it was first received."),
                    ),
                    (
                        "outcome",
                        models.CharField(
                            choices=[
                                ("waiting", "Waiting"),
                                ("applied", "Applied"),
                                ("foreign", "Not about us"),
                                ("dead", "Given up, see the error"),
                            ],
                            default="waiting",
                            help_text="What became of it.",
                            max_length=7,
                        ),
                    ),
                    (
                        "applied_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When our books were brought to what it said.",
                            null=True,
                        ),
                    ),
                    (
                        "payment",
                        models.ForeignKey(
                            blank=True,
                            help_text="The payment that it is about, once found.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="notices",
                            to="orders.payment",
                        ),
                    ),
                    (
                        "attempts",
                        models.PositiveIntegerField(
                            default=0, help_text="How often it was tried."
                        ),
                    ),
                    (
                        "next_attempt_at",
                        models.DateTimeField(
                            blank=True, help_text="When it is tried again.", null=True
                        ),
                    ),
                    (
                        "error",
                        models.TextField(blank=True, help_text="Why the last try failed."),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "permissions": [("replay_notice", "Can replay notices")],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("outcome", "waiting")),
                            fields=["next_attempt_at"],
                            name="notice_due",
                        )
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("provider", "event_id"), name="notice_once_per_event"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("outcome__in", ["waiting", "applied", "foreign", "dead"])
                            ),
                            name="notice_outcome_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("applied_at__isnull", False), ("outcome", "applied")),
                                models.Q(
                                    models.Q(("outcome", "applied"), _negated=True),
                                    ("applied_at__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            name="notice_applied_iff_applied_at",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReceiptCounter",
                fields=[
                    (
                        "year",
                        models.PositiveIntegerField(
                            help_text="Year of the receipts.", primary_key=True, serialize=False
                        ),
                    ),
                    (
                        "last",
                        models.PositiveIntegerField(
                            default=0, help_text="Last number given in it."
                        ),
                    ),
                ],
            ),
            migrations.CreateModel(
                name="Receipt",
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
                        "order",
                        models.OneToOneField(
                            help_text="The paid order.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="receipt",
                            to="orders.order",
                        ),
                    ),
                    (
                        "year",
                        models.PositiveIntegerField(
                            help_text="Year that the number belongs to."
                        ),
                    ),
                    (
                        "sequence",
                        models.PositiveIntegerField(
                            help_text="Number within the year, without gaps."
                        ),
                    ),
                    ("issued_at", models.DateTimeField(help_text="When it was issued.")),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("year", "sequence"), name="receipt_number_once"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("sequence__gte", 1)),
                            name="receipt_counts_from_one",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Refund",
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
                        "payment",
                        models.ForeignKey(
                            help_text="The payment that is given back.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="refunds",
                            to="orders.payment",
                        ),
                    ),
                    (
                        "key",
                        models.UUIDField(
                            default=uuid.uuid4,
                            help_text="Our name for it at the provider.",
                            unique=True,
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("requested", "Requested, not sent yet"),
                                ("pending", "Taken by the provider"),
                                ("succeeded", "Money is back"),
                                ("failed", "Failed, the money is still here"),
                            ],
                            default="requested",
                            help_text="As the provider last said.",
                            max_length=9,
                        ),
                    ),
                    (
                        "amount_minor",
                        models.BigIntegerField(
                            help_text="In the smallest unit of the currency."
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(help_text="Currency of the payment.", max_length=3),
                    ),
                    ("reason", models.TextField(help_text="Why; staff and the audit read it.")),
                    (
                        "access",
                        models.CharField(
                            choices=[
                                ("keep", "Keep access"),
                                ("shorten", "Shorten access by the refunded share"),
                                ("revoke", "End access"),
                                ("undecided", "Not decided yet"),
                            ],
                            default="undecided",
                            help_text="What happens to what the order gave.",
                            max_length=9,
                        ),
                    ),
                    (
                        "access_applied_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When access was changed accordingly.",
                            null=True,
                        ),
                    ),
                    (
                        "origin",
                        models.CharField(
                            choices=[("staff", "Staff"), ("provider", "Made at the provider")],
                            default="staff",
                            help_text="Whether staff here or somebody at the provider began it.",
                            max_length=8,
                        ),
                    ),
                    (
                        "requested_by",
                        models.CharField(
                            help_text="Who, like staff:7 or stripe.", max_length=80
                        ),
                    ),
                    ("requested_at", models.DateTimeField(help_text="When it was asked for.")),
                    (
                        "external_id",
                        models.CharField(
                            blank=True,
                            help_text="The provider's id of the refund.",
                            max_length=255,
                        ),
                    ),
                    (
                        "finished_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When it succeeded or failed for good.",
                            null=True,
                        ),
                    ),
                    (
                        "attempts",
                        models.PositiveIntegerField(
                            default=0, help_text="How often the provider was asked."
                        ),
                    ),
                    (
                        "next_attempt_at",
                        models.DateTimeField(
                            blank=True, help_text="When the provider is asked again.", null=True
                        ),
                    ),
                    (
                        "error",
                        models.TextField(
                            blank=True, help_text="What the provider answered last."
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("status", "requested")),
                            fields=["next_attempt_at"],
                            name="refund_due",
                        )
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("status__in", ["requested", "pending", "succeeded", "failed"])
                            ),
                            name="refund_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("access__in", ["keep", "shorten", "revoke", "undecided"])
                            ),
                            name="refund_access_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("origin__in", ["staff", "provider"])),
                            name="refund_origin_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount_minor__gt", 0)),
                            name="refund_amount_positive",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("reason", ""), _negated=True),
                            name="refund_has_a_reason",
                            violation_error_message="A refund needs a reason.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("finished_at__isnull", False),
                                    ("status__in", ["succeeded", "failed"]),
                                ),
                                models.Q(
                                    ("finished_at__isnull", True),
                                    ("status__in", ["requested", "pending"]),
                                ),
                                _connector="OR",
                            ),
                            name="refund_finished_iff_finished_at",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("status__in", ["requested", "failed"]),
                                models.Q(("external_id", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="refund_taken_has_external_id",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("external_id", ""), _negated=True),
                            fields=("payment", "external_id"),
                            name="refund_once_per_external_id",
                        ),
                    ],
                },
            ),
        ),
    ]
