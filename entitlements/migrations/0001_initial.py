"""Who may use what, until when.

PostgreSQL itself refuses two months of one customer, entitlement and level at once. Other
databases have no such constraint; there the services' lock alone keeps the rule. The extension is a
trusted one: the owner of a database may create it without being a superuser. Where even that is
refused, the migration goes on without the constraint.
"""

import datetime

import django.db.models.deletion
from django.db import Error, migrations, models, transaction

import entitlements.models.sharing
from shopbot.kernel.operations import CreateTogether

_EXTENSION = "CREATE EXTENSION IF NOT EXISTS btree_gist"
_MONTHS_NEVER_OVERLAP = """
ALTER TABLE entitlements_grant ADD CONSTRAINT grant_months_never_overlap
EXCLUDE USING gist (
    customer_id WITH =, type_id WITH =, level WITH =, tstzrange(starts_at, ends_at) WITH &&
)
WHERE (revoked_at IS NULL AND months IS NOT NULL AND follows_id IS NULL)
"""


def keep_months_apart(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute(_EXTENSION)
    except Error:
        return
    schema_editor.execute(_MONTHS_NEVER_OVERLAP)


class Migration(migrations.Migration):
    initial = True
    # Whoever ran these one by one has nothing to do.
    replaces = [
        ("entitlements", "0002_months_never_overlap"),
        ("entitlements", "0003_blocks_of_one_source"),
        ("entitlements", "0004_gifts_withdrawn_by_source"),
        ("entitlements", "0005_last_switch"),
    ]

    dependencies = [
        ("catalog", "0001_initial"),
        ("customers", "0001_initial"),
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name="EntitlementType",
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
                        models.SlugField(
                            help_text="Short name that programs ask for, such as signals; never reused.",
                            max_length=60,
                            unique=True,
                        ),
                    ),
                    (
                        "name",
                        models.CharField(help_text="As the customer reads it.", max_length=100),
                    ),
                    (
                        "name_en",
                        models.CharField(
                            help_text="As the customer reads it.", max_length=100, null=True
                        ),
                    ),
                    (
                        "name_ru",
                        models.CharField(
                            help_text="As the customer reads it.", max_length=100, null=True
                        ),
                    ),
                    (
                        "name_de",
                        models.CharField(
                            help_text="As the customer reads it.", max_length=100, null=True
                        ),
                    ),
                    (
                        "name_es",
                        models.CharField(
                            help_text="As the customer reads it.", max_length=100, null=True
                        ),
                    ),
                    (
                        "description",
                        models.TextField(
                            blank=True, help_text="What it opens, in one or two sentences."
                        ),
                    ),
                    (
                        "description_en",
                        models.TextField(
                            blank=True,
                            help_text="What it opens, in one or two sentences.",
                            null=True,
                        ),
                    ),
                    (
                        "description_ru",
                        models.TextField(
                            blank=True,
                            help_text="What it opens, in one or two sentences.",
                            null=True,
                        ),
                    ),
                    (
                        "description_de",
                        models.TextField(
                            blank=True,
                            help_text="What it opens, in one or two sentences.",
                            null=True,
                        ),
                    ),
                    (
                        "description_es",
                        models.TextField(
                            blank=True,
                            help_text="What it opens, in one or two sentences.",
                            null=True,
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("access", "Access to a service"),
                                ("feature", "A feature"),
                                ("chat", "A channel or group"),
                            ],
                            default="access",
                            help_text="What it opens: a service, a feature, or a chat.",
                            max_length=7,
                        ),
                    ),
                    (
                        "lower_level",
                        models.CharField(
                            choices=[
                                ("parallel", "Runs on beside the higher one"),
                                ("defer", "Waits, and resumes when the higher one ends"),
                            ],
                            default="parallel",
                            help_text="What happens to time left at a lower level when a higher one begins.",
                            max_length=8,
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True,
                            help_text="Off ends everybody's access for as long as it is off; grants are kept.",
                        ),
                    ),
                    (
                        "switched_at",
                        models.DateTimeField(
                            blank=True,
                            editable=False,
                            help_text="When it was last switched off or on; before that it was the other.",
                            null=True,
                        ),
                    ),
                ],
                options={
                    "verbose_name": "entitlement",
                    "ordering": ["code"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("kind__in", ["access", "feature", "chat"])),
                            name="entitlement_kind_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("lower_level__in", ["parallel", "defer"])),
                            name="entitlement_lower_level_known",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="TierGrant",
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
                            help_text="The offer that gives it.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="tier_grants",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "type",
                        models.ForeignKey(
                            help_text="The entitlement that the buyer gets.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="tier_grants",
                            to="entitlements.entitlementtype",
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
                            help_text="The level at which the buyer gets it.",
                            max_length=10,
                        ),
                    ),
                    (
                        "seats",
                        models.PositiveIntegerField(
                            default=0,
                            help_text="People the buyer may invite to share it, per unit bought; 0 for none.",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "entitlement of a tier",
                    "verbose_name_plural": "entitlements of tiers",
                    "ordering": ["tier_id", "pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("tier", "type"),
                            name="tier_grants_type_once",
                            violation_error_message="This tier already gives that entitlement.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("level__in", ["free", "premium", "vip", "enterprise"])
                            ),
                            name="tier_grant_level_known",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Privilege",
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
                        models.SlugField(
                            help_text="Short name that programs ask for.",
                            max_length=60,
                            unique=True,
                        ),
                    ),
                    (
                        "name",
                        models.CharField(help_text="As the customer reads it.", max_length=100),
                    ),
                    (
                        "name_en",
                        models.CharField(
                            help_text="As the customer reads it.", max_length=100, null=True
                        ),
                    ),
                    (
                        "name_ru",
                        models.CharField(
                            help_text="As the customer reads it.", max_length=100, null=True
                        ),
                    ),
                    (
                        "name_de",
                        models.CharField(
                            help_text="As the customer reads it.", max_length=100, null=True
                        ),
                    ),
                    (
                        "name_es",
                        models.CharField(
                            help_text="As the customer reads it.", max_length=100, null=True
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("flag", "Yes or no"),
                                ("number", "A number that is used up"),
                                ("text", "A text"),
                            ],
                            default="flag",
                            help_text="How its value is read: yes or no, a number, or a text.",
                            max_length=6,
                        ),
                    ),
                    (
                        "reset",
                        models.CharField(
                            choices=[
                                ("never", "Never"),
                                ("day", "Every day at midnight (UTC)"),
                                ("month", "On the first of every month (UTC)"),
                                ("cycle", "Every month from the customer's own first day"),
                            ],
                            default="never",
                            help_text="For numbers: when what was used counts from zero again.",
                            max_length=5,
                        ),
                    ),
                ],
                options={
                    "ordering": ["code"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("kind__in", ["flag", "number", "text"])),
                            name="privilege_kind_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("reset__in", ["never", "day", "month", "cycle"])
                            ),
                            name="privilege_reset_known",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="TierPrivilege",
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
                            help_text="The offer that gives it.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="tier_privileges",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "privilege",
                        models.ForeignKey(
                            help_text="What is given.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="tier_privileges",
                            to="entitlements.privilege",
                        ),
                    ),
                    (
                        "value",
                        models.CharField(
                            help_text="yes or no; a whole number or unlimited; or the text itself.",
                            max_length=200,
                        ),
                    ),
                    (
                        "limit",
                        models.CharField(
                            choices=[
                                ("hard", "Refuse what goes beyond"),
                                ("soft", "Count it and say so"),
                            ],
                            default="hard",
                            help_text="For numbers: refuse what goes beyond, or count it and say so.",
                            max_length=4,
                        ),
                    ),
                ],
                options={
                    "verbose_name": "privilege of a tier",
                    "verbose_name_plural": "privileges of tiers",
                    "ordering": ["tier_id", "pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("tier", "privilege"),
                            name="tier_gives_privilege_once",
                            violation_error_message="This tier already gives that privilege.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("limit__in", ["hard", "soft"])),
                            name="tier_privilege_limit_known",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Grant",
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
                            db_index=False,
                            help_text="Who holds it.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="grants",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "type",
                        models.ForeignKey(
                            help_text="What was granted.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="grants",
                            to="entitlements.entitlementtype",
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
                            help_text="At which level; a higher one includes the lower ones.",
                            max_length=10,
                        ),
                    ),
                    (
                        "source",
                        models.CharField(
                            help_text="What gave it, such as order-line:17 or goodwill:3f2a.",
                            max_length=100,
                        ),
                    ),
                    (
                        "sequence",
                        models.PositiveIntegerField(
                            default=0, help_text="Number of this row among those of its source."
                        ),
                    ),
                    (
                        "tier",
                        models.ForeignKey(
                            blank=True,
                            help_text="The offer it was sold as; decides the privileges. Empty if none.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="grants",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "months",
                        models.PositiveSmallIntegerField(
                            blank=True,
                            help_text="Calendar months granted; empty for other lengths.",
                            null=True,
                        ),
                    ),
                    ("starts_at", models.DateTimeField(help_text="When it begins.")),
                    (
                        "ends_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When it ends (exclusive); empty for lifetime.",
                            null=True,
                        ),
                    ),
                    (
                        "anchor_at",
                        models.DateTimeField(
                            help_text="First start of the chain; calendar months count from here."
                        ),
                    ),
                    (
                        "months_from_anchor",
                        models.PositiveIntegerField(
                            blank=True,
                            help_text="Calendar months from the anchor to the end.",
                            null=True,
                        ),
                    ),
                    (
                        "grace_days",
                        models.PositiveIntegerField(
                            default=0,
                            help_text="Days of access kept after the end, to pay late.",
                        ),
                    ),
                    (
                        "access_until",
                        models.DateTimeField(
                            help_text="When its access stops: end and grace, or when it was closed."
                        ),
                    ),
                    (
                        "seats",
                        models.PositiveIntegerField(
                            default=0,
                            help_text="People whom the holder may invite to share it.",
                        ),
                    ),
                    (
                        "follows",
                        models.ForeignKey(
                            blank=True,
                            help_text="For a seat: the grant of the seats' owner that this one mirrors.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="followers",
                            to="entitlements.grant",
                        ),
                    ),
                    (
                        "granted_at",
                        models.DateTimeField(help_text="When its source first gave it."),
                    ),
                    (
                        "revoked_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When this row was closed before its end.",
                            null=True,
                        ),
                    ),
                    (
                        "closing",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("revoked", "Revoked"),
                                ("moved", "Moved to other dates"),
                                ("deferred", "Waiting behind a higher level"),
                                ("extended", "Extended"),
                                ("shortened", "Shortened"),
                            ],
                            help_text="Why this row was closed before its end.",
                            max_length=9,
                        ),
                    ),
                    (
                        "revoked_reason",
                        models.CharField(
                            blank=True,
                            help_text="The reason that was given, in words.",
                            max_length=200,
                        ),
                    ),
                    (
                        "note",
                        models.CharField(
                            blank=True,
                            help_text="For staff only; the customer never sees it.",
                            max_length=200,
                        ),
                    ),
                    (
                        "next_notice_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When the next reminder or notice about it is due; empty for none.",
                            null=True,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "indexes": [
                        models.Index(
                            fields=["customer", "access_until"], name="grant_by_access"
                        ),
                        models.Index(
                            condition=models.Q(("next_notice_at__isnull", False)),
                            fields=["next_notice_at", "id"],
                            name="grant_notice_due",
                        ),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("source", "type", "sequence"), name="grant_once_per_source"
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("revoked_at__isnull", True)),
                            fields=("source", "type"),
                            name="grant_live_once_per_source",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("level__in", ["free", "premium", "vip", "enterprise"])
                            ),
                            name="grant_level_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("closing", ""), ("revoked_at__isnull", True)),
                                models.Q(
                                    (
                                        "closing__in",
                                        [
                                            "revoked",
                                            "moved",
                                            "deferred",
                                            "extended",
                                            "shortened",
                                        ],
                                    ),
                                    ("revoked_at__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="grant_closed_iff_revoked_at",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("ends_at__isnull", True),
                                ("ends_at__gt", models.F("starts_at")),
                                _connector="OR",
                            ),
                            name="grant_ends_after_start",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("months__isnull", True),
                                    ("months_from_anchor__isnull", True),
                                ),
                                models.Q(
                                    ("ends_at__isnull", False),
                                    ("months__gte", 1),
                                    ("months_from_anchor__gte", models.F("months")),
                                    ("months_from_anchor__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="grant_months_count_from_anchor",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("access_until__lte", models.F("revoked_at")),
                                    ("revoked_at__isnull", False),
                                ),
                                models.Q(
                                    (
                                        "access_until",
                                        datetime.datetime(
                                            9999, 12, 31, 0, 0, tzinfo=datetime.UTC
                                        ),
                                    ),
                                    ("ends_at__isnull", True),
                                    ("revoked_at__isnull", True),
                                ),
                                models.Q(
                                    ("access_until__gte", models.F("ends_at")),
                                    ("ends_at__isnull", False),
                                    ("revoked_at__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            name="grant_access_until_end_or_closing",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("revoked_at__isnull", True),
                                ("next_notice_at__isnull", True),
                                _connector="OR",
                            ),
                            name="grant_closed_sends_nothing",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Block",
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
                            help_text="Who is blocked.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="blocks",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("fraud", "Fraud"),
                                ("dispute", "Disputed payment"),
                                ("staff", "By staff"),
                            ],
                            help_text="Who or what blocks.",
                            max_length=7,
                        ),
                    ),
                    (
                        "source",
                        models.CharField(
                            help_text="What placed it, such as dispute:17 or staff:3.",
                            max_length=100,
                        ),
                    ),
                    (
                        "only_source",
                        models.CharField(
                            blank=True,
                            default="",
                            help_text="What alone it suspends, such as gift:4; empty for all of the access.",
                            max_length=100,
                        ),
                    ),
                    (
                        "reason",
                        models.CharField(
                            blank=True,
                            help_text="In words; staff and explanations show it.",
                            max_length=200,
                        ),
                    ),
                    ("starts_at", models.DateTimeField(help_text="When it was placed.")),
                    (
                        "lifted_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When it was lifted; empty while it stands.",
                            null=True,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("lifted_at__isnull", True)),
                            fields=["source"],
                            name="block_standing",
                        )
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("lifted_at__isnull", True)),
                            fields=("customer", "kind", "source", "only_source"),
                            name="block_stands_once_per_source",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("kind__in", ["fraud", "dispute", "staff"])),
                            name="block_kind_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("lifted_at__isnull", True),
                                ("lifted_at__gte", models.F("starts_at")),
                                _connector="OR",
                            ),
                            name="block_lifted_after_start",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Reminder",
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
                        "grant",
                        models.ForeignKey(
                            help_text="What the notice is about.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="reminders",
                            to="entitlements.grant",
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("7", "7 days before the end"),
                                ("3", "3 days before the end"),
                                ("1", "1 day before the end"),
                                ("expired", "At the end"),
                                ("grace_ended", "At the end of grace"),
                            ],
                            help_text="Which notice.",
                            max_length=11,
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(help_text="When it was recorded.")),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("grant", "kind"), name="reminder_once_per_kind"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("kind__in", ["7", "3", "1", "expired", "grace_ended"])
                            ),
                            name="reminder_kind_known",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="NoticeFailure",
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
                        "grant",
                        models.OneToOneField(
                            help_text="What the notice is about.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="notice_failure",
                            to="entitlements.grant",
                        ),
                    ),
                    (
                        "attempts",
                        models.PositiveIntegerField(
                            default=0, help_text="How often it failed."
                        ),
                    ),
                    (
                        "error",
                        models.CharField(
                            help_text="Why it failed the last time.", max_length=500
                        ),
                    ),
                    (
                        "failed_at",
                        models.DateTimeField(help_text="When it failed the last time."),
                    ),
                ],
                options={
                    "ordering": ["-failed_at"],
                },
            ),
            migrations.CreateModel(
                name="GiftCode",
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
                            default=entitlements.models.sharing.new_code,
                            help_text="The secret part of the gift's link.",
                            max_length=22,
                            unique=True,
                        ),
                    ),
                    (
                        "tier",
                        models.ForeignKey(
                            help_text="What is given.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="gifts",
                            to="catalog.producttier",
                        ),
                    ),
                    (
                        "months",
                        models.PositiveSmallIntegerField(
                            blank=True,
                            help_text="Calendar months given; empty for lifetime.",
                            null=True,
                        ),
                    ),
                    (
                        "source",
                        models.CharField(
                            help_text="What paid for it, such as order-line:17.",
                            max_length=100,
                            unique=True,
                        ),
                    ),
                    (
                        "giver",
                        models.ForeignKey(
                            blank=True,
                            help_text="Who gives it; empty if the shop does.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="gifts_given",
                            to="customers.customer",
                        ),
                    ),
                    ("created_at", models.DateTimeField(help_text="When it was made.")),
                    (
                        "expires_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="Not redeemed after this; empty for no end.",
                            null=True,
                        ),
                    ),
                    (
                        "redeemed_by",
                        models.ForeignKey(
                            blank=True,
                            help_text="Who redeemed it.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="gifts_redeemed",
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
                        "cancelled_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When it was withdrawn, unredeemed.",
                            null=True,
                        ),
                    ),
                    (
                        "is_cancelled_by_source",
                        models.BooleanField(
                            default=False,
                            help_text="Withdrawn with what paid for it: it comes back if that does.",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("redeemed_at__isnull", True), ("redeemed_by__isnull", True)
                                ),
                                models.Q(
                                    ("redeemed_at__isnull", False),
                                    ("redeemed_by__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="gift_redeemed_by_iff_at",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("redeemed_at__isnull", True),
                                ("cancelled_at__isnull", True),
                                _connector="OR",
                            ),
                            name="gift_redeemed_or_cancelled",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("is_cancelled_by_source", False),
                                ("cancelled_at__isnull", False),
                                _connector="OR",
                            ),
                            name="gift_cancelled_by_source_is_cancelled",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("months__isnull", True), ("months__gte", 1), _connector="OR"
                            ),
                            name="gift_of_a_month_or_more",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SeatPool",
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
                        "owner",
                        models.ForeignKey(
                            help_text="Who pays for the seats.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="seat_pools",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "type",
                        models.ForeignKey(
                            help_text="What the seats entitle to.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="seat_pools",
                            to="entitlements.entitlementtype",
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
                            help_text="At which level.",
                            max_length=10,
                        ),
                    ),
                    (
                        "created_at",
                        models.DateTimeField(help_text="When the owner first had seats."),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("owner", "type", "level"), name="seat_pool_once_per_level"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("level__in", ["free", "premium", "vip", "enterprise"])
                            ),
                            name="seat_pool_level_known",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SeatInvite",
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
                        "pool",
                        models.ForeignKey(
                            help_text="The seats it belongs to.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="invites",
                            to="entitlements.seatpool",
                        ),
                    ),
                    (
                        "code",
                        models.CharField(
                            default=entitlements.models.sharing.new_code,
                            help_text="The secret part of the invitation's link.",
                            max_length=22,
                            unique=True,
                        ),
                    ),
                    ("invited_at", models.DateTimeField(help_text="When the owner made it.")),
                    ("expires_at", models.DateTimeField(help_text="Not accepted after this.")),
                    (
                        "member",
                        models.ForeignKey(
                            blank=True,
                            help_text="Who took the seat.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="seats",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "accepted_at",
                        models.DateTimeField(
                            blank=True, help_text="When the seat was taken.", null=True
                        ),
                    ),
                    (
                        "removed_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When the owner withdrew the link or removed the member.",
                            null=True,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("accepted_at__isnull", True), ("member__isnull", True)
                                ),
                                models.Q(
                                    ("accepted_at__isnull", False), ("member__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="seat_member_iff_accepted",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("removed_at__isnull", True),
                                ("accepted_at__isnull", True),
                                ("removed_at__gte", models.F("accepted_at")),
                                _connector="OR",
                            ),
                            name="seat_removed_after_accepted",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(
                                ("member__isnull", False), ("removed_at__isnull", True)
                            ),
                            fields=("pool", "member"),
                            name="seat_once_per_member",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="PrivilegeMeter",
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
                            db_index=False,
                            help_text="Who uses it.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="privilege_meters",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "privilege",
                        models.ForeignKey(
                            help_text="What is used.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="meters",
                            to="entitlements.privilege",
                        ),
                    ),
                    (
                        "period_starts_at",
                        models.DateTimeField(help_text="When the period began."),
                    ),
                    (
                        "used",
                        models.PositiveBigIntegerField(
                            default=0, help_text="Used in this period so far."
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "privilege", "period_starts_at"),
                            name="meter_once_per_period",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PrivilegeUse",
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
                        "meter",
                        models.ForeignKey(
                            help_text="The period it counts in.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="uses",
                            to="entitlements.privilegemeter",
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            db_index=False,
                            help_text="Who used it.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="privilege_uses",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "privilege",
                        models.ForeignKey(
                            help_text="What was used.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="uses",
                            to="entitlements.privilege",
                        ),
                    ),
                    (
                        "key",
                        models.CharField(
                            help_text="The caller's name for this use; the same again is not counted.",
                            max_length=100,
                        ),
                    ),
                    ("amount", models.PositiveBigIntegerField(help_text="How much was used.")),
                    ("used_at", models.DateTimeField(help_text="When.")),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "privilege", "key"),
                            name="privilege_use_once_per_key",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount__gte", 1)),
                            name="privilege_use_of_one_or_more",
                        ),
                    ],
                },
            ),
        ),
        migrations.RunPython(keep_months_apart, migrations.RunPython.noop),
    ]
