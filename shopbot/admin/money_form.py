"""How does staff type an amount of money? As people write it: 20.00, not 2000."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from shopbot.kernel.errors import InvalidInput
from shopbot.kernel.money import Money, exponent, parse_money, to_decimal


def amount_field(label: str, *, required: bool = True, help_text: str = "") -> forms.CharField:
    """Return a form field for an amount that ``MoneyForm`` reads by its currency."""
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(
        label=label, required=required, help_text=help_text, max_length=20, widget=widget
    )


class MoneyForm(forms.ModelForm):  # type: ignore[type-arg]
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
            if name not in cleaned:
                continue
            currency = cleaned.get(currency_name) or getattr(self.instance, currency_name)
            try:
                # The model complains of a currency that does not exist: once is enough.
                cleaned[name] = _minor(cleaned[name], currency) if _exists(currency) else 0
            except InvalidInput as error:
                self.add_error(name, f"{error}. Write it like 20.00.")
        return cleaned


def _minor(text: str, currency: str) -> int | None:
    return parse_money(text, currency).minor if text else None


def _exists(currency: str) -> bool:
    try:
        exponent(currency)
    except InvalidInput:
        return False
    return True
