"""Django's entry to the catalog app."""

from django.apps import AppConfig
from django.core.checks import register

from catalog.checks import exports_hold_no_formulas, texts_fall_back_to_english


class CatalogConfig(AppConfig):
    """Names the app in the admin."""

    name = "catalog"
    verbose_name = "Catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have Django ask the app's checks."""
        register(texts_fall_back_to_english)
        register(exports_hold_no_formulas)
