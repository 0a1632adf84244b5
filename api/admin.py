"""How staff make, limit and rotate the keys of other programs."""

from datetime import datetime, timedelta

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework_api_key.admin import APIKeyModelAdmin
from rest_framework_api_key.models import APIKey
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from api.models import ApiKey, Scope
from shopbot.admin import ShopAdmin
from shopbot.kernel import clock

#: How long a rotated key goes on working beside its successor.
OVERLAP = timedelta(days=7)


def _end_of_successor(old: ApiKey) -> datetime | None:
    """Give a key that was limited in time a successor limited to as long."""
    if old.expiry_date is None:
        return None
    return clock.now() + (old.expiry_date - old.created)


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # none at run time
    """Offers the scopes as boxes to tick."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="A key should cover what its program needs, and no more.",
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "rate_per_minute", "expiry_date", "note", "revoked")


# The package's own keys have no scopes; ours take their place.
admin.site.unregister(APIKey)


@admin.register(ApiKey)
class ApiKeyAdmin(APIKeyModelAdmin, ShopAdmin):
    """Keys of other programs; each is shown once, when it is made."""

    empty_hint = "Lets another program ask the shop; the key is shown once, when it is made."
    form = ApiKeyForm
    list_display = ("prefix", "name", "covers", "rate_per_minute", "expiry_date", "state")
    list_filter = ("created", "revoked")  # type: ignore[assignment]  # typed too narrowly
    search_fields = ("name", "prefix", "note")  # type: ignore[assignment]  # the same
    search_help_text = "Search by name, the beginning of the key, or note."
    actions = ("rotate",)

    @admin.display(description="Covers")
    def covers(self, key: ApiKey) -> str:
        """Name the scopes."""
        return ", ".join(key.scopes)

    @display(
        description="State",
        label={"active": "success", "expired": "warning", "revoked": "danger"},
    )
    def state(self, key: ApiKey) -> str:
        """Say in a word whether it opens anything."""
        if key.revoked:
            return "revoked"
        return "expired" if key.has_expired else "active"

    @admin.action(permissions=["add"], description="Replace: the old key ends in 7 days")
    def rotate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Make a key with the same scopes for each, shown once, and let the old one run out."""
        ends = clock.now() + OVERLAP
        for old in queryset.filter(revoked=False):
            _, plain = ApiKey.objects.create_key(
                name=old.name,
                scopes=old.scopes,
                rate_per_minute=old.rate_per_minute,
                note=old.note,
                expiry_date=_end_of_successor(old),
            )
            if old.expiry_date is None or old.expiry_date > ends:
                ApiKey.objects.filter(pk=old.pk).update(expiry_date=ends)
            messages.warning(request, f"New key of {old.name}, shown this once: {plain}")
