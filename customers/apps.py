"""Django's entry to the customers app."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Names the app in the admin."""

    name = "customers"
    verbose_name = "Customers"
    default_auto_field = "django.db.models.BigAutoField"
