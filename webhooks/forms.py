"""What staff type when they set up an endpoint."""

import json
from typing import Any

from django import forms

from webhooks.errors import BadTarget
from webhooks.models import Endpoint
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

    def clean_event_kinds(self) -> Any:
        """Refuse anything but a list of names."""
        kinds = self.cleaned_data["event_kinds"]
        if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
            raise forms.ValidationError(
                f"Write a list like {json.dumps(['order.*', 'grant.*'])}."
            )
        return kinds
