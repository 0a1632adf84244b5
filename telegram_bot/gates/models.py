"""Which chats are gated, who is known to be in them, and who still has to leave?"""

from typing import Final, Self

from django.db import models
from django.db.models import Q

from catalog.levels import Level
from customers.models import Customer
from entitlements.models import EntitlementType

#: From this many tries on, staff are told.
WORRYING_ATTEMPTS: Final = 3


class GatedChatQuerySet(models.QuerySet["GatedChat"]):
    """Gated chats, by what the bot does with them."""

    def bound(self) -> Self:
        """Those whose members are checked."""
        return self.filter(type__isnull=False, is_active=True)


class GatedChat(models.Model):
    """One channel or supergroup, and the entitlement that opens it."""

    class Kind(models.TextChoices):
        """What sort of chat it is; "" until Telegram was asked."""

        UNKNOWN = "", "Not known yet"
        CHANNEL = "channel", "Channel"
        SUPERGROUP = "supergroup", "Group"
        GROUP = "group", "Basic group"

    class Problem(models.TextChoices):
        """Why the bot cannot guard it."""

        NONE = "", "None"
        UNCHECKED = "unchecked", "Rights not checked yet"
        ABSENT = "absent", "The bot is not in the chat, or its number is wrong"
        NO_ADMIN = "no_admin", "The bot is not an administrator"
        NO_INVITE = "no_invite", "The bot may not invite members"
        NO_RESTRICT = "no_restrict", "The bot may not remove members"
        BASIC_GROUP = "basic", "A basic group: make it a supergroup"

    bot_id = models.BigIntegerField(help_text="Number of the bot that guards it.")
    chat_id = models.BigIntegerField(
        help_text="Telegram's number of the chat, like -1001234567890."
    )
    kind = models.CharField(
        max_length=10,
        choices=Kind,
        default=Kind.UNKNOWN,
        blank=True,
        help_text="What sort of chat it is.",
    )
    title = models.CharField(
        max_length=255, blank=True, default="", help_text="Its name in Telegram."
    )
    type = models.ForeignKey(
        EntitlementType,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="gated_chats",
        verbose_name="entitlement",
        help_text="Who holds this may be in the chat. Empty: the bot lets everybody be.",
    )
    level = models.CharField(
        max_length=10,
        choices=Level,
        default=Level.PREMIUM,
        help_text="The lowest level of it that opens the chat.",
    )
    is_active = models.BooleanField(
        default=True, help_text="Off: nobody is let in or removed by the bot."
    )
    problem = models.CharField(
        max_length=12,
        choices=Problem,
        default=Problem.UNCHECKED,
        blank=True,
        help_text="Why the bot cannot guard it at present.",
    )
    invite_link = models.CharField(
        max_length=255,
        blank=True,
        default="",
        help_text="The link by which customers ask to join; made by the bot.",
    )
    migrated_from = models.BigIntegerField(
        null=True, blank=True, help_text="Its number before it became a supergroup."
    )
    set_up_at = models.DateTimeField(
        null=True, blank=True, help_text="When rights and link are looked at next."
    )
    set_up_attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often that failed in a row."
    )
    set_up_error = models.TextField(
        blank=True, default="", help_text="What Telegram said when it failed."
    )
    audit_due_at = models.DateTimeField(
        null=True, blank=True, help_text="When members are compared next."
    )
    audit_cursor = models.BigIntegerField(
        default=0, help_text="Telegram user up to whom the running comparison has come."
    )
    audited_at = models.DateTimeField(
        null=True, blank=True, help_text="When the last comparison ended."
    )
    added_at = models.DateTimeField(help_text="When the shop first knew of it.")

    objects = GatedChatQuerySet.as_manager()

    class Meta:
        verbose_name = "gated chat"
        constraints = [
            models.UniqueConstraint(
                fields=["bot_id", "chat_id"],
                name="gated_chat_once",
                violation_error_message="This chat is here already.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["", "channel", "supergroup", "group"]),
                name="gated_chat_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="gated_chat_level_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    problem__in=[
                        "", "unchecked", "absent", "no_admin", "no_invite", "no_restrict",
                        "basic",
                    ]
                ),
                name="gated_chat_problem_known",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return the title."""
        return self.title or str(self.chat_id)

    @property
    def is_bound(self) -> bool:
        """The bot guards it."""
        return self.type_id is not None and self.is_active


class ChatMembership(models.Model):
    """What is known of one person in one gated chat."""

    chat = models.ForeignKey(
        GatedChat,
        on_delete=models.CASCADE,
        related_name="memberships",
        help_text="The chat.",
    )
    telegram_id = models.BigIntegerField(help_text="The person, by Telegram's number.")
    name = models.CharField(
        max_length=130, blank=True, default="", help_text="As Telegram names the person."
    )
    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="chat_memberships",
        help_text="The customer this is; empty for somebody who never wrote to the bot.",
    )
    is_inside = models.BooleanField(default=False, help_text="In the chat, as far as known.")
    is_admin = models.BooleanField(
        default=False, help_text="Administers or owns the chat: never removed."
    )
    changed_at = models.DateTimeField(
        help_text="When Telegram last told of a change, or was asked."
    )
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="Date of the last request that was declined."
    )
    check_at = models.DateTimeField(
        null=True, blank=True, help_text="When access is looked at next; empty for never."
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "chat member"
        constraints = [
            models.UniqueConstraint(fields=["chat", "telegram_id"], name="chat_member_once"),
        ]
        indexes = [
            # The removal sweep's queue.
            models.Index(
                fields=["check_at", "id"],
                name="chat_member_due",
                condition=Q(check_at__isnull=False),
            ),
            # A customer's chats, when an event tells that something of theirs has changed.
            models.Index(fields=["telegram_id"], name="chat_member_by_person"),
        ]

    def __str__(self) -> str:
        """Return the person's name."""
        return self.name or str(self.telegram_id)


class Removal(models.Model):
    """The duty to take one person out of one chat, kept until it is done or pointless."""

    class Reason(models.TextChoices):
        """Why somebody has to leave."""

        ENDED = "ended", "Access has ended"
        UNASKED = "unasked", "Came in without access"
        FOUND = "found", "Found by the nightly comparison"

    class Status(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", "Waiting"
        REMOVED = "removed", "Removed"
        GONE = "gone", "Had left already"
        KEPT = "kept", "Kept: administers the chat"
        DROPPED = "dropped", "Dropped: may stay after all"

    chat = models.ForeignKey(
        GatedChat, on_delete=models.CASCADE, related_name="removals", help_text="The chat."
    )
    telegram_id = models.BigIntegerField(help_text="The person, by Telegram's number.")
    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="chat_removals",
        help_text="The customer this is; empty for somebody who never wrote to the bot.",
    )
    reason = models.CharField(max_length=8, choices=Reason, help_text="Why.")
    status = models.CharField(
        max_length=8, choices=Status, default=Status.WAITING, help_text="Where it stands."
    )
    attempts = models.PositiveIntegerField(default=0, help_text="How often it was tried.")
    next_attempt_at = models.DateTimeField(help_text="Not tried before this moment.")
    error = models.TextField(
        blank=True, default="", help_text="What Telegram said when it failed last."
    )
    banned_at = models.DateTimeField(
        null=True, blank=True, help_text="When the first of the two steps was done."
    )
    created_at = models.DateTimeField(help_text="When it became due.")
    done_at = models.DateTimeField(null=True, blank=True, help_text="When it ended.")

    objects = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chat", "telegram_id"],
                condition=Q(status="waiting"),
                name="removal_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=["ended", "unasked", "found"]),
                name="removal_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "removed", "gone", "kept", "dropped"]),
                name="removal_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", done_at__isnull=True)
                | (~Q(status="waiting") & Q(done_at__isnull=False)),
                name="removal_done_iff_done_at",
            ),
        ]
        indexes = [
            # The removal sweep's queue.
            models.Index(
                fields=["next_attempt_at", "id"],
                name="removal_due",
                condition=Q(status="waiting"),
            ),
        ]

    def __str__(self) -> str:
        """Return the person and the chat."""
        return f"{self.telegram_id} from chat {self.chat_id}"
