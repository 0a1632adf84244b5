"""What the bot keeps, and the commands that a shop begins with."""

import django.db.models.deletion
from django.db import migrations, models

from shopbot.kernel.operations import CreateTogether, TrackVersion
from telegram_bot.default_commands import write_commands


def add_commands(apps, schema_editor):
    write_commands(apps.get_model)


class Migration(migrations.Migration):
    initial = True
    # Whoever ran these one by one has nothing to do.
    replaces = [
        ("telegram_bot", "0002_commands"),
        ("telegram_bot", "0003_gates"),
        ("telegram_bot", "0004_address_step"),
        ("telegram_bot", "0005_gift_cards_and_affiliates"),
    ]

    dependencies = [
        ("customers", "0001_initial"),
        ("entitlements", "0001_initial"),
        ("kernel", "0001_initial"),
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name="GatedChat",
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
                        "bot_id",
                        models.BigIntegerField(help_text="Number of the bot that guards it."),
                    ),
                    (
                        "chat_id",
                        models.BigIntegerField(
                            help_text="Telegram's number of the chat, like -1001234567890."
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("", "Not known yet"),
                                ("channel", "Channel"),
                                ("supergroup", "Group"),
                                ("group", "Basic group"),
                            ],
                            default="",
                            help_text="What sort of chat it is.",
                            max_length=10,
                        ),
                    ),
                    (
                        "title",
                        models.CharField(
                            blank=True,
                            default="",
                            help_text="Its name in Telegram.",
                            max_length=255,
                        ),
                    ),
                    (
                        "type",
                        models.ForeignKey(
                            blank=True,
                            help_text="Who holds this may be in the chat. Empty: the bot lets everybody be.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="gated_chats",
                            to="entitlements.entitlementtype",
                            verbose_name="entitlement",
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
                            help_text="The lowest level of it that opens the chat.",
                            max_length=10,
                        ),
                    ),
                    (
                        "is_active",
                        models.BooleanField(
                            default=True,
                            help_text="Off: nobody is let in or removed by the bot.",
                        ),
                    ),
                    (
                        "problem",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("", "None"),
                                ("unchecked", "Rights not checked yet"),
                                (
                                    "absent",
                                    "The bot is not in the chat, or its number is wrong",
                                ),
                                ("no_admin", "The bot is not an administrator"),
                                ("no_invite", "The bot may not invite members"),
                                ("no_restrict", "The bot may not remove members"),
                                ("basic", "A basic group: make it a supergroup"),
                            ],
                            default="unchecked",
                            help_text="Why the bot cannot guard it at present.",
                            max_length=12,
                        ),
                    ),
                    (
                        "invite_link",
                        models.CharField(
                            blank=True,
                            default="",
                            help_text="The link by which customers ask to join; made by the bot.",
                            max_length=255,
                        ),
                    ),
                    (
                        "migrated_from",
                        models.BigIntegerField(
                            blank=True,
                            help_text="Its number before it became a supergroup.",
                            null=True,
                        ),
                    ),
                    (
                        "set_up_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When rights and link are looked at next.",
                            null=True,
                        ),
                    ),
                    (
                        "set_up_attempts",
                        models.PositiveSmallIntegerField(
                            default=0, help_text="How often that failed in a row."
                        ),
                    ),
                    (
                        "set_up_error",
                        models.TextField(
                            blank=True,
                            default="",
                            help_text="What Telegram said when it failed.",
                        ),
                    ),
                    (
                        "audit_due_at",
                        models.DateTimeField(
                            blank=True, help_text="When members are compared next.", null=True
                        ),
                    ),
                    (
                        "audit_cursor",
                        models.BigIntegerField(
                            default=0,
                            help_text="Telegram user up to whom the running comparison has come.",
                        ),
                    ),
                    (
                        "audited_at",
                        models.DateTimeField(
                            blank=True, help_text="When the last comparison ended.", null=True
                        ),
                    ),
                    (
                        "added_at",
                        models.DateTimeField(help_text="When the shop first knew of it."),
                    ),
                ],
                options={
                    "verbose_name": "gated chat",
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("bot_id", "chat_id"),
                            name="gated_chat_once",
                            violation_error_message="This chat is here already.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("kind__in", ["", "channel", "supergroup", "group"])
                            ),
                            name="gated_chat_kind_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("level__in", ["free", "premium", "vip", "enterprise"])
                            ),
                            name="gated_chat_level_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "problem__in",
                                    [
                                        "",
                                        "unchecked",
                                        "absent",
                                        "no_admin",
                                        "no_invite",
                                        "no_restrict",
                                        "basic",
                                    ],
                                )
                            ),
                            name="gated_chat_problem_known",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ChatMembership",
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
                        "chat",
                        models.ForeignKey(
                            help_text="The chat.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="memberships",
                            to="telegram_bot.gatedchat",
                        ),
                    ),
                    (
                        "telegram_id",
                        models.BigIntegerField(help_text="The person, by Telegram's number."),
                    ),
                    (
                        "name",
                        models.CharField(
                            blank=True,
                            default="",
                            help_text="As Telegram names the person.",
                            max_length=130,
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            blank=True,
                            help_text="The customer this is; empty for somebody who never wrote to the bot.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="chat_memberships",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "is_inside",
                        models.BooleanField(
                            default=False, help_text="In the chat, as far as known."
                        ),
                    ),
                    (
                        "is_admin",
                        models.BooleanField(
                            default=False,
                            help_text="Administers or owns the chat: never removed.",
                        ),
                    ),
                    (
                        "changed_at",
                        models.DateTimeField(
                            help_text="When Telegram last told of a change, or was asked."
                        ),
                    ),
                    (
                        "told_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="Date of the last request that was declined.",
                            null=True,
                        ),
                    ),
                    (
                        "check_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When access is looked at next; empty for never.",
                            null=True,
                        ),
                    ),
                ],
                options={
                    "verbose_name": "chat member",
                    "indexes": [
                        models.Index(
                            condition=models.Q(("check_at__isnull", False)),
                            fields=["check_at", "id"],
                            name="chat_member_due",
                        ),
                        models.Index(fields=["telegram_id"], name="chat_member_by_person"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("chat", "telegram_id"), name="chat_member_once"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Removal",
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
                        "chat",
                        models.ForeignKey(
                            help_text="The chat.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="removals",
                            to="telegram_bot.gatedchat",
                        ),
                    ),
                    (
                        "telegram_id",
                        models.BigIntegerField(help_text="The person, by Telegram's number."),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            blank=True,
                            help_text="The customer this is; empty for somebody who never wrote to the bot.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="chat_removals",
                            to="customers.customer",
                        ),
                    ),
                    (
                        "reason",
                        models.CharField(
                            choices=[
                                ("ended", "Access has ended"),
                                ("unasked", "Came in without access"),
                                ("found", "Found by the nightly comparison"),
                            ],
                            help_text="Why.",
                            max_length=8,
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("waiting", "Waiting"),
                                ("removed", "Removed"),
                                ("gone", "Had left already"),
                                ("kept", "Kept: administers the chat"),
                                ("dropped", "Dropped: may stay after all"),
                            ],
                            default="waiting",
                            help_text="Where it stands.",
                            max_length=8,
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
                        models.DateTimeField(help_text="Not tried before this moment."),
                    ),
                    (
                        "error",
                        models.TextField(
                            blank=True,
                            default="",
                            help_text="What Telegram said when it failed last.",
                        ),
                    ),
                    (
                        "banned_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When the first of the two steps was done.",
                            null=True,
                        ),
                    ),
                    ("created_at", models.DateTimeField(help_text="When it became due.")),
                    (
                        "done_at",
                        models.DateTimeField(blank=True, help_text="When it ended.", null=True),
                    ),
                ],
                options={
                    "indexes": [
                        models.Index(
                            condition=models.Q(("status", "waiting")),
                            fields=["next_attempt_at", "id"],
                            name="removal_due",
                        )
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("status", "waiting")),
                            fields=("chat", "telegram_id"),
                            name="removal_waits_once",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("reason__in", ["ended", "unasked", "found"])),
                            name="removal_reason_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "status__in",
                                    ["waiting", "removed", "gone", "kept", "dropped"],
                                )
                            ),
                            name="removal_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("done_at__isnull", True), ("status", "waiting")),
                                models.Q(
                                    models.Q(("status", "waiting"), _negated=True),
                                    ("done_at__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="removal_done_iff_done_at",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="TelegramUpdate",
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
                        "bot_id",
                        models.BigIntegerField(help_text="Number of the bot that received it."),
                    ),
                    (
                        "update_id",
                        models.BigIntegerField(
                            help_text="Telegram's number of the update; unique per bot."
                        ),
                    ),
                    ("body", models.TextField(help_text="The update exactly as it came.")),
                    (
                        "kind",
                        models.CharField(
                            help_text="What it is, like callback_query.", max_length=40
                        ),
                    ),
                    (
                        "chat_id",
                        models.BigIntegerField(
                            blank=True, help_text="Chat it happened in.", null=True
                        ),
                    ),
                    (
                        "user_id",
                        models.BigIntegerField(
                            blank=True, help_text="Telegram user who did it.", null=True
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("new", "New"),
                                ("done", "Done"),
                                ("failed", "Failed, will be retried"),
                                ("dead", "Given up, needs a person"),
                            ],
                            default="new",
                            help_text="New until its effects are written; dead when retries ran out.",
                            max_length=8,
                        ),
                    ),
                    (
                        "attempts",
                        models.PositiveSmallIntegerField(
                            default=0, help_text="How often handling failed."
                        ),
                    ),
                    (
                        "next_attempt_at",
                        models.DateTimeField(help_text="Not handled again before this moment."),
                    ),
                    (
                        "error",
                        models.TextField(
                            blank=True, default="", help_text="Why the last attempt failed."
                        ),
                    ),
                    ("received_at", models.DateTimeField(help_text="When it was stored.")),
                    (
                        "done_at",
                        models.DateTimeField(
                            blank=True, help_text="When it was handled.", null=True
                        ),
                    ),
                ],
                options={
                    "verbose_name": "incoming update",
                    "verbose_name_plural": "incoming updates",
                    "indexes": [
                        models.Index(
                            condition=models.Q(("status__in", ["new", "failed"])),
                            fields=["next_attempt_at"],
                            name="update_due",
                        ),
                        models.Index(
                            condition=models.Q(("status", "dead")),
                            fields=["id"],
                            name="update_dead",
                        ),
                        models.Index(fields=["user_id", "id"], name="update_by_user"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("bot_id", "update_id"), name="update_once_per_bot"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("status__in", ["new", "done", "failed", "dead"])
                            ),
                            name="update_status_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("done_at__isnull", False), ("status", "done")),
                                models.Q(
                                    models.Q(("status", "done"), _negated=True),
                                    ("done_at__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            name="update_done_iff_done_at",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="OutgoingMessage",
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
                        "dedupe_key",
                        models.CharField(
                            help_text="Says what it is about; one message per key.",
                            max_length=120,
                            unique=True,
                        ),
                    ),
                    (
                        "bot_id",
                        models.BigIntegerField(help_text="Number of the bot that sends it."),
                    ),
                    ("chat_id", models.BigIntegerField(help_text="Chat it goes to.")),
                    (
                        "method",
                        models.CharField(
                            help_text="Bot API method, like sendMessage.", max_length=40
                        ),
                    ),
                    (
                        "params",
                        models.JSONField(
                            default=dict,
                            help_text="Parameters of the method, without the chat.",
                        ),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("waiting", "Waiting"),
                                ("sent", "Sent"),
                                ("failed", "Failed"),
                                ("blocked", "Customer blocked the bot"),
                                ("unknown", "Perhaps sent"),
                            ],
                            default="waiting",
                            help_text="Waiting until Telegram took it.",
                            max_length=8,
                        ),
                    ),
                    (
                        "may_repeat",
                        models.BooleanField(
                            default=True,
                            help_text="Off: sent again only when it surely did not arrive the first time.",
                        ),
                    ),
                    (
                        "attempts",
                        models.PositiveSmallIntegerField(
                            default=0, help_text="How often sending was tried."
                        ),
                    ),
                    (
                        "next_attempt_at",
                        models.DateTimeField(help_text="Not sent before this moment."),
                    ),
                    (
                        "error",
                        models.TextField(
                            blank=True, default="", help_text="What Telegram said last."
                        ),
                    ),
                    (
                        "message_id",
                        models.BigIntegerField(
                            blank=True,
                            help_text="Telegram's number of the sent message.",
                            null=True,
                        ),
                    ),
                    ("created_at", models.DateTimeField(help_text="When it was put here.")),
                    (
                        "sent_at",
                        models.DateTimeField(
                            blank=True, help_text="When Telegram took it.", null=True
                        ),
                    ),
                ],
                options={
                    "verbose_name": "outgoing message",
                    "verbose_name_plural": "outgoing messages",
                    "indexes": [
                        models.Index(
                            condition=models.Q(("status", "waiting")),
                            fields=["next_attempt_at", "id"],
                            name="outgoing_due",
                        ),
                        models.Index(
                            condition=models.Q(("status__in", ["failed", "unknown"])),
                            fields=["id"],
                            name="outgoing_failed",
                        ),
                        models.Index(fields=["chat_id", "id"], name="outgoing_by_chat"),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                (
                                    "status__in",
                                    ["waiting", "sent", "failed", "blocked", "unknown"],
                                )
                            ),
                            name="outgoing_status_known",
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
                            name="outgoing_sent_iff_sent_at",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SendingLane",
                fields=[
                    (
                        "bot_id",
                        models.BigIntegerField(
                            help_text="Number of the bot.", primary_key=True, serialize=False
                        ),
                    ),
                    (
                        "held_until",
                        models.DateTimeField(help_text="Nobody else sends before this moment."),
                    ),
                ],
            ),
            migrations.CreateModel(
                name="TelegramCommand",
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
                        "command",
                        models.CharField(
                            help_text="Without the slash: lower case letters, digits, _.",
                            max_length=32,
                            unique=True,
                        ),
                    ),
                    (
                        "category",
                        models.CharField(
                            choices=[
                                ("shop", "Shop"),
                                ("account", "Account"),
                                ("settings", "Settings"),
                                ("help", "Help"),
                            ],
                            default="shop",
                            help_text="Where /help lists it.",
                            max_length=10,
                        ),
                    ),
                    (
                        "description",
                        models.CharField(
                            help_text="What the menu says about it; at most 256 characters.",
                            max_length=256,
                        ),
                    ),
                    (
                        "description_en",
                        models.CharField(
                            help_text="What the menu says about it; at most 256 characters.",
                            max_length=256,
                            null=True,
                        ),
                    ),
                    (
                        "description_ru",
                        models.CharField(
                            help_text="What the menu says about it; at most 256 characters.",
                            max_length=256,
                            null=True,
                        ),
                    ),
                    (
                        "description_de",
                        models.CharField(
                            help_text="What the menu says about it; at most 256 characters.",
                            max_length=256,
                            null=True,
                        ),
                    ),
                    (
                        "description_es",
                        models.CharField(
                            help_text="What the menu says about it; at most 256 characters.",
                            max_length=256,
                            null=True,
                        ),
                    ),
                    (
                        "requires_auth",
                        models.BooleanField(
                            default=False,
                            help_text="Only for customers who have pressed Start before.",
                        ),
                    ),
                    (
                        "requires_premium",
                        models.BooleanField(
                            default=False,
                            help_text="Only for customers whose tier is Premium or higher.",
                        ),
                    ),
                    (
                        "is_enabled",
                        models.BooleanField(
                            default=True,
                            help_text="Off: the menu hides it and the bot declines politely.",
                        ),
                    ),
                    (
                        "is_in_menu",
                        models.BooleanField(
                            default=True, help_text="Shown in Telegram's command menu."
                        ),
                    ),
                    (
                        "position",
                        models.PositiveSmallIntegerField(
                            default=0, help_text="Order in the menu, low first."
                        ),
                    ),
                ],
                options={
                    "verbose_name": "command",
                    "ordering": ["position", "command"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("category__in", ["shop", "account", "settings", "help"])
                            ),
                            name="command_category_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("command__regex", "^[a-z][a-z0-9_]{0,31}$")),
                            name="command_spelled_as_telegram_wants",
                            violation_error_message="Lower case letters, digits and _; a letter first.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Conversation",
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
                    ("bot_id", models.BigIntegerField(help_text="Number of the bot.")),
                    ("chat_id", models.BigIntegerField(help_text="The private chat.")),
                    (
                        "step",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("", "Nothing"),
                                ("promo", "A promotion code"),
                                ("support", "A question about a payment"),
                                ("address", "Where a parcel goes"),
                                ("gift_card", "The code of a gift card"),
                            ],
                            default="",
                            help_text="What the next plain message answers; empty when nothing was asked.",
                            max_length=10,
                        ),
                    ),
                    (
                        "data",
                        models.JSONField(
                            default=dict, help_text="Ids of what the question was about."
                        ),
                    ),
                    (
                        "promo_code",
                        models.CharField(
                            blank=True,
                            default="",
                            help_text="Code typed for the next purchase.",
                            max_length=60,
                        ),
                    ),
                    ("updated_at", models.DateTimeField(help_text="When the bot asked last.")),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("bot_id", "chat_id"), name="conversation_once_per_chat"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("step__in", ["", "promo", "support", "address", "gift_card"])
                            ),
                            name="conversation_step_known",
                        ),
                    ],
                },
            ),
        ),
        migrations.RunPython(add_commands, migrations.RunPython.noop),
        TrackVersion("telegram", "telegram_bot_telegramcommand"),
    ]
