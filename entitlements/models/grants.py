"""Who was given what, and what stands against it."""

from datetime import UTC, datetime
from typing import Any, Final, NoReturn, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from catalog.levels import RANK, Level
from catalog.models import ProductTier
from customers.models import Customer
from entitlements.models.offers import EntitlementType

#: ``access_until`` of what never ends: a real moment, so that one comparison on one index
#: answers for finite and endless grants alike.
FOREVER: Final = datetime(9999, 12, 31, tzinfo=UTC)

#: No end that is given lies later: what follows it (months bought, grace) must still be a date.
LATEST_END: Final = datetime(9000, 1, 1, tzinfo=UTC)


class GrantQuerySet(models.QuerySet["Grant"]):
    """Grants, by which of them count at a moment."""

    def live(self) -> Self:
        """Those that were not closed before their end; they may be over."""
        return self.filter(revoked_at__isnull=True)

    def counting(self, at: datetime) -> Self:
        """Those whose stretch, grace included, holds the moment."""
        return self.filter(starts_at__lte=at, access_until__gt=at)

    def switched_on(self, at: datetime) -> Self:
        """Those whose entitlement ``is_on`` at the moment."""
        since = Q(type__switched_at__isnull=True) | Q(type__switched_at__lte=at)
        before = Q(type__is_active=False, type__switched_at__gt=at)
        return self.filter(Q(since, type__is_active=True) | before)

    def unblocked(self, at: datetime) -> Self:
        """Those whose holder is not blocked, nor the owner of the seat it is."""
        return self.exclude(_blocked(at))

    def with_blocked(self, at: datetime) -> Self:
        """Add ``is_blocked``: the holder, or the owner of the seat, is blocked then."""
        return self.annotate(is_blocked=_blocked(at))


class BlockQuerySet(models.QuerySet["Block"]):
    """Blocks, by which of them stand at a moment."""

    def standing(self, at: datetime) -> Self:
        """Those placed and not lifted at the moment."""
        not_lifted = Q(lifted_at__isnull=True) | Q(lifted_at__gt=at)
        return self.filter(not_lifted, starts_at__lte=at)

    def on_everything(self) -> Self:
        """Those that stand against whatever the customer holds."""
        return self.filter(only_source="")


def _blocked(at: datetime) -> Exists:
    holder = _bears_on(customer_id="customer_id", source="source")
    owner = _bears_on(customer_id="follows__customer_id", source="follows__source")
    return Exists(Block.objects.standing(at).filter(holder | owner))


def _bears_on(*, customer_id: str, source: str) -> Q:
    about = Q(only_source="") | Q(only_source=OuterRef(source))
    return Q(about, customer_id=OuterRef(customer_id))


