"""What do migrations of the shop do that Django has no operation for?

Triggers are created so that an operation can be repeated: SQLite makes a table anew for most
changes of its columns and constraints and loses its triggers, so the migration that makes such
a change repeats their operations. Going back drops no trigger for the same reason: the first of
two equal operations still needs it, and the others go with their table.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

_BUMP_ON_POSTGRESQL = """
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

_BUMP_ON_SQLITE = """
CREATE TRIGGER IF NOT EXISTS {table}_{verb}_bumps_{name} AFTER {verb} ON {table}
BEGIN
    INSERT INTO kernel_dataversion (name, number) VALUES ('{name}', 1)
    ON CONFLICT (name) DO UPDATE SET number = number + 1;
END
"""

_REFUSE_ON_POSTGRESQL = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {condition} THEN
        RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS {name} ON {table};
CREATE TRIGGER {name} BEFORE {verbs} ON {table}
FOR EACH ROW EXECUTE FUNCTION {name}();
"""

_REFUSE_ON_SQLITE = """
CREATE TRIGGER IF NOT EXISTS {name}_{verb} BEFORE {verb} ON {table}
WHEN {condition}
BEGIN
    SELECT RAISE(ABORT, '{message}');
END
"""


class CreateTogether(Operation):
    """Create several models at once, each with its constraints and indexes.

    At each ``CreateModel`` Django makes every model anew that is related to the new one. For
    all tables of the shop that takes longer than creating them; here it is done once.
    """

    def __init__(self, *models: CreateModel) -> None:
        self.models = models

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return what a migration file needs to write this operation again."""
        return type(self).__name__, [*self.models], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add the models to a picture that is drawn anew when somebody looks at it."""
        vars(state).pop("apps", None)
        state.is_delayed = False
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Create the tables."""
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Drop the tables, the last one first."""
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """Return one line for ``migrate``'s output."""
        return f"Create models {', '.join(model.name for model in self.models)}"


class CreateTriggers(Operation):
    """Create triggers in the words of the running engine."""

    reduces_to_sql = False
    reversible = True

    @abstractmethod
    def on_postgresql(self) -> Iterator[str]:
        """Yield the statements for PostgreSQL."""

    @abstractmethod
    def on_sqlite(self) -> Iterator[str]:
        """Yield the statements for SQLite, where a trigger is of one verb alone."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing in Django's own picture of the models."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Create the triggers, in place of the same ones."""
        is_postgresql = schema_editor.connection.vendor == "postgresql"
        for statement in self.on_postgresql() if is_postgresql else self.on_sqlite():
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Leave them to their tables."""


class TrackVersion(CreateTriggers):
    """Every change to one of ``tables`` raises the version called ``name``."""

    verbs: ClassVar = ("INSERT", "UPDATE", "DELETE")

    def __init__(self, name: str, *tables: str) -> None:
        self.version_name = name
        self.tables = tables

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return what a migration file needs to write this operation again."""
        return type(self).__name__, [self.version_name, *self.tables], {}

    def on_postgresql(self) -> Iterator[str]:
        """Yield one trigger for each table."""
        for table in self.tables:
            yield _BUMP_ON_POSTGRESQL.format(name=self.version_name, table=table)

    def on_sqlite(self) -> Iterator[str]:
        """Yield three triggers for each table."""
        for table in self.tables:
            for verb in self.verbs:
                yield _BUMP_ON_SQLITE.format(name=self.version_name, table=table, verb=verb)

    def describe(self) -> str:
        """Return one line for ``migrate``'s output."""
        return (
            f"Raise version {self.version_name} with every change to {len(self.tables)} tables"
        )


class _Refuse(CreateTriggers):
    """Refuse a change of rows that meet ``condition``, saying ``message``."""

    suffix: ClassVar[str]
    verbs: ClassVar[tuple[str, ...]]

    def __init__(self, table: str, condition: str, message: str) -> None:
        self.table = table
        self.condition = condition
        self.message = message

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return what a migration file needs to write this operation again."""
        return type(self).__name__, [self.table, self.condition, self.message], {}

    def on_postgresql(self) -> Iterator[str]:
        """Yield one trigger for all verbs."""
        yield _REFUSE_ON_POSTGRESQL.format(verbs=" OR ".join(self.verbs), **self._named())

    def on_sqlite(self) -> Iterator[str]:
        """Yield a trigger for each verb but one.

        Django empties a test's tables by DELETE there, which a trigger cannot tell from a
        person's.
        """
        for verb in self.verbs:
            if verb != "DELETE":
                yield _REFUSE_ON_SQLITE.format(verb=verb, **self._named())

    def _named(self) -> dict[str, str]:
        return {
            "name": f"{self.table}_{self.suffix}",
            "table": self.table,
            "condition": self.condition,
            "message": self.message,
        }

    def describe(self) -> str:
        """Return one line for ``migrate``'s output."""
        return f"Refuse changes of {self.table}: {self.message}"


class Freeze(_Refuse):
    """A row that meets the condition as it is (``OLD``) never changes, nor goes."""

    suffix = "frozen"
    verbs = ("UPDATE", "DELETE")


class Close(_Refuse):
    """No row comes to meet the condition (``NEW``)."""

    suffix = "closed"
    verbs = ("INSERT", "UPDATE")
