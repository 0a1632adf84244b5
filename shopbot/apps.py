"""The project as a Django app: its commands, templates and the admin site of the shop."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ShopbotConfig(AppConfig):
    """What belongs to no single app: admin kit, API kit, health, operating commands."""

    name = "shopbot"
    label = "shopbot"
    verbose_name = "Shop"


class ShopAdminConfig(AdminConfig):
    """Make ``django.contrib.admin.site`` the shop's own site."""

    default_site = "shopbot.admin.site.ShopAdminSite"

    def ready(self) -> None:
        """Load every app's pages, then those of the system."""
        super().ready()
        import_module("shopbot.admin.system")