class Grant(models.Model):
    """A stretch of time for which a customer was given an entitlement, and by what.

    Append-only: a change of plan closes the row and writes the next one of its source. The
    stretch in which a row counts is ``starts_at <= moment < access_until``; nothing is written
    when it runs out.
    """

    class Closing(models.TextChoices):
        """Why a row was closed before its end; all but REVOKED have a next row."""

        REVOKED = "revoked", "Revoked"
        MOVED = "moved", "Moved to other dates"
        DEFERRED = "deferred", "Waiting behind a higher level"
        #: In older rows only: an extension is a grant of its own.
        EXTENDED = "extended", "Extended"
        SHORTENED = "shortened", "Shortened"

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="grants",
        # The index for access checks begins with the customer.
        db_index=False,
        help_text="Who holds it.",
    )
    type = models.ForeignKey(
        EntitlementType,
        on_delete=models.PROTECT,
        related_name="grants",
        help_text="What was granted.",
    )
    level = models.CharField(
        max_length=10,
        choices=Level.choices,
        help_text="At which level; a higher one includes the lower ones.",
    )
    source = models.CharField(
        max_length=100, help_text="What gave it, such as order-line:17 or goodwill:3f2a."
    )
    sequence = models.PositiveIntegerField(
        default=0, help_text="Number of this row among those of its source."
    )
    tier = models.ForeignKey(
        ProductTier,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="grants",
        help_text="The offer it was sold as; decides the privileges. Empty if none.",
    )
    months = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Calendar months granted; empty for other lengths."
    )
    starts_at = models.DateTimeField(help_text="When it begins.")
    ends_at = models.DateTimeField(
        null=True, blank=True, help_text="When it ends (exclusive); empty for lifetime."
    )
    anchor_at = models.DateTimeField(
        help_text="First start of the chain; calendar months count from here."
    )
    months_from_anchor = models.PositiveIntegerField(
        null=True, blank=True, help_text="Calendar months from the anchor to the end."
    )
    grace_days = models.PositiveIntegerField(
        default=0, help_text="Days of access kept after the end, to pay late."
    )
    access_until = models.DateTimeField(
        help_text="When its access stops: end and grace, or when it was closed."
    )
    seats = models.PositiveIntegerField(
        default=0, help_text="People whom the holder may invite to share it."
    )
    follows = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="followers",
        help_text="For a seat: the grant of the seats' owner that this one mirrors.",
    )
    granted_at = models.DateTimeField(help_text="When its source first gave it.")
    revoked_at = models.DateTimeField(
        null=True, blank=True, help_text="When this row was closed before its end."
    )
    closing = models.CharField(
        max_length=9,
        choices=Closing.choices,
        blank=True,
        help_text="Why this row was closed before its end.",
    )
    revoked_reason = models.CharField(
        max_length=200, blank=True, help_text="The reason that was given, in words."
    )
    note = models.CharField(
        max_length=200, blank=True, help_text="For staff only; the customer never sees it."
    )
    next_notice_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the next reminder or notice about it is due; empty for none.",
    )

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "type", "sequence"], name="grant_once_per_source"
            ),
            models.UniqueConstraint(
                fields=["source", "type"],
                condition=Q(revoked_at__isnull=True),
                name="grant_live_once_per_source",
            ),
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="grant_level_known"
            ),
            models.CheckConstraint(
                condition=Q(closing="", revoked_at__isnull=True)
                | Q(
                    closing__in=["revoked", "moved", "deferred", "extended", "shortened"],
                    revoked_at__isnull=False,
                ),
                name="grant_closed_iff_revoked_at",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="grant_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(months__isnull=True, months_from_anchor__isnull=True)
                | Q(
                    months__gte=1,
                    months_from_anchor__isnull=False,
                    months_from_anchor__gte=F("months"),
                    ends_at__isnull=False,
                ),
                name="grant_months_count_from_anchor",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=False, access_until__lte=F("revoked_at"))
                | Q(revoked_at__isnull=True, ends_at__isnull=True, access_until=FOREVER)
                | Q(
                    revoked_at__isnull=True,
                    ends_at__isnull=False,
                    access_until__gte=F("ends_at"),
                ),
                name="grant_access_until_end_or_closing",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(next_notice_at__isnull=True),
                name="grant_closed_sends_nothing",
            ),
        ]
        indexes = [
            # Every access check: a customer's rows that still count, however long the history.
            models.Index(fields=["customer", "access_until"], name="grant_by_access"),
            # The expiry sweep's queue.
            models.Index(
                fields=["next_notice_at", "id"],
                name="grant_notice_due",
                condition=Q(next_notice_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Return source and level."""
        return f"{self.source} ({self.level})"

    @property
    def rank(self) -> int:
        """How high the level stands."""
        return RANK[self.level]

    @property
    def is_live(self) -> bool:
        """Not closed; it may still be over."""
        return self.revoked_at is None

    def is_running(self, at: datetime) -> bool:
        """It has begun and has not ended; grace does not count."""
        return self.starts_at <= at and (self.ends_at is None or self.ends_at > at)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: history is not deleted."""
        raise TypeError("grants are append-only")


class Block(models.Model):
    """A named reason why a customer has no access, whatever or by one source was granted."""

    class Kind(models.TextChoices):
        """Who or what blocks."""

        FRAUD = "fraud", "Fraud"
        DISPUTE = "dispute", "Disputed payment"
        STAFF = "staff", "By staff"

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="blocks",
        help_text="Who is blocked.",
    )
    kind = models.CharField(max_length=7, choices=Kind.choices, help_text="Who or what blocks.")
    source = models.CharField(
        max_length=100, help_text="What placed it, such as dispute:17 or staff:3."
    )
    only_source = models.CharField(
        max_length=100,
        blank=True,
        default="",
        help_text="What alone it suspends, such as gift:4; empty for all of the access.",
    )
    reason = models.CharField(
        max_length=200, blank=True, help_text="In words; staff and explanations show it."
    )
    starts_at = models.DateTimeField(help_text="When it was placed.")
    lifted_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was lifted; empty while it stands."
    )

    objects = BlockQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind", "source", "only_source"],
                condition=Q(lifted_at__isnull=True),
                name="block_stands_once_per_source",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["fraud", "dispute", "staff"]), name="block_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=F("starts_at")),
                name="block_lifted_after_start",
            ),
        ]
        indexes = [
            # Lifting what a dispute placed, when the dispute ends.
            models.Index(
                fields=["source"], name="block_standing", condition=Q(lifted_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        """Return kind and source."""
        return f"{self.kind} by {self.source}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: history is not deleted."""
        raise TypeError("blocks are lifted, not deleted")


class Reminder(models.Model):
    """The mark that a notice about a grant was given to the event log, once."""

    class Kind(models.TextChoices):
        """Which notice; the number is how many days before the end it is due."""

        DAYS_7 = "7", "7 days before the end"
        DAYS_3 = "3", "3 days before the end"
        DAYS_1 = "1", "1 day before the end"
        EXPIRED = "expired", "At the end"
        GRACE_ENDED = "grace_ended", "At the end of grace"

    grant = models.ForeignKey(
        Grant,
        on_delete=models.PROTECT,
        related_name="reminders",
        help_text="What the notice is about.",
    )
    kind = models.CharField(max_length=11, choices=Kind.choices, help_text="Which notice.")
    recorded_at = models.DateTimeField(help_text="When it was recorded.")

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["grant", "kind"], name="reminder_once_per_kind"),
            models.CheckConstraint(
                condition=Q(kind__in=["7", "3", "1", "expired", "grace_ended"]),
                name="reminder_kind_known",
            ),
        ]

    def __str__(self) -> str:
        """Return grant and kind."""
        return f"grant {self.grant_id}: {self.kind}"


class NoticeFailure(models.Model):
    """A notice about a grant that could not be recorded and will be tried again."""

    grant = models.OneToOneField(
        Grant,
        on_delete=models.PROTECT,
        related_name="notice_failure",
        help_text="What the notice is about.",
    )
    attempts = models.PositiveIntegerField(default=0, help_text="How often it failed.")
    error = models.CharField(max_length=500, help_text="Why it failed the last time.")
    failed_at = models.DateTimeField(help_text="When it failed the last time.")

    objects = models.Manager()

    class Meta:
        ordering = ["-failed_at"]

    def __str__(self) -> str:
        """Return the grant."""
        return f"grant {self.grant_id}"
