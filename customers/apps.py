"""Django's entry to the customers app."""

from django.apps import AppConfig
from django.core.checks import register

from customers.checks import languages_agree


class CustomersConfig(AppConfig):
    """Names the app in the admin."""

    name = "customers"
    verbose_name = "Customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have Django ask the app's checks."""
        register(languages_agree)
