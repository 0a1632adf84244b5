"""What staff fill in before money or orders change."""

from __future__ import annotations

from django import forms
from unfold.forms import ActionForm, BaseDialogForm
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from orders.models import Order, Refund


def reason_field() -> forms.CharField:
    """Return a field for a reason."""
    return forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why; kept with the order for the audit.",
    )


class ReasonDialog(BaseDialogForm):
    """Why it is done."""

    reason = reason_field()


class AttachDialog(BaseDialogForm):
    """Which order the money is for."""

    number = forms.CharField(
        max_length=9,
        label="Order",
        widget=UnfoldAdminTextInputWidget,
        help_text="Number of an order that waits for exactly this sum.",
    )
    reason = reason_field()

    def clean_number(self) -> str:
        """Refuse a number that no waiting order has.

        Raises:
            ValidationError: see above.
        """
        number = str(self.cleaned_data["number"]).strip().upper()
        if not Order.objects.pending().filter(number=number).exists():
            raise forms.ValidationError("No order of this number waits for money.")
        return number


class AccessDialog(BaseDialogForm):
    """What a refund made elsewhere does to access."""

    access = forms.ChoiceField(
        choices=[
            choice for choice in Refund.Access.choices if choice[0] != Refund.Access.UNDECIDED
        ],
        widget=UnfoldAdminSelectWidget,
        help_text="What happens to what the order gave.",
    )


class AnswerDialog(BaseDialogForm):
    """What the customer reads in the chat."""

    text = forms.CharField(
        max_length=4096,
        widget=UnfoldAdminTextareaWidget,
        help_text="The customer reads it in the chat, as it is.",
    )


class ReasonActionForm(ActionForm):
    """A reason beside the action, for several rows at once."""

    reason = forms.CharField(
        required=False,
        label="",
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Reason"}),
    )
