"""What staff fill in to grant, revoke and extend."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from unfold.forms import ActionForm, BaseDialogForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from entitlements.models import Grant
from entitlements.services import NewGrant
from entitlements.services.granting import MOST_MONTHS
from shopbot.kernel import clock


class GrantForm(forms.ModelForm):  # type: ignore[type-arg]
    """What to give to whom, and for how long: exactly one of the three lengths."""

    months = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_MONTHS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Calendar months, from where what the customer has ends.",
    )
    until = forms.SplitDateTimeField(
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text="Or a moment, whatever else the customer has.",
    )
    for_life = forms.BooleanField(
        required=False, widget=UnfoldBooleanSwitchWidget, help_text="Or without end."
    )
    reason = forms.CharField(
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why; for staff only.",
    )
    #: Drawn with the form, so that sending it twice grants once.
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    class Meta:
        model = Grant
        fields = ("customer", "type", "level")

    def clean(self) -> dict[str, Any]:
        """Refuse no length, several of them, and an end that lies behind.

        Raises:
            ValidationError: see above.
        """
        data: dict[str, Any] = super().clean() or self.cleaned_data
        lengths = [data.get("months"), data.get("until"), data.get("for_life")]
        if sum(bool(each) for each in lengths) != 1 and not self.errors:
            raise ValidationError("Give months, or an end, or for life: one of the three.")
        if data.get("until") and data["until"] <= clock.now():
            self.add_error("until", "The end must lie in the future.")
        return data

    def new_grant(self) -> NewGrant:
        """Return what the service is to grant."""
        data = self.cleaned_data
        return NewGrant(
            type_id=data["type"].pk,
            level=data["level"],
            source=f"goodwill:{data['key']}",
            months=data["months"] or None,
            ends_at=data["until"],
            note=data["reason"],
        )


class RevokeDialog(BaseDialogForm):
    """Why a grant is revoked."""

    reason = forms.CharField(
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="In words; the customer reads it in the explanation.",
    )


class ExtendDialog(BaseDialogForm):
    """By how many days a grant is extended, and why."""

    days = forms.IntegerField(
        label="Days to add",
        min_value=1,
        max_value=3650,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="A gift of yours: a refund of what is extended leaves these days whole.",
    )
    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)
    #: Drawn with the form, so that sending it twice extends once.
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class GrantActionForm(ActionForm):
    """What the actions on several grants need."""

    reason = forms.CharField(
        required=False,
        label="",
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Reason"}),
    )
    days = forms.IntegerField(
        required=False,
        label="",
        min_value=1,
        max_value=3650,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"placeholder": "Days to add"}),
    )
    #: Drawn with the list, so that sending it twice extends once.
    key = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)
