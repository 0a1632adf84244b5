"""The subscription: an agreement at a provider to charge again each period."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final, Self

from django.db import models
from django.db.models import Q

from catalog.models import ProductTier
from customers.models import Customer
from pricing.models import PriceVersion
from shopbot.kernel.money import Money

#: How long after a period a charge of Stars may still be its renewal.
STARS_PATIENCE: Final = timedelta(days=7)
#: How long before the end of a period its renewal may be asked for.
STARS_EARLY: Final = timedelta(days=1)


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Subscriptions."""

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))

    def live(self) -> Self:
        """Those that may still charge."""
        return self.filter(status__in=Subscription.LIVE_STATES)

    def renewing(self, now: datetime) -> Self:
        """Live ones that will charge again.

        Telegram never says that an agreement over Stars is over: one whose period ended a week
        ago without a renewal is.
        """
        silent = Q(gateway="stars", current_period_end__lt=now - STARS_PATIENCE)
        return self.live().filter(will_renew=True).exclude(silent)

    def chargeable(self) -> Self:
        """Live ones that the provider may charge as long as the shop does not stop it.

        Telegram never says whether a customer who stopped has gone back on it, so of Stars only
        our own stop is sure.
        """
        unsure = Q(gateway="stars", is_stopped_here=False)
        return self.live().filter(Q(will_renew=True) | unsure)

    def renewing_between(self, start: datetime, end: datetime) -> Self:
        """Live ones whose next charge falls in a period."""
        return self.live().filter(
            will_renew=True, current_period_end__gte=start, current_period_end__lt=end
        )


class Subscription(models.Model):
    """One customer's agreement to renew one tier; each charge of it is an order of its own."""

    class Status(models.TextChoices):
        """How the agreement stands."""

        INCOMPLETE = "incomplete", "Waiting for the first payment"
        TRIALING = "trialing", "In its free trial"
        ACTIVE = "active", "Active"
        PAST_DUE = "past_due", "Renewal failed, being retried"
        ENDED = "ended", "Ended"

    LIVE_STATES: Final = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE)

    key = models.UUIDField(
        unique=True, default=uuid.uuid4, help_text="Our name for it at the provider."
    )
    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="subscriptions",
        help_text="Who is charged.",
    )
    tier = models.ForeignKey(
        ProductTier,
        on_delete=models.PROTECT,
        related_name="subscriptions",
        help_text="What is renewed.",
    )
    gateway = models.CharField(max_length=16, help_text="Gateway that charges.")
    external_id = models.CharField(
        max_length=255, blank=True, help_text="The provider's id of the agreement."
    )
    provider_customer_id = models.CharField(
        max_length=255, blank=True, help_text="The provider's id of the customer."
    )
    status = models.CharField(
        max_length=10,
        choices=Status.choices,
        default=Status.INCOMPLETE,
        help_text="As the provider last said.",
    )
    price_minor = models.BigIntegerField(
        help_text="What each renewal charges, in the smallest unit."
    )
    currency = models.CharField(max_length=3, help_text="Its currency; XTR is Stars.")
    months = models.PositiveIntegerField(default=1, help_text="Months that a charge pays for.")
    days = models.PositiveIntegerField(
        default=0, help_text="Days that a charge pays for, where they are counted."
    )
    will_renew = models.BooleanField(default=True, help_text="Off once somebody cancelled.")
    is_stopped_here = models.BooleanField(
        default=False,
        help_text="On while the shop, not the customer, keeps the provider from renewing.",
    )
    current_period_end = models.DateTimeField(
        null=True, blank=True, help_text="Until when it is paid."
    )
    next_tier = models.ForeignKey(
        ProductTier,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="What renews instead from the next period on; empty: the same.",
    )
    next_price_minor = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="What that renewal charges, in the smallest unit of the same currency.",
    )
    action_url = models.TextField(
        blank=True, help_text="Where the customer can pay a failed renewal."
    )
    next_attempt_at = models.DateTimeField(
        null=True, blank=True, help_text="When the provider tries a failed renewal again."
    )
    price_version = models.ForeignKey(
        PriceVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="subscriptions",
        help_text="Price list that it was moved to; empty: the price it began with.",
    )
    stop_due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the provider is asked to renew no more, its money having gone back.",
    )
    started_at = models.DateTimeField(help_text="When the customer agreed.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it ended.")
    checked_at = models.DateTimeField(
        null=True, blank=True, help_text="When the provider was last asked about it."
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=["incomplete", "trialing", "active", "past_due", "ended"]
                ),
                name="subscription_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False)
                | Q(~Q(status="ended"), ended_at__isnull=True),
                name="subscription_ended_iff_ended_at",
            ),
            models.CheckConstraint(
                condition=~Q(status="ended") | Q(will_renew=False),
                name="subscription_ended_never_renews",
            ),
            models.CheckConstraint(
                condition=Q(stop_due_at=None)
                | Q(will_renew=True)
                | Q(gateway="stars", is_stopped_here=False),
                name="subscription_stops_only_while_it_may_renew",
            ),
            models.CheckConstraint(
                condition=Q(months__gte=1, days=0) | Q(months=0, days__gte=1),
                name="subscription_counts_months_or_days",
            ),
            models.CheckConstraint(
                condition=Q(next_tier__isnull=True, next_price_minor__isnull=True)
                | Q(next_tier__isnull=False, next_price_minor__isnull=False),
                name="subscription_next_tier_iff_price",
            ),
            models.UniqueConstraint(
                fields=["gateway", "external_id"],
                condition=~Q(external_id=""),
                name="subscription_once_per_external_id",
            ),
        ]
        indexes = [
            # What the sweep has to stop at the provider.
            models.Index(
                fields=["stop_due_at"],
                name="subscription_to_stop",
                condition=Q(stop_due_at__isnull=False),
            ),
            # "Does this customer already renew this tier?", asked before each checkout.
            models.Index(
                fields=["customer", "tier"],
                name="subscription_live",
                condition=Q(status__in=["trialing", "active", "past_due"]),
            ),
        ]

    def __str__(self) -> str:
        return f"subscription {self.pk}"

    @property
    def subject(self) -> str:
        """What the event log calls it."""
        return f"subscription:{self.pk}"

    @property
    def price(self) -> Money:
        """What each renewal charges."""
        return Money(self.price_minor, self.currency)

    @property
    def next_price(self) -> Money:
        """What the next renewal charges."""
        if self.next_price_minor is None:
            return self.price
        return Money(self.next_price_minor, self.currency)

    @property
    def may_charge(self) -> bool:
        """The same as ``chargeable``, of a row at hand."""
        is_unsure = self.gateway == "stars" and not self.is_stopped_here
        return self.is_live and (self.will_renew or is_unsure)

    @property
    def is_live(self) -> bool:
        """Whether it may still charge."""
        return self.status in self.LIVE_STATES
