"""The upgrade credit: the unused part of a lower tier, set against a higher one."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from orders.models.order import Order, OrderLine
from orders.models.transitions import Moves, Stateful
from shopbot.kernel.money import Money


class UpgradeCredit(Stateful):
    """Money for the unused time of one bought line, bound to the order it makes cheaper."""

    class Status(models.TextChoices):
        """Whether it still counts."""

        HELD = "held", "Held for a pending order"
        USED = "used", "Used"
        RELEASED = "released", "Released"

    NEXT: ClassVar[Moves] = {
        Status.HELD: frozenset({Status.USED, Status.RELEASED}),
        # Back again when the upgrade is refunded in full.
        Status.USED: frozenset({Status.RELEASED}),
        # Only by staff who honour money that came late.
        Status.RELEASED: frozenset({Status.HELD}),
    }

    order = models.ForeignKey(
        Order,
        on_delete=models.CASCADE,
        related_name="upgrade_credits",
        help_text="The order that is cheaper by it.",
    )
    line = models.ForeignKey(
        OrderLine,
        on_delete=models.PROTECT,
        related_name="upgrade_credits",
        help_text="The earlier purchase whose time is not used up.",
    )
    status = models.CharField(
        max_length=8,
        choices=Status.choices,
        default=Status.HELD,
        help_text="Used when the order is paid, released when it is not.",
    )
    amount_minor = models.BigIntegerField(help_text="In the smallest unit of the currency.")
    currency = models.CharField(max_length=3, help_text="Currency of both orders.")
    unused_seconds = models.BigIntegerField(help_text="Time that was left, in seconds.")
    total_seconds = models.BigIntegerField(help_text="Time that had been bought, in seconds.")
    computed_at = models.DateTimeField(help_text="Moment up to which time counts as used.")
    access_ends_at = models.DateTimeField(
        help_text="When the earlier purchase would have ended."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["held", "used", "released"]),
                name="upgrade_credit_status_known",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="upgrade_credit_positive"
            ),
            models.CheckConstraint(
                condition=Q(unused_seconds__gt=0, unused_seconds__lte=F("total_seconds")),
                name="upgrade_credit_within_bought_time",
            ),
            # The same unused time makes one order cheaper, not two.
            models.UniqueConstraint(
                fields=["line"],
                condition=~Q(status="released"),
                name="upgrade_credit_once_per_line",
            ),
        ]

    def __str__(self) -> str:
        return f"credit {self.pk}"

    @property
    def amount(self) -> Money:
        """What the order is cheaper by."""
        return Money(self.amount_minor, self.currency)
