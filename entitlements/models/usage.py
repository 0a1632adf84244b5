"""How much of a privilege a customer has used."""

from typing import Any, NoReturn

from django.db import models
from django.db.models import Q

from customers.models import Customer
from entitlements.models.offers import Privilege


class PrivilegeMeter(models.Model):
    """What a customer has used of a privilege in one period."""

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="privilege_meters",
        # The unique key begins with the customer.
        db_index=False,
        help_text="Who uses it.",
    )
    privilege = models.ForeignKey(
        Privilege,
        on_delete=models.PROTECT,
        related_name="meters",
        help_text="What is used.",
    )
    period_starts_at = models.DateTimeField(help_text="When the period began.")
    used = models.PositiveBigIntegerField(default=0, help_text="Used in this period so far.")

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "privilege", "period_starts_at"],
                name="meter_once_per_period",
            ),
        ]

    def __str__(self) -> str:
        """Return what was used."""
        return f"{self.used} of privilege {self.privilege_id}"


class PrivilegeUse(models.Model):
    """One use of a privilege, remembered by the caller's key so that it counts once."""

    meter = models.ForeignKey(
        PrivilegeMeter,
        on_delete=models.PROTECT,
        related_name="uses",
        help_text="The period it counts in.",
    )
    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="privilege_uses",
        # The unique key begins with the customer.
        db_index=False,
        help_text="Who used it.",
    )
    privilege = models.ForeignKey(
        Privilege,
        on_delete=models.PROTECT,
        related_name="uses",
        help_text="What was used.",
    )
    key = models.CharField(
        max_length=100,
        help_text="The caller's name for this use; the same again is not counted.",
    )
    amount = models.PositiveBigIntegerField(help_text="How much was used.")
    used_at = models.DateTimeField(help_text="When.")

    objects = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "privilege", "key"], name="privilege_use_once_per_key"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=1), name="privilege_use_of_one_or_more"
            ),
        ]

    def __str__(self) -> str:
        """Return the amount."""
        return f"{self.amount} of privilege {self.privilege_id}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: history is not deleted."""
        raise TypeError("uses are append-only")
