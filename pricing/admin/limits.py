"""The limits on the pages of promotions and promo codes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from pricing.models import PromoLimit, Reservation
from shopbot.admin import ShopInline

#: What orders were counted by, and are given back by.
_FIXED = ("kind", "currency")


class LimitForm(forms.ModelForm):  # type: ignore[type-arg]
    """One limit; what it counts is fixed once an order has used it."""

    class Meta:
        model = PromoLimit
        fields = (*_FIXED, "allowed")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_used = getattr(self.instance, "is_used", False)
        for name in _FIXED:
            self.fields[name].disabled = self._is_used

    def clean(self) -> dict[str, Any]:
        """Tell who had the page open since before the first order that nothing was changed.

        Raises:
            ValidationError: see above.
        """
        cleaned = super().clean() or self.cleaned_data
        if self._counts_otherwise() and self._is_used_by_now():
            raise ValidationError(
                "An order has used this limit since: what it counts is fixed. Allow so much "
                "that it stops nobody, and add another limit."
            )
        return cleaned

    def _counts_otherwise(self) -> bool:
        """Whether something else was typed than what is stored, shown as fixed or not."""
        stored = {name: self.initial.get(name) for name in _FIXED}
        typed = {name: self.data.get(self.add_prefix(name), stored[name]) for name in _FIXED}
        return self.instance.pk is not None and typed != stored

    def _is_used_by_now(self) -> bool:
        """Look once nobody is placing an order that uses it."""
        PromoLimit.objects.select_for_update().get(pk=self.instance.pk)
        return Reservation.objects.filter(limit=self.instance.pk).exists()


class LimitsFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The limits of one promotion or of one code."""

    def clean(self) -> None:
        """Refuse a second limit of a kind; the form cannot see the constraint that does.

        Raises:
            ValidationError: see above.
        """
        super().clean()
        rows = [form.cleaned_data for form in self.forms if hasattr(form, "cleaned_data")]
        kept = [row for row in rows if row.get("kind") and not row.get("DELETE")]
        kinds = [(row["kind"], row.get("currency")) for row in kept]
        if len(set(kinds)) < len(kinds):
            raise ValidationError("Only one limit of each kind and currency.")


class _Limits(ShopInline):
    """Limits, each with whether an order has used it."""

    model = PromoLimit
    form = LimitForm
    formset = LimitsFormSet

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromoLimit]:
        """Look for the orders of all rows at once."""
        rows: QuerySet[PromoLimit] = super().get_queryset(request)
        used = Reservation.objects.filter(limit=OuterRef("pk"))
        return rows.annotate(is_used=Exists(used))


class LimitInline(_Limits):
    """How often a promotion may be used."""

    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromoLimit]:
        """Leave out the limits of single codes."""
        return super().get_queryset(request).filter(code__isnull=True)


class CodeLimitInline(_Limits):
    """How often a code may be used."""

    fk_name = "code"
