"""What staff type when they set up an endpoint."""

import json
from typing import Any

from django import forms

from webhooks.errors import BadTarget
from webhooks.models import Endpoint
from webhooks.signing import is_secret
from webhooks.targets import resolve


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # none at run time
    """Checks the address before the first message needs it."""

    class Meta:
        model = Endpoint
        fields = ("name", "url", "event_kinds", "is_active", "secret", "previous_secret")

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

    def clean_event_kinds(self) -> Any:
        """Refuse anything but a list of names."""
        kinds = self.cleaned_data["event_kinds"]
        if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
            raise forms.ValidationError(
                f"Write a list like {json.dumps(['order.*', 'grant.*'])}."
            )
        return kinds
