"""How does a statement that runs on every request reach the database at the least cost?

Django's cursor writes the values into the text, so that PostgreSQL parses and plans it each
time. A prepared statement of the same connection costs the process a third.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Field, Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery
from psycopg import Connection, Cursor

Row = TypeVar("Row", bound=Model)

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
    database = _database()
    is_watched = database.execute_wrappers or database.queries_logged
    if database.vendor != "postgresql" or is_watched:
        with database.cursor() as cursor:
            cursor.execute(statement, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
    database.ensure_connection()
    psycopg: Connection[Any] = database.connection
    with database.wrap_database_errors:
        return Cursor(psycopg).execute(statement, values, prepare=True).fetchall()


def _database() -> BaseDatabaseWrapper:
    """Return the connection itself: its stand-in looks it up anew for every attribute."""
    return connections[DEFAULT_DB_ALIAS]


def insert(row: Row) -> Row:
    """Store a new row as ``save(force_insert=True)`` would, and return it; one statement.

    The ORM words the statement once for each model. It tells no signals.
    """
    database = _database()
    if database.vendor != "postgresql":
        row.save(force_insert=True)
        return row
    ((row.pk,),) = _insert(row, database, None)
    row._state.adding, row._state.db = False, database.alias
    return row


def insert_missing(row: Model) -> None:
    """Store a new row unless one like it, by a unique rule, is there; one statement."""
    database = _database()
    if database.vendor != "postgresql":
        type(row)._default_manager.bulk_create([row], ignore_conflicts=True)
        return
    _insert(row, database, OnConflict.IGNORE)


def _insert(
    row: Model, database: BaseDatabaseWrapper, on_conflict: OnConflict | None
) -> list[tuple[Any, ...]]:
    statement, fields = _insertion(type(row), on_conflict)
    values = [each.get_db_prep_save(each.pre_save(row, add=True), database) for each in fields]
    with transaction.mark_for_rollback_on_error():
        return fetch_all(statement, values)


@lru_cache(maxsize=64)
def _insertion(
    model: type[Model], on_conflict: OnConflict | None
) -> tuple[str, list[Field[Any, Any]]]:
    every = model._meta.local_concrete_fields
    fields = [each for each in every if not isinstance(each, AutoField)]
    query = InsertQuery(model, on_conflict=on_conflict)
    query.insert_values(fields, [model()])
    compiler = query.get_compiler(connection=connection)
    compiler.returning_fields = [model._meta.pk]
    ((statement, _),) = compiler.as_sql()
    return statement, fields


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


class Locked(Rows, Generic[Row]):
    """One whole row, held to the end of the transaction; its columns need no conversion."""

    def get(self, *values: object) -> Row:
        """Return the row of the locked queryset for these values; one query.

        Raises:
            DoesNotExist: there is none.
            TransactionManagementError: no transaction would hold it.
        """
        database = _database()
        if database.vendor == "postgresql":
            if not database.in_atomic_block:
                raise transaction.TransactionManagementError(
                    "a row is locked in a transaction only"
                )
            for found in self.read(*values):
                return self._model.from_db(database.alias, self._names, found)
        return cast(Row, self._build(*values).get())

    @cached_property
    def _model(self) -> type[Row]:
        return self._build(*self._stand_ins).model

    @cached_property
    def _names(self) -> list[str]:
        return [field.attname for field in self._model._meta.concrete_fields]
