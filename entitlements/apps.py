"""Django app configuration."""

from django.apps import AppConfig


class EntitlementsConfig(AppConfig):
    """The entitlements app."""

    name = "entitlements"
