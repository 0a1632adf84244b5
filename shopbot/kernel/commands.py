"""How does a command refuse? With one clear line and exit code 2, whatever was wrong."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shopbot.kernel.errors import InvalidInput, ShopError

REFUSED = 2


class ShopCommand(BaseCommand):
    """A command for people and programs: bad input is one line on stderr, exit code 2."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Build the parser, which refuses in one line instead of with the whole usage."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)

        def refuse(message: str) -> NoReturn:
            if not parser.called_from_command_line:
                raise CommandError(message, returncode=REFUSED)
            sys.stderr.write(f"{subcommand}: {message} (see {subcommand} --help)\n")
            raise SystemExit(REFUSED)

        parser.error = refuse  # type: ignore[method-assign]
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run, turning a refusal of the shop into the one line."""
        try:
            return super().execute(*args, **options)
        except ShopError as error:
            raise CommandError(str(error), returncode=REFUSED) from error

    def write_json(self, document: Any) -> None:
        """Write one JSON document for a program."""
        self.stdout.write(json.dumps(document, ensure_ascii=False))


def parse_moment(text: str) -> datetime:
    """Read ``2026-12-24`` or ``2026-12-24T18:00`` as a moment; without a zone it is UTC.

    Raises:
        InvalidInput: not a date or moment in ISO form.
    """
    try:
        moment = datetime.fromisoformat(text)
        # At the ends of the calendar a zone leads out of it.
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text!r} is not a date such as 2026-12-24T18:00", text=text
        ) from None
