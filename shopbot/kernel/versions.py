"""Is a process's copy of the catalog or the prices still the one in the database?

Triggers in the database raise the version, so no writer can forget to: admin, import, shell,
bulk update and plain SQL all count.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from shopbot.kernel.statements import fetch_all

_POSTGRESQL = """
CREATE OR REPLACE FUNCTION kernel_bump_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kernel_dataversion (name, number) VALUES ('{name}', 1)
    ON CONFLICT (name) DO UPDATE SET number = kernel_dataversion.number + 1;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS {table}_bumps_{name} ON {table};
CREATE TRIGGER {table}_bumps_{name} AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION kernel_bump_{name}();
"""

_SQLITE = """
CREATE TRIGGER IF NOT EXISTS {table}_{verb}_bumps_{name} AFTER {verb} ON {table}
BEGIN
    INSERT INTO kernel_dataversion (name, number) VALUES ('{name}', 1)
    ON CONFLICT (name) DO UPDATE SET number = number + 1;
END
"""

T = TypeVar("T")

_VERBS = ("INSERT", "UPDATE", "DELETE")


class TrackVersion(Operation):
    """Migration operation: every change to ``table`` raises the version called ``name``."""

    reduces_to_sql = False
    reversible = True

    def __init__(self, name: str, table: str) -> None:
        self.version_name = name
        self.table = table

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return what a migration file needs to write this operation again."""
        return type(self).__name__, [self.version_name, self.table], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing in Django's own picture of the models."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Create the triggers."""
        names = {"name": self.version_name, "table": self.table}
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(_POSTGRESQL.format(**names))
            return
        for verb in _VERBS:
            schema_editor.execute(_SQLITE.format(verb=verb, **names))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Drop the triggers."""
        if schema_editor.connection.vendor == "postgresql":
            name = f"{self.table}_bumps_{self.version_name}"
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {self.table}")
            return
        for verb in _VERBS:
            name = f"{self.table}_{verb}_bumps_{self.version_name}"
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")

    def describe(self) -> str:
        """Return one line for ``migrate``'s output."""
        return f"Raise version {self.version_name} with every change to {self.table}"


class TrackVersionAgain(TrackVersion):
    """The same, in the migration that made a table anew, or a later one.

    SQLite makes a table anew for most changes of its columns and constraints, and loses its
    triggers. Going back drops nothing: that is left to the first operation.
    """

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Keep the triggers: they were there before."""


def current_version(name: str) -> int:
    """Return the version called ``name``, 0 before its first change; one query."""
    rows = fetch_all("SELECT number FROM kernel_dataversion WHERE name = %s", (name,))
    return int(rows[0][0]) if rows else 0


def current_versions() -> dict[str, int]:
    """Return every version there is by its name, 0 for any other; one query."""
    rows = fetch_all("SELECT name, number FROM kernel_dataversion", ())
    return defaultdict(int, rows)


class VersionedCache(Generic[T]):
    """A process's copy of something expensive, read again when its version has moved.

    ``load`` must read at or after the version that it is called for. Two threads may load at
    once; both results are right, the later one stays.
    """

    every: ClassVar[list["VersionedCache[Any]"]] = []

    def __init__(self, name: str, load: Callable[[int], T]) -> None:
        self.name = name
        self._load = load
        self._held: tuple[int, T] | None = None
        self.every.append(self)

    def get(self) -> T:
        """Return the present copy: one query, plus the load's own when it moved."""
        return self.get_at(current_version(self.name))

    def get_at(self, version: int) -> T:
        """Return the copy for a version the caller has just read: no query while it holds."""
        held = self._held
        if held is not None and held[0] == version:
            return held[1]
        value = self._load(version)
        self._held = (version, value)
        return value

    def at_hand(self, version: int) -> T | None:
        """Return the copy if it is of this version already; never a query."""
        held = self._held
        return held[1] if held is not None and held[0] == version else None

    def clear(self) -> None:
        """Forget the copy."""
        self._held = None
