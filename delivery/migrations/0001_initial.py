"""What a purchase brings: codes, files and parcels. It raises the catalog's version, which tells which
tiers bring something."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from shopbot.kernel.operations import CreateTogether, TrackVersion


class Migration(migrations.Migration):
    initial = True
    # Whoever ran these one by one has nothing to do.
    replaces = [
        ("delivery", "0002_track_version"),
        ("delivery", "0003_sold_gift_cards"),
        ("delivery", "0004_withdraw_second_copies"),
        ("delivery", "0005_code_for_sale_once"),
        ("delivery", "0006_stock_tracked_again"),
    ]

    dependencies = [
        ("catalog", "0001_initial"),
        ("customers", "0001_initial"),
        ("kernel", "0001_initial"),
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name="CodeStock",
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
                            help_text="The offer whose every unit is one code.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="code_stock",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("imported", "Imported by staff"),
                                ("gift_cards", "Gift cards, made when they are paid"),
                            ],
                            default="imported",
                            help_text="A gift card is worth what was paid for it, in the order's currency.",
                            max_length=10,
                        ),
                    ),
                    (
                        "valid_days",
                        models.PositiveIntegerField(
                            blank=True,
                            help_text="For gift cards: days from the purchase on; empty for ever.",
                            null=True,
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(3650),
                            ],
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True,
                            help_text="On: each unit sold takes a code, and none left means sold out.",
                        ),
                    ),
                    (
                        "low_at",
                        models.PositiveIntegerField(
                            default=5,
                            help_text="Staff are told when this many free codes, or fewer, are left.",
                        ),
                    ),
                    (
                        "low_since",
                        models.DateTimeField(
                            blank=True,
                            help_text="When staff were told that it runs low.",
                            null=True,
                        ),
                    ),
                    (
                        "instructions",
                        models.TextField(
                            blank=True,
                            help_text="Sent with each code: where and how to use it.",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "code stock",
                    "ordering": ["pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("kind__in", ["imported", "gift_cards"])),
                            name="code_stock_kind_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("valid_days__isnull", True),
                                ("kind", "gift_cards"),
                                _connector="OR",
                            ),
                            name="code_stock_days_for_gift_cards",
                            violation_error_message="Only gift cards are valid for some days.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Code",
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
                        "stock",
                        models.ForeignKey(
                            help_text="Its stock.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="codes",
                            to="delivery.codestock",
                        ),
                    ),
                    (
                        "secret",
                        models.CharField(
                            help_text="The code as the customer reads it.", max_length=500
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("free", "Free"),
                                ("reserved", "Held for an order"),
                                ("sold", "Sold"),
                                ("returned", "Refunded, to be revoked"),
                                ("withdrawn", "Withdrawn"),
                            ],
                            default="free",
                            help_text="A returned code was seen by a customer: revoke it where it is redeemed.",
                            max_length=9,
                        ),
                    ),
                    (
                        "source",
                        models.CharField(
                            blank=True,
                            help_text="Order line that holds or bought it, like order-line:17.",
                            max_length=60,
                        ),
                    ),
                    ("added_by", models.CharField(help_text="Who imported it.", max_length=40)),
                    ("added_at", models.DateTimeField(help_text="When it was imported.")),
                    (
                        "sold_at",
                        models.DateTimeField(
                            blank=True, help_text="When it was sold.", null=True
                        ),
                    ),
                    (
                        "returned_at",
                        models.DateTimeField(
                            blank=True, help_text="When its sale was refunded.", null=True
                        ),
                    ),
                ],
                options={
                    "ordering": ["pk"],
                    "permissions": [("reveal_code", "Can read and export codes")],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("status", "free")),
                            fields=["stock", "id"],
                            name="code_free",
                        ),
                        models.Index(
                            condition=models.Q(("source", ""), _negated=True),
                            fields=["source"],
                            name="code_by_source",
                        ),
                        models.Index(fields=["stock", "status", "id"], name="code_by_status"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("secret", "stock"),
                            name="code_once_per_stock",
                            violation_error_message="This stock has that code already.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("status__in", ["free", "reserved"])),
                            fields=("secret",),
                            name="code_for_sale_once",
                            violation_error_message="Another stock has that code already.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "status__in",
                                    ["free", "reserved", "sold", "returned", "withdrawn"],
                                )
                            ),
                            name="code_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("sold_at__isnull", True),
                                    ("source", ""),
                                    ("status__in", ["free", "withdrawn"]),
                                ),
                                models.Q(
                                    ("sold_at__isnull", True),
                                    ("status", "reserved"),
                                    models.Q(("source", ""), _negated=True),
                                ),
                                models.Q(
                                    ("sold_at__isnull", False),
                                    ("status__in", ["sold", "returned"]),
                                    models.Q(("source", ""), _negated=True),
                                ),
                                _connector="OR",
                            ),
                            name="code_held_iff_source",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("returned_at__isnull", False), ("status", "returned")
                                ),
                                models.Q(
                                    models.Q(("status", "returned"), _negated=True),
                                    ("returned_at__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            name="code_returned_iff_returned_at",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("secret", ""), _negated=True),
                            name="code_is_not_empty",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="StockWish",
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
                            help_text="Who waits.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="stock_wishes",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "tier",
                        models.ForeignKey(
                            help_text="What they wait for.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="stock_wishes",
                            to="catalog.producttier",
                        ),
                    ),
                    ("asked_at", models.DateTimeField(help_text="When they asked.")),
                    (
                        "told_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When they were told that it is back.",
                            null=True,
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "stock wishes",
                    "ordering": ["pk"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("told_at", None)),
                            fields=["tier", "id"],
                            name="stock_wish_waiting",
                        )
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("told_at__isnull", True)),
                            fields=("customer", "tier"),
                            name="stock_wish_waits_once",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="DeliveryItem",
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
                            help_text="The offer that brings it.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="delivery_items",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[("file", "File"), ("text", "Text")],
                            default="file",
                            help_text="File or text.",
                            max_length=4,
                        ),
                    ),
                    (
                        "title",
                        models.CharField(
                            help_text="What the customer reads above the file or text.",
                            max_length=100,
                        ),
                    ),
                    (
                        "title_en",
                        models.CharField(
                            help_text="What the customer reads above the file or text.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "title_ru",
                        models.CharField(
                            help_text="What the customer reads above the file or text.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "title_de",
                        models.CharField(
                            help_text="What the customer reads above the file or text.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "title_es",
                        models.CharField(
                            help_text="What the customer reads above the file or text.",
                            max_length=100,
                            null=True,
                        ),
                    ),
                    (
                        "text",
                        models.TextField(
                            blank=True,
                            help_text="Sent as it is, without formatting; empty for a file.",
                            max_length=3500,
                            validators=[django.core.validators.MinLengthValidator(1)],
                        ),
                    ),
                    (
                        "upload",
                        models.FileField(
                            blank=True,
                            help_text="Sent to Telegram once, by the first delivery; at most 50 MB.",
                            upload_to="delivery/%Y/",
                        ),
                    ),
                    (
                        "telegram_file_id",
                        models.CharField(
                            blank=True,
                            help_text="Telegram's id of the file; filled by the first delivery, or given here.",
                            max_length=255,
                        ),
                    ),
                    (
                        "telegram_file_of",
                        models.CharField(
                            blank=True,
                            editable=False,
                            help_text="Bot and upload that the id stands for; empty when staff gave the id.",
                            max_length=300,
                        ),
                    ),
                    (
                        "position",
                        models.PositiveIntegerField(
                            default=0, help_text="The lowest is sent first."
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True,
                            help_text="Off: later buyers do not get it; earlier ones keep it.",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "file or text",
                    "verbose_name_plural": "files and texts",
                    "ordering": ["position", "pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("kind__in", ["file", "text"])),
                            name="delivery_item_kind_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("kind", "text"),
                                    ("telegram_file_id", ""),
                                    ("upload", ""),
                                    models.Q(("text", ""), _negated=True),
                                ),
                                models.Q(
                                    ("kind", "file"),
                                    ("text", ""),
                                    models.Q(
                                        models.Q(("upload", ""), _negated=True),
                                        models.Q(("telegram_file_id", ""), _negated=True),
                                        _connector="OR",
                                    ),
                                ),
                                _connector="OR",
                            ),
                            name="delivery_item_is_file_or_text",
                            violation_error_message="A file needs an upload or Telegram's id and no text; a text only a text.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Delivery",
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
                            help_text="Whose it is.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="deliveries",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "tier",
                        models.ForeignKey(
                            help_text="The offer that brought it.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="deliveries",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "source",
                        models.CharField(
                            help_text="Order line, like order-line:17.", max_length=60
                        ),
                    ),
                    (
                        "slot",
                        models.CharField(
                            help_text="Which thing of the line, like code:1; each once per line.",
                            max_length=30,
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[("code", "Code"), ("file", "File"), ("text", "Text")],
                            help_text="What it is.",
                            max_length=4,
                        ),
                    ),
                    (
                        "code",
                        models.OneToOneField(
                            blank=True,
                            help_text="The code; empty while none is left to give.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="delivery",
                            to="delivery.code",
                        ),
                    ),
                    (
                        "item",
                        models.ForeignKey(
                            blank=True,
                            help_text="The file or text.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="deliveries",
                            to="delivery.deliveryitem",
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("waiting", "On its way"),
                                ("sent", "Sent"),
                                ("failed", "Failed"),
                                ("taken_back", "Taken back"),
                            ],
                            default="waiting",
                            help_text="Failed ones can be retried.",
                            max_length=10,
                        ),
                    ),
                    (
                        "attempts",
                        models.PositiveIntegerField(
                            default=1, help_text="How often it was handed to the chat."
                        ),
                    ),
                    ("error", models.TextField(blank=True, help_text="Why it failed.")),
                    ("created_at", models.DateTimeField(help_text="When it was bought.")),
                    (
                        "sent_at",
                        models.DateTimeField(
                            blank=True, help_text="When it first reached the chat.", null=True
                        ),
                    ),
                    (
                        "taken_back_at",
                        models.DateTimeField(
                            blank=True, help_text="When its sale was refunded.", null=True
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "deliveries",
                    "ordering": ["-pk"],
                    "permissions": [("retry_delivery", "Can retry failed deliveries")],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("status", "failed")),
                            fields=["id"],
                            name="delivery_failed",
                        )
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("source", "slot"), name="delivery_once_per_slot"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("status__in", ["waiting", "sent", "failed", "taken_back"])
                            ),
                            name="delivery_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("item__isnull", True), ("kind", "code")),
                                models.Q(
                                    ("code__isnull", True),
                                    ("item__isnull", False),
                                    ("kind__in", ["file", "text"]),
                                ),
                                _connector="OR",
                            ),
                            name="delivery_kind_fits",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status", "sent"), _negated=True),
                                ("sent_at__isnull", False),
                                _connector="OR",
                            ),
                            name="delivery_sent_needs_time",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("status", "taken_back"), ("taken_back_at__isnull", False)
                                ),
                                models.Q(
                                    models.Q(("status", "taken_back"), _negated=True),
                                    ("taken_back_at__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            name="delivery_taken_back_iff_time",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ShippingOption",
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
                            help_text="As the customer reads it on the button.", max_length=60
                        ),
                    ),
                    (
                        "name_en",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=60,
                            null=True,
                        ),
                    ),
                    (
                        "name_ru",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=60,
                            null=True,
                        ),
                    ),
                    (
                        "name_de",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=60,
                            null=True,
                        ),
                    ),
                    (
                        "name_es",
                        models.CharField(
                            help_text="As the customer reads it on the button.",
                            max_length=60,
                            null=True,
                        ),
                    ),
                    (
                        "region",
                        models.CharField(
                            blank=True,
                            help_text="Code of the region, like EU; empty for everywhere.",
                            max_length=8,
                        ),
                    ),
                    (
                        "price_minor",
                        models.BigIntegerField(
                            help_text="In the smallest unit of the currency; 0 for free.",
                            verbose_name="price",
                        ),
                    ),
                    (
                        "currency",
                        models.CharField(
                            help_text="Offered for orders in this currency.",
                            max_length=3,
                            validators=[
                                django.core.validators.RegexValidator(
                                    "^[A-Z]{3}$", "Three capital letters."
                                )
                            ],
                        ),
                    ),
                    (
                        "position",
                        models.PositiveIntegerField(
                            default=0, help_text="The lowest comes first."
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(default=True, help_text="Off: no longer offered."),
                    ),
                ],
                options={
                    "ordering": ["position", "pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("price_minor__gte", 0)),
                            name="shipping_price_not_negative",
                            violation_error_message="A price cannot be negative.",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Parcel",
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
                            help_text="Whose it is.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="parcels",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "tier",
                        models.ForeignKey(
                            help_text="What is sent.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="parcels",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "source",
                        models.CharField(
                            help_text="Order line, like order-line:17.",
                            max_length=60,
                            unique=True,
                        ),
                    ),
                    (
                        "quantity",
                        models.PositiveIntegerField(default=1, help_text="Units in it."),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("unpaid", "Not paid yet"),
                                ("to_pack", "To be packed"),
                                ("packed", "Packed"),
                                ("shipped", "Shipped"),
                                ("delivered", "Delivered"),
                                ("cancelled", "Cancelled"),
                            ],
                            default="unpaid",
                            help_text="Moved by the actions of this page.",
                            max_length=9,
                        ),
                    ),
                    (
                        "address",
                        models.TextField(
                            blank=True,
                            help_text="Name, street, town, country, as the customer gave it.",
                            max_length=600,
                        ),
                    ),
                    (
                        "option",
                        models.ForeignKey(
                            blank=True,
                            help_text="The way of sending that the customer chose.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="parcels",
                            to="delivery.shippingoption",
                        ),
                    ),
                    (
                        "carrier",
                        models.CharField(
                            blank=True, help_text="Who carries it.", max_length=60
                        ),
                    ),
                    (
                        "tracking_number",
                        models.CharField(
                            blank=True,
                            help_text="The customer reads it in the chat.",
                            max_length=80,
                        ),
                    ),
                    ("created_at", models.DateTimeField(help_text="When it was ordered.")),
                    (
                        "shipped_at",
                        models.DateTimeField(blank=True, help_text="When it left.", null=True),
                    ),
                    (
                        "delivered_at",
                        models.DateTimeField(
                            blank=True, help_text="When it arrived.", null=True
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "permissions": [("ship_parcel", "Can pack and ship parcels")],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("status__in", ["to_pack", "packed"])),
                            fields=["id"],
                            name="parcel_to_send",
                        )
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "status__in",
                                    [
                                        "unpaid",
                                        "to_pack",
                                        "packed",
                                        "shipped",
                                        "delivered",
                                        "cancelled",
                                    ],
                                )
                            ),
                            name="parcel_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("status__in", ["packed", "shipped", "delivered"]),
                                    _negated=True,
                                ),
                                models.Q(("address", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="parcel_leaves_with_address",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("shipped_at__isnull", False),
                                    ("status__in", ["shipped", "delivered"]),
                                ),
                                models.Q(
                                    models.Q(
                                        ("status__in", ["shipped", "delivered"]), _negated=True
                                    ),
                                    ("shipped_at__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            name="parcel_shipped_iff_shipped_at",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("delivered_at__isnull", False), ("status", "delivered")
                                ),
                                models.Q(
                                    models.Q(("status", "delivered"), _negated=True),
                                    ("delivered_at__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            name="parcel_delivered_iff_delivered_at",
                        ),
                    ],
                },
            ),
        ),
        TrackVersion("catalog", "delivery_codestock", "delivery_deliveryitem"),
    ]
