"""Django app configuration."""

from django.apps import AppConfig


class PricingConfig(AppConfig):
    """The pricing app."""

    name = "pricing"
