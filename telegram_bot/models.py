"""What the bot remembers: updates taken in, messages to send, commands, conversations."""

from django.db import models
from django.db.models import Q

from telegram_bot.gates.models import ChatMembership, GatedChat, Removal

__all__ = [
    "ChatMembership",
    "Conversation",
    "GatedChat",
    "OutgoingMessage",
    "Removal",
    "SendingLane",
    "TelegramCommand",
    "TelegramUpdate",
]


class TelegramUpdate(models.Model):
    """One update as Telegram delivered it, stored before anything is done about it."""

    class Status(models.TextChoices):
        """Where an update stands."""

        NEW = "new", "New"
        DONE = "done", "Done"
        FAILED = "failed", "Failed, will be retried"
        DEAD = "dead", "Given up, needs a person"

    bot_id = models.BigIntegerField(help_text="Number of the bot that received it.")
    update_id = models.BigIntegerField(
        help_text="Telegram's number of the update; unique per bot."
    )
    #: The text as it came, not JSON: PostgreSQL's jsonb refuses "\\u0000" and reorders keys.
    body = models.TextField(help_text="The update exactly as it came.")
    kind = models.CharField(max_length=40, help_text="What it is, like callback_query.")
    chat_id = models.BigIntegerField(null=True, blank=True, help_text="Chat it happened in.")
    user_id = models.BigIntegerField(
        null=True, blank=True, help_text="Telegram user who did it."
    )
    status = models.CharField(
        max_length=8,
        choices=Status,
        default=Status.NEW,
        help_text="New until its effects are written; dead when retries ran out.",
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often handling failed."
    )
    next_attempt_at = models.DateTimeField(help_text="Not handled again before this moment.")
    error = models.TextField(blank=True, default="", help_text="Why the last attempt failed.")
    received_at = models.DateTimeField(help_text="When it was stored.")
    done_at = models.DateTimeField(null=True, blank=True, help_text="When it was handled.")

    class Meta:
        verbose_name = "incoming update"
        verbose_name_plural = "incoming updates"
        constraints = [
            models.UniqueConstraint(fields=["bot_id", "update_id"], name="update_once_per_bot"),
            models.CheckConstraint(
                condition=Q(status__in=["new", "done", "failed", "dead"]),
                name="update_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="done", done_at__isnull=False)
                | (~Q(status="done") & Q(done_at__isnull=True)),
                name="update_done_iff_done_at",
            ),
        ]
        indexes = [
            # The retry sweep's queue.
            models.Index(
                fields=["next_attempt_at"],
                name="update_due",
                condition=Q(status__in=["new", "failed"]),
            ),
            # The dashboard's count and staff's list of dead letters.
            models.Index(fields=["id"], name="update_dead", condition=Q(status="dead")),
            # One customer's chat in the admin.
            models.Index(fields=["user_id", "id"], name="update_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.update_id}"


class OutgoingMessage(models.Model):
    """One message that must arrive, sent by the outbox sweep and never twice."""

    class Status(models.TextChoices):
        """Where a message stands."""

        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        BLOCKED = "blocked", "Customer blocked the bot"
        UNKNOWN = "unknown", "Perhaps sent"

    dedupe_key = models.CharField(
        max_length=120, unique=True, help_text="Says what it is about; one message per key."
    )
    bot_id = models.BigIntegerField(help_text="Number of the bot that sends it.")
    chat_id = models.BigIntegerField(help_text="Chat it goes to.")
    method = models.CharField(max_length=40, help_text="Bot API method, like sendMessage.")
    params = models.JSONField(
        default=dict, help_text="Parameters of the method, without the chat."
    )
    status = models.CharField(
        max_length=8,
        choices=Status,
        default=Status.WAITING,
        help_text="Waiting until Telegram took it.",
    )
    may_repeat = models.BooleanField(
        default=True,
        help_text="Off: sent again only when it surely did not arrive the first time.",
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often sending was tried."
    )
    next_attempt_at = models.DateTimeField(help_text="Not sent before this moment.")
    error = models.TextField(blank=True, default="", help_text="What Telegram said last.")
    message_id = models.BigIntegerField(
        null=True, blank=True, help_text="Telegram's number of the sent message."
    )
    created_at = models.DateTimeField(help_text="When it was put here.")
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When Telegram took it.")

    class Meta:
        verbose_name = "outgoing message"
        verbose_name_plural = "outgoing messages"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "sent", "failed", "blocked", "unknown"]),
                name="outgoing_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False)
                | (~Q(status="sent") & Q(sent_at__isnull=True)),
                name="outgoing_sent_iff_sent_at",
            ),
        ]
        indexes = [
            # The outbox sweep's queue.
            models.Index(
                fields=["next_attempt_at", "id"],
                name="outgoing_due",
                condition=Q(status="waiting"),
            ),
            # Staff's list of what did not arrive.
            models.Index(
                fields=["id"],
                name="outgoing_failed",
                condition=Q(status__in=["failed", "unknown"]),
            ),
            # Ends a blocked chat's rows; one customer's messages in the admin.
            models.Index(fields=["chat_id", "id"], name="outgoing_by_chat"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.dedupe_key}"


class SendingLane(models.Model):
    """One bot's right to send from the outbox; whoever holds it paces all its messages."""

    bot_id = models.BigIntegerField(primary_key=True, help_text="Number of the bot.")
    held_until = models.DateTimeField(help_text="Nobody else sends before this moment.")

    def __str__(self) -> str:
        return f"lane of bot {self.bot_id}"


class TelegramCommand(models.Model):
    """One command of the bot's menu, and who may use it."""

    class Category(models.TextChoices):
        """How the help page groups commands."""

        SHOP = "shop", "Shop"
        ACCOUNT = "account", "Account"
        SETTINGS = "settings", "Settings"
        HELP = "help", "Help"

    command = models.CharField(
        max_length=32,
        unique=True,
        help_text="Without the slash: lower case letters, digits, _.",
    )
    category = models.CharField(
        max_length=10,
        choices=Category,
        default=Category.SHOP,
        help_text="Where /help lists it.",
    )
    description = models.CharField(
        max_length=256, help_text="What the menu says about it; at most 256 characters."
    )
    requires_auth = models.BooleanField(
        default=False, help_text="Only for customers who have pressed Start before."
    )
    requires_premium = models.BooleanField(
        default=False, help_text="Only for customers whose tier is Premium or higher."
    )
    is_enabled = models.BooleanField(
        default=True, help_text="Off: the menu hides it and the bot declines politely."
    )
    is_in_menu = models.BooleanField(
        default=True, help_text="Shown in Telegram's command menu."
    )
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Order in the menu, low first."
    )

    class Meta:
        ordering = ["position", "command"]
        verbose_name = "command"
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=["shop", "account", "settings", "help"]),
                name="command_category_known",
            ),
            models.CheckConstraint(
                condition=Q(command__regex=r"^[a-z][a-z0-9_]{0,31}$"),
                name="command_spelled_as_telegram_wants",
                violation_error_message="Lower case letters, digits and _; a letter first.",
            ),
        ]

    def __str__(self) -> str:
        return f"/{self.command}"


