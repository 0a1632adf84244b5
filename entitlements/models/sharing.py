"""Entitlements that one person pays for and another uses: gifts and seats."""

import secrets

from django.db import models
from django.db.models import F, Q

from catalog.levels import Level
from catalog.models import ProductTier
from customers.models import Customer
from entitlements.models.offers import EntitlementType

CODE_LENGTH = 22


def new_code() -> str:
    """Return 128 random bits that fit a deep link."""
    return secrets.token_urlsafe(16)


class GiftCode(models.Model):
    """A tier that one customer paid for and another one redeems, once."""

    code = models.CharField(
        max_length=CODE_LENGTH,
        unique=True,
        default=new_code,
        help_text="The secret part of the gift's link.",
    )
    tier = models.ForeignKey(
        ProductTier,
        on_delete=models.PROTECT,
        related_name="gifts",
        help_text="What is given.",
    )
    months = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Calendar months given; empty for lifetime."
    )
    source = models.CharField(
        max_length=100, unique=True, help_text="What paid for it, such as order-line:17."
    )
    giver = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="gifts_given",
        help_text="Who gives it; empty if the shop does.",
    )
    created_at = models.DateTimeField(help_text="When it was made.")
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Not redeemed after this; empty for no end."
    )
    redeemed_by = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="gifts_redeemed",
        help_text="Who redeemed it.",
    )
    redeemed_at = models.DateTimeField(null=True, blank=True, help_text="When it was redeemed.")
    cancelled_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was withdrawn, unredeemed."
    )
    is_cancelled_by_source = models.BooleanField(
        default=False,
        help_text="Withdrawn with what paid for it: it comes back if that does.",
    )

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(redeemed_by__isnull=True, redeemed_at__isnull=True)
                | Q(redeemed_by__isnull=False, redeemed_at__isnull=False),
                name="gift_redeemed_by_iff_at",
            ),
            models.CheckConstraint(
                condition=Q(redeemed_at__isnull=True) | Q(cancelled_at__isnull=True),
                name="gift_redeemed_or_cancelled",
            ),
            models.CheckConstraint(
                condition=Q(is_cancelled_by_source=False) | Q(cancelled_at__isnull=False),
                name="gift_cancelled_by_source_is_cancelled",
            ),
            models.CheckConstraint(
                condition=Q(months__isnull=True) | Q(months__gte=1),
                name="gift_of_a_month_or_more",
            ),
        ]

    def __str__(self) -> str:
        """Return the source, since the code is a secret."""
        return f"gift from {self.source}"

    @property
    def grant_source(self) -> str:
        """The source of what redeeming it grants."""
        return f"gift:{self.pk}"


class SeatPool(models.Model):
    """The seats that an owner shares out, at one level of one entitlement.

    How many there are follows from the owner's grants, so that a renewal keeps the members.
    """

    owner = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="seat_pools",
        help_text="Who pays for the seats.",
    )
    type = models.ForeignKey(
        EntitlementType,
        on_delete=models.PROTECT,
        related_name="seat_pools",
        help_text="What the seats entitle to.",
    )
    level = models.CharField(max_length=10, choices=Level.choices, help_text="At which level.")
    created_at = models.DateTimeField(help_text="When the owner first had seats.")

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "type", "level"], name="seat_pool_once_per_level"
            ),
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="seat_pool_level_known"
            ),
        ]

    def __str__(self) -> str:
        """Return owner and level."""
        return f"seats of customer {self.owner_id} ({self.level})"


class SeatInvite(models.Model):
    """A link by which one person takes one seat."""

    pool = models.ForeignKey(
        SeatPool,
        on_delete=models.CASCADE,
        related_name="invites",
        help_text="The seats it belongs to.",
    )
    code = models.CharField(
        max_length=CODE_LENGTH,
        unique=True,
        default=new_code,
        help_text="The secret part of the invitation's link.",
    )
    invited_at = models.DateTimeField(help_text="When the owner made it.")
    expires_at = models.DateTimeField(help_text="Not accepted after this.")
    member = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="seats",
        help_text="Who took the seat.",
    )
    accepted_at = models.DateTimeField(
        null=True, blank=True, help_text="When the seat was taken."
    )
    removed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the owner withdrew the link or removed the member.",
    )

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=True, accepted_at__isnull=True)
                | Q(member__isnull=False, accepted_at__isnull=False),
                name="seat_member_iff_accepted",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True)
                | Q(accepted_at__isnull=True)
                | Q(removed_at__gte=F("accepted_at")),
                name="seat_removed_after_accepted",
            ),
            models.UniqueConstraint(
                fields=["pool", "member"],
                condition=Q(member__isnull=False, removed_at__isnull=True),
                name="seat_once_per_member",
            ),
        ]

    def __str__(self) -> str:
        """Return pool and number, since the code is a secret."""
        return f"seat {self.pk} of pool {self.pool_id}"
