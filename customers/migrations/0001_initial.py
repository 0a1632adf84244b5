"""Who buys."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import customers.models


class Migration(migrations.Migration):
    initial = True
    # Whoever ran these one by one has nothing to do.
    replaces = [
        ("customers", "0002_staff"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "telegram_id",
                    models.BigIntegerField(
                        help_text="The person's number in Telegram; it never changes.",
                        unique=True,
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        blank=True,
                        help_text="Telegram name without the @; people may change it.",
                        max_length=64,
                    ),
                ),
                (
                    "first_name",
                    models.CharField(
                        blank=True, help_text="As given in Telegram.", max_length=256
                    ),
                ),
                (
                    "last_name",
                    models.CharField(
                        blank=True, help_text="As given in Telegram.", max_length=256
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("en", "English"),
                            ("ru", "Русский"),
                            ("de", "Deutsch"),
                            ("es", "Español"),
                        ],
                        default="en",
                        help_text="The language the bot speaks to this customer.",
                        max_length=2,
                    ),
                ),
                (
                    "language_is_chosen",
                    models.BooleanField(
                        default=False,
                        help_text="The customer picked it; otherwise it follows the Telegram app.",
                    ),
                ),
                (
                    "telegram_language",
                    models.CharField(
                        blank=True,
                        help_text="Language code the Telegram app reports, e.g. en-GB.",
                        max_length=35,
                    ),
                ),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        help_text="Code of the region whose prices apply; empty until one is confirmed.",
                        max_length=8,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{2,8}\\Z",
                                "A region's code is two to eight capital letters, such as GB or ASIA.",
                            )
                        ],
                    ),
                ),
                (
                    "region_confirmed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the region was last confirmed or set by staff.",
                        null=True,
                    ),
                ),
                (
                    "referrer",
                    models.ForeignKey(
                        blank=True,
                        help_text="Who brought this customer; the first one counts and stays.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referred",
                        to="customers.customer",
                    ),
                ),
                (
                    "referred_at",
                    models.DateTimeField(
                        blank=True, help_text="When the referral was accepted.", null=True
                    ),
                ),
                (
                    "referral_code",
                    models.CharField(
                        default=customers.models.new_referral_code,
                        help_text="The secret part of this customer's own referral link.",
                        max_length=10,
                        unique=True,
                    ),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Works for the shop: promotions for staff apply. Set by the page's action.",
                    ),
                ),
                (
                    "blocked_bot_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the customer blocked the bot; empty if reachable.",
                        null=True,
                    ),
                ),
                (
                    "stripe_customer_id",
                    models.CharField(
                        blank=True,
                        help_text="The customer's id at Stripe, once there is one.",
                        max_length=255,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(help_text="When the customer first opened the shop."),
                ),
                (
                    "last_seen_at",
                    models.DateTimeField(
                        help_text="Last day the customer used the shop; written at most once a day."
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True, help_text="For staff only; the customer never sees it."
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "permissions": [("mark_staff", "Can say which customers work for the shop")],
                "indexes": [
                    models.Index(
                        django.db.models.functions.text.Upper("username"),
                        name="customer_username_upper",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["en", "ru", "de", "es"])),
                        name="customer_language_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("telegram_id__gt", 0)),
                        name="customer_telegram_id_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("region", ""), ("region_confirmed_at__isnull", True)),
                            models.Q(
                                models.Q(("region", ""), _negated=True),
                                ("region_confirmed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="customer_region_iff_confirmed",
                        violation_error_message="A region and the time it was confirmed go together.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("referred_at__isnull", True), ("referrer__isnull", True)),
                            models.Q(
                                ("referred_at__isnull", False), ("referrer__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="customer_referrer_iff_referred",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("referrer__isnull", True),
                            models.Q(("referrer", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="customer_not_own_referrer",
                        violation_error_message="Nobody refers themselves.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stripe_customer_id", ""), _negated=True),
                        fields=("stripe_customer_id",),
                        name="customer_once_at_stripe",
                    ),
                ],
            },
        ),
    ]
