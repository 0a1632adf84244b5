"""The orders app."""

from importlib import import_module

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, payments, refunds, and what staff must still look at."""

    name = "orders"
    verbose_name = "Orders and payments"

    def ready(self) -> None:
        """Register the system checks, which read models and so cannot be loaded earlier."""
        import_module("orders.checks")
