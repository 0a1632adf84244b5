"""The orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, payments, refunds, and what staff must still look at."""

    name = "orders"
    verbose_name = "Orders and payments"
