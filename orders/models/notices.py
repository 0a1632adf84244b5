"""The notice: what a provider told us, kept before anything is decided about it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from orders.gateways.protocol import PaymentNotice, Refs
from orders.models.payments import Payment
from shopbot.kernel.money import Money


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices."""

    def waiting(self, at: datetime) -> Self:
        """Those that are still to be applied and may be tried now."""
        return self.filter(outcome=Notice.Outcome.WAITING, next_attempt_at__lte=at)


class Notice(models.Model):
    """One verified message of a provider, stored once however often it is delivered."""

    class Outcome(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", "Waiting"
        APPLIED = "applied", "Applied"
        FOREIGN = "foreign", "Not about us"
        DEAD = "dead", "Given up, see the error"

    provider = models.CharField(max_length=16, help_text="Gateway that it came through.")
    event_id = models.CharField(max_length=255, help_text="The provider's id of the message.")
    kind = models.CharField(max_length=80, help_text="The provider's word for what happened.")
    refs = models.JSONField(default=dict, help_text="The ids that it names.")
    body = models.JSONField(default=dict, help_text="What it said, as it was read.")
    amount_minor = models.BigIntegerField(
        null=True, blank=True, help_text="Money it speaks of, in the smallest unit."
    )
    currency = models.CharField(max_length=3, blank=True, help_text="Currency of that money.")
    payer_telegram_id = models.BigIntegerField(
        null=True, blank=True, help_text="Telegram number of the payer, where it says."
    )
    is_ours = models.BooleanField(default=True, help_text="Whether it names anything of ours.")
    occurred_at = models.DateTimeField(
        null=True, blank=True, help_text="When it happened, by the provider's clock."
    )
    received_at = models.DateTimeField(help_text="When it was first received.")
    outcome = models.CharField(
        max_length=7,
        choices=Outcome.choices,
        default=Outcome.WAITING,
        help_text="What became of it.",
    )
    applied_at = models.DateTimeField(
        null=True, blank=True, help_text="When our books were brought to what it said."
    )
    payment = models.ForeignKey(
        Payment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="notices",
        help_text="The payment that it is about, once found.",
    )
    attempts = models.PositiveIntegerField(default=0, help_text="How often it was tried.")
    next_attempt_at = models.DateTimeField(
        null=True, blank=True, help_text="When it is tried again."
    )
    error = models.TextField(blank=True, help_text="Why the last try failed.")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [("replay_notice", "Can replay notices")]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "event_id"], name="notice_once_per_event"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["waiting", "applied", "foreign", "dead"]),
                name="notice_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(outcome="applied", applied_at__isnull=False)
                | Q(~Q(outcome="applied"), applied_at__isnull=True),
                name="notice_applied_iff_applied_at",
            ),
        ]
        indexes = [
            # The sweep that applies what is waiting.
            models.Index(
                fields=["next_attempt_at"],
                name="notice_due",
                condition=Q(outcome="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind} {self.pk}"

    def as_value(self) -> PaymentNotice:
        """The notice as the gateway read it."""
        return PaymentNotice(
            provider=self.provider,
            event_id=self.event_id,
            kind=self.kind,
            refs=Refs(**self.refs),
            body=self.body,
            occurred_at=self.occurred_at,
            amount=self.amount,
            payer_telegram_id=self.payer_telegram_id,
            is_ours=self.is_ours,
        )

    @property
    def amount(self) -> Money | None:
        """The money it speaks of, if any."""
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)
