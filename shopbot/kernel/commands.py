"""How does a command refuse? With one clear line, whatever was wrong.

Exit code 2 says that what was typed or set must change, 1 that something else is not as it
should be, 0 that all is well.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    SystemCheckError,
)
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from shopbot.kernel import tables
from shopbot.kernel.errors import InvalidInput, ShopError

REFUSED = 2


class OneLineCommand(BaseCommand):
    """Any command; what it refuses is one line on stderr that begins with its own name."""

    #: ``check`` and ``doctor`` judge the installation: that loads every page of the shop, which
    #: takes longer than most commands do.
    requires_system_checks: list[str] = []
    #: A command that serves keeps the pool for its threads; any other does with a connection.
    serves = False
    #: Empty for a caller in Python, who gets the exception itself.
    _typed_as = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Build the parser, which refuses in one line instead of with the whole usage."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        return refusing_in_one_line(parser, subcommand)

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from a terminal, where the one line stands for the pool's warnings too."""
        self._typed_as = argv[1]
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        if not self.serves:
            connect_directly()
        super().run_from_argv(argv)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run; Django would name a refusal by the exception's class."""
        try:
            return self.carry_out(*args, **options)
        except CommandError as error:
            is_told = isinstance(error, SystemCheckError) or options["traceback"]
            if is_told or not self._typed_as:
                raise
            self.stderr.write(f"{self._typed_as}: {error}")
            raise SystemExit(error.returncode) from error

    def carry_out(self, *args: Any, **options: Any) -> str | None:
        """Run as Django does."""
        return super().execute(*args, **options)


class ShopCommand(OneLineCommand):
    """A command for people and programs: bad input is one line on stderr, exit code 2."""

    def carry_out(self, *args: Any, **options: Any) -> str | None:
        """Run, turning a refusal of the shop into the one line."""
        try:
            return super().carry_out(*args, **options)
        except ShopError as error:
            raise CommandError(str(error), returncode=REFUSED) from error
        except (DatabaseError, InterfaceError) as error:
            if reason := database_fault(error):
                raise CommandError(reason) from error
            raise

    def write_json(self, document: Any) -> None:
        """Write one JSON document for a program."""
        self.stdout.write(json.dumps(document, ensure_ascii=False))


def refusing_in_one_line(parser: CommandParser, subcommand: str) -> CommandParser:
    """Have a parser refuse without printing the whole usage.

    It refuses empty arguments, since a script whose variable is not set would else do for
    everything what it meant for one, and bytes that no database could look for.
    """
    parse = parser.parse_args

    def refuse(message: str) -> NoReturn:
        if not parser.called_from_command_line:
            raise CommandError(message, returncode=REFUSED)
        sys.stderr.write(f"{subcommand}: {message} (see {subcommand} --help)\n")
        raise SystemExit(REFUSED)

    def parse_args(args: Sequence[str] | None = None, namespace: Any = None) -> Any:
        given = [*args] if args is not None else []
        for place, argument in enumerate(given):
            if not argument.strip():
                before = given[place - 1] if place else ""
                refuse(f"{before if before.startswith('--') else 'an argument'} is empty")
            if argument.startswith("--") and argument.endswith("="):
                refuse(f"{argument[:-1]} is empty")
            if not _is_text(argument):
                refuse(f"{ascii(argument)} is not text in UTF-8")
        return parse(args, namespace)

    parser.error = refuse  # type: ignore[method-assign]
    parser.parse_args = parse_args  # type: ignore[assignment, method-assign]
    return parser


def _is_text(argument: str) -> bool:
    """Tell whether it can be written: Python keeps a byte that is no UTF-8 as a surrogate."""
    return not any("\ud800" <= sign <= "\udfff" for sign in argument)


def connect_directly() -> None:
    """Do without a pool, which keeps the reason to itself and tries again for seconds."""
    connection.settings_dict["OPTIONS"].pop("pool", None)


def require_database() -> None:
    """Go on only where the database answers.

    Raises:
        CommandError: it does not; why, and what to do about it.
    """
    try:
        connection.ensure_connection()
    except (DatabaseError, InterfaceError) as error:
        raise CommandError(_does_not_answer(error)) from error


def database_fault(error: DatabaseError | InterfaceError) -> str:
    """Say in one line what keeps the database from answering, and what to do about it.

    Empty where the database is well, so that the fault is the program's own.
    """
    if connection.connection is None:
        return _does_not_answer(error)
    try:
        if stops := tables.stopped_halfway():
            return _stopped_halfway(stops)
        waiting = len(tables.waiting())
    except (DatabaseError, InterfaceError) as silence:
        return _does_not_answer(silence)
    if waiting:
        return f"{waiting} migrations are not applied. Run `manage.py migrate`."
    return _does_not_answer(error) if isinstance(error, OperationalError) else ""


def require_no_halt() -> None:
    """Go on only where no app stopped between the steps that are one migration now.

    Raises:
        CommandError: one did; which, and what to do about it.
    """
    if stops := tables.stopped_halfway():
        raise CommandError(_stopped_halfway(stops))


def _stopped_halfway(stops: str) -> str:
    return f"The migrations stopped halfway in {stops}. {tables.REMEDY_HALFWAY}"


def _does_not_answer(error: DatabaseError | InterfaceError) -> str:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".:")
    return f"The database does not answer: {reason}. Start it, or correct DATABASE_URL."


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
