"""Do the provider's books and ours agree? Where we stopped reading, and what we found."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from shopbot.kernel import clock


class ReconcileCursor(models.Model):
    """How far a provider's list of changes has been read."""

    provider = models.CharField(max_length=16, primary_key=True, help_text="The gateway.")
    cursor = models.CharField(
        max_length=255, blank=True, help_text="Where to go on, in the provider's own terms."
    )
    read_until = models.DateTimeField(
        null=True, blank=True, help_text="Everything before this moment has been read."
    )
    reading_since = models.DateTimeField(
        null=True, blank=True, help_text="What the reading under way looks back to."
    )
    reading_began_at = models.DateTimeField(
        null=True, blank=True, help_text="When the reading under way began."
    )
    error = models.TextField(blank=True, help_text="Why the last reading stopped.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reading_since=None, reading_began_at=None)
                | Q(reading_since__isnull=False, reading_began_at__isnull=False),
                name="reconcile_reading_begun_iff_since",
            )
        ]

    def __str__(self) -> str:
        return self.provider


class AuditResult(models.Model):
    """One comparison of the books; differences are opened in the money inbox."""

    checked_at = models.DateTimeField(help_text="When.")
    checks = models.PositiveIntegerField(help_text="How many comparisons were made.")
    differences = models.PositiveIntegerField(help_text="How many did not agree.")
    report = models.JSONField(default=dict, help_text="Each comparison with both sides.")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(differences__lte=models.F("checks")),
                name="audit_differences_within_checks",
            )
        ]

    def __str__(self) -> str:
        return f"audit of {clock.staff_time(self.checked_at)}"
