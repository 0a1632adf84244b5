"""Outgoing webhooks as a Django app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Tells other software what changed, signed and in order."""

    name = "webhooks"
    verbose_name = "Outgoing webhooks"
