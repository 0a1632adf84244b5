"""Bring the tables to what the code expects."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from shopbot.kernel.commands import OneLineCommand, require_database, require_no_halt


class Command(OneLineCommand, migrate.Command):
    """Django's own, which says in one line why it cannot begin."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at the database first.

        Raises:
            CommandError: it does not answer, or its tables are between two versions.
        """
        require_database()
        require_no_halt()
        super().handle(*args, **options)
