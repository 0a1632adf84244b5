"""Django's entry to the catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Names the app in the admin."""

    name = "catalog"
    verbose_name = "Catalog"
    default_auto_field = "django.db.models.BigAutoField"
