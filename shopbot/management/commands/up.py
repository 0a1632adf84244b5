"""Open the shop on this machine: every process that it needs, in one command."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from shopbot import up


class Command(BaseCommand):
    """Stands in the list of commands; ``manage.py`` itself takes the shorter way."""

    help = "Open the shop: web server, simulator, Celery worker and beat. Ctrl-C stops it all."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C, or until one of the processes dies."""
        sys.exit(up.main())