class Conversation(models.Model):
    """What the bot asked one chat to type, and the promotion code it was given last."""

    class Step(models.TextChoices):
        """What the next plain message answers."""

        NOTHING = "", "Nothing"
        PROMO_CODE = "promo", "A promotion code"
        SUPPORT = "support", "A question about a payment"
        ADDRESS = "address", "Where a parcel goes"
        GIFT_CARD = "gift_card", "The code of a gift card"

    bot_id = models.BigIntegerField(help_text="Number of the bot.")
    chat_id = models.BigIntegerField(help_text="The private chat.")
    step = models.CharField(
        max_length=10,
        choices=Step,
        default=Step.NOTHING,
        blank=True,
        help_text="What the next plain message answers; empty when nothing was asked.",
    )
    data = models.JSONField(default=dict, help_text="Ids of what the question was about.")
    promo_code = models.CharField(
        max_length=60, blank=True, default="", help_text="Code typed for the next purchase."
    )
    updated_at = models.DateTimeField(help_text="When the bot asked last.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bot_id", "chat_id"], name="conversation_once_per_chat"
            ),
            models.CheckConstraint(
                condition=Q(step__in=["", "promo", "support", "address", "gift_card"]),
                name="conversation_step_known",
            ),
        ]

    def __str__(self) -> str:
        return f"chat {self.chat_id}"
