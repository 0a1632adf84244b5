"""What staff fill in for the actions of the pricing pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeVerticalWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from catalog.models import validate_currency
from customers.models import Customer
from pricing.errors import NotReady
from pricing.models import FxRate, PriceVersion, PromoCode, Region
from pricing.services.gift_cards import MOST_CARDS, check_new_cards
from pricing.services.quoting import normalized_code
from pricing.services.rates import check_rate
from shopbot.admin.money_form import MoneyForm, amount_field
from shopbot.kernel import clock
from shopbot.kernel.errors import InvalidInput
from shopbot.kernel.money import Money


class ReasonDialog(BaseDialogForm):
    """Why something is done."""

    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)


class CodesDialog(BaseDialogForm):
    """How many codes to make."""

    count = forms.IntegerField(
        min_value=1,
        max_value=10_000,
        initial=100,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Each is good for one use.",
    )
    batch = forms.CharField(
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text="A name for the set, to find and export it.",
    )
    prefix = forms.RegexField(
        r"^[A-Za-z0-9_-]*$",
        max_length=20,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Letters that every code starts with; may be empty.",
    )


class PublishDialog(BaseDialogForm):
    """From when a price list holds."""

    valid_from = forms.SplitDateTimeField(
        required=False,
        widget=UnfoldAdminSplitDateTimeVerticalWidget,
        help_text="From this moment on; empty: now. It never changes after.",
    )


class DraftDialog(BaseDialogForm):
    """How to call a new price list."""

    name = forms.CharField(max_length=80, widget=UnfoldAdminTextInputWidget)


class RateForm(forms.ModelForm):  # type: ignore[type-arg]
    """A rate set by staff."""

    rate = forms.DecimalField(
        min_value=FxRate.LOWEST,
        max_value=FxRate.HIGHEST,
        max_digits=20,
        decimal_places=10,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="How much of the currency one unit of the base buys.",
    )
    note = forms.CharField(
        label="Reason", max_length=200, widget=UnfoldAdminTextInputWidget, help_text="Why."
    )

    class Meta:
        model = FxRate
        fields = ("base", "currency", "rate", "override_until", "note")

    def clean(self) -> dict[str, Any]:
        """Say what the service would refuse."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                check_rate(
                    base=cleaned["base"],
                    currency=cleaned["currency"],
                    rate=cleaned["rate"],
                    until=cleaned["override_until"],
                    now=clock.now(),
                )
            except InvalidInput as error:
                raise ValidationError(str(error)) from None
        return cleaned


class GiftCardForm(MoneyForm):
    """Gift cards to issue."""

    amounts = {"issued_minor": "currency"}
    issued_minor = amount_field("Amount", help_text="What each card is worth.")
    count = forms.IntegerField(
        label="How many",
        min_value=1,
        max_value=MOST_CARDS,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Each has a code of its own; export them from the list.",
    )

    def clean(self) -> dict[str, Any]:
        """Say what the service would refuse."""
        cleaned = super().clean()
        if not self.errors:
            try:
                check_new_cards(
                    amount=Money(cleaned["issued_minor"], cleaned["currency"]),
                    count=cleaned["count"],
                    expires_at=cleaned["expires_at"],
                    now=clock.now(),
                )
            except NotReady as error:
                raise ValidationError(str(error)) from None
        return cleaned


class CurrencyField(forms.CharField):
    """A currency, in capitals however it was typed."""

    def to_python(self, value: Any) -> str:
        """Write it in capitals, before anything judges it."""
        return (super().to_python(value) or "").upper()


class SimulatorForm(forms.Form):
    """For whom, when and under which prices to calculate."""

    at = forms.DateTimeField(
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2026-12-24 18:00"}),
        label="Moment",
        help_text="Empty: now.",
    )
    version = forms.ModelChoiceField(
        PriceVersion.objects.order_by("-pk"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        label="Beside price list",
        help_text="Shows both prices.",
    )
    customer = forms.IntegerField(
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        label="Customer",
        help_text="Telegram number; empty: nobody in particular.",
    )
    affiliate = forms.IntegerField(
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        label="Referred by",
        help_text="Telegram number of an affiliate, for terms of their own.",
    )
    code = forms.CharField(
        required=False, max_length=60, widget=UnfoldAdminTextInputWidget, label="Promo code"
    )
    is_referred = forms.BooleanField(
        required=False, widget=UnfoldBooleanSwitchWidget, label="Referred by an affiliate"
    )
    purchase = forms.TypedChoiceField(
        choices=[
            ("", "As this customer has bought"),
            ("first", "First purchase"),
            ("later", "Later purchase"),
        ],
        coerce=lambda chosen: chosen == "first",
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Nobody in particular buys for the first time.",
    )
    region = forms.ModelChoiceField(
        Region.objects.filter(is_active=True),
        required=False,
        to_field_name="code",
        widget=UnfoldAdminSelectWidget,
        help_text="Empty: all of them.",
    )
    currency = CurrencyField(
        required=False,
        max_length=3,
        validators=[validate_currency],
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "XTR"}),
        help_text="Empty: each region's own.",
    )
    search = forms.CharField(
        required=False, max_length=60, widget=UnfoldAdminTextInputWidget, label="Product"
    )

    def clean_customer(self) -> Customer | None:
        """Find the customer.

        Raises:
            ValidationError: nobody has this Telegram number.
        """
        return _customer(self.cleaned_data["customer"])

    def clean_affiliate(self) -> Customer | None:
        """Find the affiliate.

        Raises:
            ValidationError: nobody has this Telegram number.
        """
        return _customer(self.cleaned_data["affiliate"])

    def clean_code(self) -> str:
        """Refuse a code that does not exist: prices would look as if it lowered nothing.

        Raises:
            ValidationError: no promo code reads so.
        """
        typed: str = self.cleaned_data["code"]
        if typed and not PromoCode.objects.filter(code=normalized_code(typed)).exists():
            raise ValidationError("No promo code reads so.")
        return typed

    @property
    def query(self) -> dict[str, Any]:
        """What was filled in, for a link to the same page."""
        return {name: value for name, value in self.data.items() if value}


def _customer(telegram_id: int | None) -> Customer | None:
    if telegram_id is None:
        return None
    found = Customer.objects.filter(telegram_id=telegram_id).first()
    if found is None:
        raise ValidationError("Nobody has this Telegram number.")
    return found
