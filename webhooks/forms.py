"""What staff fill in when they set up an endpoint."""

import re
from typing import Any, Final

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from webhooks.errors import BadTarget
from webhooks.models import Endpoint
from webhooks.signing import is_secret
from webhooks.targets import resolve

#: What a system may want to hear of, in the words of the shop.
FAMILIES: Final = (
    ("*", "Everything that happens"),
    ("grant.*", "Access: granted, moved, about to end, ended, revoked, switched off"),
    ("entitlement.*", "Entitlements: changed, switched off or on for everybody"),
    ("block.*", "Blocks: placed, lifted"),
    ("seat.*", "Seats: invited, taken, removed"),
    ("gift.*", "Gifts: bought, opened, withdrawn"),
    ("order.*", "Orders: placed, paid, refunded, disputed"),
    ("payment.*", "Payments: opened, paid, failed"),
    ("refund.*", "Refunds: requested, succeeded, failed"),
    ("subscription.*", "Subscriptions: begun, renewed, cancelled, ended"),
    ("delivery.*", "Codes, files and texts: ready, sent, failed"),
    ("parcel.*", "Parcels: packed, shipped, arrived"),
    ("gate.*", "Gated chats: let in, turned away, removed"),
)


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # none at run time
    """Offers what may be heard of as boxes, and checks the address before it is needed."""

    families = forms.MultipleChoiceField(
        choices=FAMILIES,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        label="Tell it of",
        help_text="Every message carries all that the customer has, whatever it tells of.",
    )
    kinds = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget,
        label="And of single events",
        help_text="By their names, with spaces between, like order.paid grant.revoked.",
    )

    class Meta:
        model = Endpoint
        fields = ("name", "url", "families", "kinds", "is_active", "secret", "previous_secret")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show what was chosen."""
        super().__init__(*args, **kwargs)
        chosen, offered = self.instance.event_kinds, dict(FAMILIES)
        self.initial["families"] = [kind for kind in chosen if kind in offered]
        self.initial["kinds"] = " ".join(kind for kind in chosen if kind not in offered)

    def clean_kinds(self) -> list[str]:
        """Refuse what cannot be the name of an event."""
        kinds: list[str] = self.cleaned_data["kinds"].split()
        wrong = [kind for kind in kinds if not re.fullmatch(r"[a-z_]+\.([a-z_]+|\*)", kind)]
        if wrong:
            raise forms.ValidationError(f"{wrong[0]} is no name like order.paid.")
        return kinds

    def clean(self) -> None:
        """Put the two ways of choosing together; one of them must be used."""
        data = self.cleaned_data
        if "kinds" not in data or "families" not in data:
            return
        self.instance.event_kinds = list(dict.fromkeys([*data["families"], *data["kinds"]]))
        if not self.instance.event_kinds:
            self.add_error("families", "Choose at least one.")

    def clean_url(self) -> str:
        """Refuse an address that may not be called, with the reason."""
        url: str = self.cleaned_data["url"]
        try:
            resolve(url)
        except BadTarget as refused:
            raise forms.ValidationError(str(refused)) from refused
        return url

    def clean_secret(self) -> str:
        """Refuse what cannot sign."""
        return self._signing("secret")

    def clean_previous_secret(self) -> str:
        """Refuse what cannot sign; none is no mistake."""
        return self._signing("previous_secret") if self.cleaned_data["previous_secret"] else ""

    def _signing(self, field: str) -> str:
        secret: str = self.cleaned_data[field]
        if not is_secret(secret):
            raise forms.ValidationError("Write whsec_ and 24 to 64 bytes in Base64.")
        return secret
