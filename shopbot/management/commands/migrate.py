"""Bring the tables to what the code expects."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from shopbot.kernel.commands import OneLineCommand, require_database


class Command(OneLineCommand, migrate.Command):
    """Django's own, which says in one line why the database does not answer."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask for the database first.

        Raises:
            CommandError: it does not answer.
        """
        require_database()
        super().handle(*args, **options)
