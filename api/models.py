"""Keys that programs call with, and the answers their repeated calls get."""

import json
from typing import Any, Final

from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Cast
from rest_framework_api_key.models import AbstractAPIKey, BaseAPIKeyManager

from shopbot.kernel.statements import NO_TEXT, Rows


class Scope(models.TextChoices):
    """What a key may be used for."""

    CATALOG = "catalog", "Read the catalog and ask for prices"
    CUSTOMERS = "customers", "Read customers, their entitlements and why"
    CONSUME = "consume", "Count uses of privileges"
    GRANTS = "grants", "Grant and revoke"
    ORDERS = "orders", "Read orders"
    TOKENS = "tokens", "Have offline tokens issued"


class ApiKeyManager(BaseAPIKeyManager):
    """Finds keys by what a program sends."""

    def get_from_key(self, key: str) -> "ApiKey":
        """Return the key that is meant, by one prepared read: every call begins with it.

        Raises:
            ApiKey.DoesNotExist: there is none, it was revoked, or the secret is another one.
        """
        for row in _USABLE.read(key.partition(".")[0]):
            values = list(row)
            values[_SCOPES] = json.loads(row[_SCOPES])
            found = ApiKey.from_db(self.db, _COLUMNS, values)
            if found.is_valid(key):
                return found
        raise ApiKey.DoesNotExist("there is no such key")


class ApiKey(AbstractAPIKey):
    """One program's key: kept as a hash, shown once, limited to scopes, perhaps for a time."""

    scopes = models.JSONField(default=list, help_text="What the key may be used for.")
    rate_per_minute = models.PositiveIntegerField(
        default=1200, help_text="Most calls in a minute."
    )
    note = models.CharField(
        max_length=200, blank=True, help_text="Who uses it and whom to tell before it ends."
    )

    objects = ApiKeyManager()  # type: ignore[assignment, misc]  # the package names its own

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"

    def may(self, scope: str) -> bool:
        """Tell whether the key covers ``scope``."""
        return scope in self.scopes


_COLUMNS: Final = tuple(field.attname for field in ApiKey._meta.concrete_fields)
_SCOPES: Final = _COLUMNS.index("scopes")


def _usable(prefix: str) -> QuerySet[ApiKey, tuple[Any, ...]]:
    # A prepared read converts nothing, so what is JSON comes as text.
    scopes = Cast("scopes", models.TextField())
    keys = ApiKey.objects.get_usable_keys().filter(prefix=prefix)
    return keys.values_list(*_COLUMNS[:_SCOPES], scopes, *_COLUMNS[_SCOPES + 1 :])


_USABLE: Final = Rows(_usable, stand_ins=(NO_TEXT,))


class StoredAnswer(models.Model):
    """What a call with an idempotency key was answered; the same call again gets the same."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="answers")
    idempotency_key = models.CharField(max_length=128)
    request_hash = models.CharField(
        max_length=64, help_text="SHA-256 of method, path and body: one key, one request."
    )
    #: Empty only within the transaction that is working the answer out.
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "idempotency_key"], name="answer_once_per_idempotency_key"
            ),
            models.CheckConstraint(
                name="answer_status_iff_body",
                condition=Q(status__isnull=True, body__isnull=True)
                | Q(status__isnull=False, body__isnull=False),
            ),
        ]
        indexes = [
            # The sweep that forgets answers.
            models.Index(fields=["created_at"], name="answer_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.idempotency_key}: {self.status or 'open'}"
