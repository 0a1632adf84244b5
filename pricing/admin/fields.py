"""How does staff type and read a percentage? As 12.5, not as 1250 basis points."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from pricing.engine.labels import percent

_HUNDRED = Decimal(100)


class PercentField(forms.DecimalField):
    """A percentage with up to two decimals, stored as whole basis points."""

    def prepare_value(self, value: Any) -> Any:
        """Show stored basis points as percent; leave alone what was typed."""
        if not isinstance(value, int):
            return value
        return f"{(Decimal(value) / _HUNDRED).normalize():f}"  # not 1E+1 for ten

    def clean(self, value: Any) -> Any:
        """Return basis points, None for nothing typed."""
        typed = super().clean(value)
        return None if typed is None else int(typed * _HUNDRED)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what was typed with what was shown."""
        return super().has_changed(self.prepare_value(initial), data)


class PercentAdminMixin:
    """Gives every field called ``*_bps`` a percentage to type."""

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Replace the field's own number."""
        if db_field.name.endswith("_bps"):
            return percent_field(db_field)
        found: forms.Field | None = super().formfield_for_dbfield(  # type: ignore[misc]
            db_field, request, **kwargs
        )
        return found


def percent_field(db_field: models.Field[Any, Any]) -> PercentField:
    """Return the form field of a model's basis points, with its bounds."""
    least = most = None
    for validator in db_field.validators:
        if isinstance(validator, MinValueValidator):
            least = validator.limit_value / _HUNDRED
        if isinstance(validator, MaxValueValidator):
            most = validator.limit_value / _HUNDRED
    return PercentField(
        label=str(db_field.verbose_name).capitalize(),
        help_text=db_field.help_text,
        required=not db_field.blank,
        decimal_places=2,
        initial=db_field.default if db_field.has_default() else None,
        widget=UnfoldAdminDecimalFieldWidget,
        min_value=least,
        max_value=most,
    )


def percent_column(field: str, description: str) -> Callable[[Any, Any], str]:
    """Build a list column that shows ``<field>`` (basis points) as a percentage."""

    @admin.display(description=description, ordering=field)
    def column(self: object, row: Any) -> str:
        value = getattr(row, field)
        return "-" if value is None else percent(value)

    return column
