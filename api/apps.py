"""The programming interface as a Django app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Keys of other programs and the addresses they call."""

    name = "api"
    verbose_name = "API"
