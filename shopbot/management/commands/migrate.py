"""Bring the tables to what the code expects."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from shopbot.kernel.commands import connect_directly, refusing_in_one_line, require_database


class Command(migrate.Command):
    """Django's own, which says in one line why the database does not answer."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Refuse like the shop's own commands."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        return refusing_in_one_line(parser, subcommand)

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from a terminal, with a connection of its own."""
        connect_directly()
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask for the database first.

        Raises:
            CommandError: it does not answer.
        """
        require_database()
        super().handle(*args, **options)
