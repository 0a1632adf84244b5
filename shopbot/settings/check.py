"""What the migration linter runs with: production, and the linter itself."""

from __future__ import annotations

from shopbot.settings.base import INSTALLED_APPS as _INSTALLED_APPS
from shopbot.settings.production import *  # noqa: F403

INSTALLED_APPS = [*_INSTALLED_APPS, "django_migration_linter"]
