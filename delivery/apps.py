"""Django's entry to the delivery app."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Hands over codes, files, texts and parcels."""

    name = "delivery"
    verbose_name = "Delivery"
    default_auto_field = "django.db.models.BigAutoField"
