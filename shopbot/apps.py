"""The project as a Django app: its commands, templates and the admin site of the shop."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class ShopbotConfig(AppConfig):
    """What belongs to no single app: admin kit, API kit, health, operating commands."""

    name = "shopbot"
    label = "shopbot"
    verbose_name = "Shop"


class ShopAdminConfig(SimpleAdminConfig):
    """Make ``django.contrib.admin.site`` the shop's own site.

    Its pages are loaded by ``shopbot.admin.pages`` when they are first asked for.
    """

    default_site = "shopbot.admin.site.ShopAdminSite"
