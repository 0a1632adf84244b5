"""How does staff type an amount of money? As people write it: 20.00, not 2000."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from unfold.widgets import UnfoldAdminTextInputWidget

from shopbot.kernel.errors import InvalidInput
from shopbot.kernel.money import Money, exponent, parse_money, to_decimal


def amount_field(label: str, *, required: bool = True, help_text: str = "") -> forms.CharField:
    """Return a form field for an amount that ``MoneyForm`` reads by its currency."""
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(
        label=label, required=required, help_text=help_text, max_length=20, widget=widget
    )


class MoneyForm(forms.ModelForm[Model]):
    """A form whose amounts are stored in minor units and typed in major ones.

    ``amounts`` names each amount's field and the field of its currency; declare the former with
    ``amount_field``.
    """

    amounts: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, currency_name in self.amounts.items():
            minor = self.initial.get(name)
            currency = self.initial.get(currency_name)
            if isinstance(minor, int) and currency:
                self.initial[name] = str(to_decimal(Money(minor, currency)))

    def clean(self) -> dict[str, Any]:
        """Turn what was typed into minor units of the currency beside it."""
        cleaned = super().clean() or self.cleaned_data
        for name, currency_name in self.amounts.items():
            if name in cleaned:
                currency = cleaned.get(currency_name) or getattr(self.instance, currency_name)
                cleaned[name] = self._read(name, cleaned[name], currency)
        return cleaned

    def _read(self, name: str, text: str, currency: str) -> int | None:
        if not text:
            return None
        try:
            digits = exponent(currency)
            return parse_money(text, currency).minor
        except InvalidInput:
            pass
        if name not in self.errors:
            self.add_error(name, self._complaint(currency))
        return None

    @staticmethod
    def _complaint(currency: str) -> str:
        return ""
