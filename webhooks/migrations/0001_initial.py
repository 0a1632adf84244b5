"""Who is told of what happens in the shop."""

import django.db.models.deletion
from django.db import migrations, models

import webhooks.signing
from shopbot.kernel.operations import CreateTogether


class Migration(migrations.Migration):
    initial = True
    # Whoever ran these one by one has nothing to do.
    replaces = [
        ("webhooks", "0002_messages_wait"),
        ("webhooks", "0003_announcements"),
    ]

    dependencies = [
        ("kernel", "0001_initial"),
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name="Endpoint",
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
                            help_text="What staff call it, like CRM.", max_length=80
                        ),
                    ),
                    (
                        "url",
                        models.URLField(
                            help_text="Where messages are posted. https only; private networks are refused.",
                            max_length=500,
                        ),
                    ),
                    (
                        "secret",
                        models.CharField(
                            default=webhooks.signing.new_secret,
                            help_text="Signs every message (Standard Webhooks); give it to the receiver.",
                            max_length=100,
                        ),
                    ),
                    (
                        "previous_secret",
                        models.CharField(
                            blank=True,
                            help_text="Signs too while the receiver changes over; empty it afterwards.",
                            max_length=100,
                        ),
                    ),
                    (
                        "event_kinds",
                        models.JSONField(
                            default=list,
                            help_text='Kinds of events to send, like ["order.paid", "grant.*"]; ["*"] sends all.',
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True,
                            help_text="Off: messages wait, for 30 days at most, until it is on again.",
                        ),
                    ),
                    (
                        "disabled_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When it was switched off after failing for too long.",
                            null=True,
                        ),
                    ),
                    (
                        "failing_since",
                        models.DateTimeField(
                            blank=True,
                            help_text="When the present run of failures began.",
                            null=True,
                        ),
                    ),
                    (
                        "leased_until",
                        models.DateTimeField(
                            blank=True,
                            help_text="A worker is sending until then; one at a time keeps order.",
                            null=True,
                        ),
                    ),
                    (
                        "created_at",
                        models.DateTimeField(
                            auto_now_add=True, help_text="When it was set up."
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("disabled_at__isnull", True),
                                ("is_active", False),
                                _connector="OR",
                            ),
                            name="webhook_disabled_is_inactive",
                            violation_error_message="Empty “disabled at” to switch this endpoint on again.",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="CustomerSequence",
                fields=[
                    ("customer_id", models.BigIntegerField(primary_key=True, serialize=False)),
                    ("number", models.BigIntegerField(default=0)),
                ],
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
                        "endpoint",
                        models.ForeignKey(
                            help_text="Who is told.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="deliveries",
                            to="webhooks.endpoint",
                        ),
                    ),
                    (
                        "event_id",
                        models.BigIntegerField(help_text="Number of the event it tells of."),
                    ),
                    ("kind", models.CharField(help_text="Kind of the event.", max_length=60)),
                    (
                        "customer_id",
                        models.BigIntegerField(
                            blank=True, help_text="Customer's number.", null=True
                        ),
                    ),
                    ("body", models.JSONField(help_text="The message.")),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("waiting", "Waiting"),
                                ("sent", "Sent"),
                                ("dead", "Given up"),
                            ],
                            default="waiting",
                            help_text="Whether it was taken, or how it failed.",
                            max_length=10,
                        ),
                    ),
                    (
                        "attempts",
                        models.PositiveIntegerField(
                            default=0, help_text="How often it was tried."
                        ),
                    ),
                    ("created_at", models.DateTimeField(help_text="When it was queued.")),
                    (
                        "next_attempt_at",
                        models.DateTimeField(help_text="Not tried before this moment."),
                    ),
                    (
                        "sent_at",
                        models.DateTimeField(
                            blank=True, help_text="When it was accepted.", null=True
                        ),
                    ),
                    (
                        "response_status",
                        models.PositiveIntegerField(
                            blank=True, help_text="HTTP status of the last answer.", null=True
                        ),
                    ),
                    (
                        "error",
                        models.TextField(blank=True, help_text="Why the last try failed."),
                    ),
                ],
                options={
                    "verbose_name_plural": "deliveries",
                    "indexes": [
                        models.Index(
                            condition=models.Q(("status", "waiting")),
                            fields=["endpoint", "id"],
                            name="webhook_waiting",
                        )
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("status__in", ["waiting", "sent", "dead"])),
                            name="webhook_delivery_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("sent_at__isnull", False), ("status", "sent")),
                                models.Q(
                                    models.Q(("status", "sent"), _negated=True),
                                    ("sent_at__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            name="webhook_delivery_sent_iff_sent_at",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(
                                ("customer_id__isnull", True), ("event_id__gt", 0)
                            ),
                            fields=("endpoint", "event_id"),
                            name="webhook_event_once_per_endpoint",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("event_id__gt", 0)),
                            fields=("endpoint", "event_id", "customer_id"),
                            name="webhook_event_once_per_customer",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Announcement",
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
                        "event",
                        models.OneToOneField(
                            help_text="What changed.",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="kernel.event",
                        ),
                    ),
                    ("type_id", models.BigIntegerField(help_text="Number of the entitlement.")),
                    (
                        "told_up_to",
                        models.BigIntegerField(
                            default=0,
                            help_text="Customers with this number and lower ones are done.",
                        ),
                    ),
                    (
                        "finished_at",
                        models.DateTimeField(
                            blank=True, help_text="When the last customer was done.", null=True
                        ),
                    ),
                ],
                options={
                    "indexes": [
                        models.Index(
                            condition=models.Q(("finished_at__isnull", True)),
                            fields=["id"],
                            name="webhook_announcement_open",
                        )
                    ],
                },
            ),
        ),
    ]
