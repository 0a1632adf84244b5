"""Open the shop on this machine: every process that it needs, in one command."""

from __future__ import annotations

import sys
from typing import Any

from shopbot import up
from shopbot.kernel.commands import ShopCommand


class Command(ShopCommand):
    """Stands in the list of commands; ``manage.py`` itself takes the shorter way."""

    help = "Open the shop: web server, simulator, Celery worker and beat. Ctrl-C stops it all."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C, or until one of the processes dies."""
        sys.exit(up.main())
