"""How does a statement that runs on every request reach the database at the least cost?

Django's cursor writes the values into the text, so that PostgreSQL parses and plans it each
time. A prepared statement of the same connection costs the process a third.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, Final, cast

from django.db import connection
from django.db.models import QuerySet
from psycopg import Connection, Cursor

#: Stand-ins that no row and no rule of the shop has.
NO_NUMBER: Final = -(10**15)
NO_TEXT: Final = "\N{REPLACEMENT CHARACTER}"
NO_MOMENT: Final = datetime(1, 1, 2, tzinfo=UTC)


def fetch_all(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one statement, prepared where the database can, and return its rows.

    Whoever watches the connection's statements (a wrapper, a query log) sees it as any other:
    then it goes through Django's cursor.

    Raises:
        DatabaseError: as Django's cursor would.
    """
    is_watched = connection.execute_wrappers or connection.queries_logged
    if connection.vendor != "postgresql" or is_watched:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
    connection.ensure_connection()
    psycopg: Connection[Any] = connection.connection
    with connection.wrap_database_errors:
        return Cursor(psycopg).execute(statement, values, prepare=True).fetchall()


class Rows:
    """A read that the ORM words once and the database then keeps prepared.

    The rule stays in the queryset, and reading costs no building of it.
    """

    def __init__(
        self, build: Callable[..., QuerySet[Any, Any]], *, stand_ins: Sequence[object]
    ) -> None:
        """Take what builds the queryset, and for each argument a value of nothing else.

        The queryset names its columns by ``values_list``, and they need no conversion.
        """
        self._build = build
        self._stand_ins = tuple(stand_ins)

    def read(self, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of the queryset for these values; one query."""
        if connection.vendor != "postgresql":
            return list(self._build(*values))
        statement, places = self._worded
        return fetch_all(statement, [place(values) for place in places])

    @cached_property
    def _worded(self) -> tuple[str, list[Callable[[Sequence[object]], object]]]:
        query = self._build(*self._stand_ins).query
        statement, parameters = query.get_compiler(connection=connection).as_sql()
        return statement, [self._place(each) for each in parameters]

    def _place(self, parameter: Any) -> Callable[[Sequence[object]], object]:
        if parameter not in self._stand_ins:
            return lambda _: parameter
        index = self._stand_ins.index(parameter)
        if isinstance(parameter, int):
            # Django names the width of a number; another width would be another statement.
            return lambda values: type(parameter)(cast(int, values[index]))
        return itemgetter(index)


class Question(Rows):
    """A yes-no question of the same kind, to a queryset of any columns."""

    def __init__(
        self, build: Callable[..., QuerySet[Any, Any]], *, stand_ins: Sequence[object]
    ) -> None:
        """Take what builds the queryset, and for each argument a value of nothing else."""

        def first(*values: object) -> QuerySet[Any, Any]:
            return build(*values).order_by().values_list("pk")[:1]

        super().__init__(first, stand_ins=stand_ins)

    def ask(self, *values: object) -> bool:
        """Tell whether the queryset has a row for these values; one query."""
        return bool(self.read(*values))
