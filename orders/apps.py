"""The orders app."""

from importlib import import_module

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, payments, refunds, and what staff must still look at."""

    name = "orders"
    verbose_name = "Orders and payments"

    def ready(self) -> None:
        """Register what reads models, and so cannot be loaded earlier."""
        import_module("orders.checks")
        import_module("orders.first_purchase")
        import_module("orders.subscribers")
