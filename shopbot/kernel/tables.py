"""Are the tables what this code expects?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

#: Django itself would end with a trace: the steps that are missing are no longer here.
REMEDY_HALFWAY: Final = (
    "Check out the commit before 'Give each app one migration', run `manage.py migrate` there,"
    " then here."
)


def waiting() -> list[str]:
    """Return the migrations that are not applied, as ``app.name``, in their order.

    Call it only where nothing ``stopped_halfway``.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def stopped_halfway() -> str:
    """Say in which apps some, but not all, of the steps were run that are one migration now.

    Like ``orders (7 of 11)``; empty where there is none.
    """
    return ", ".join(_stops())


def _stops() -> Iterator[str]:
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    applied = MigrationRecorder(connection).applied_migrations().keys()
    for key, migration in sorted(loader.disk_migrations.items()):
        missing = {*migration.replaces} - loader.disk_migrations.keys() - applied
        steps = {key, *migration.replaces}
        if missing and (done := steps & applied):
            yield f"{migration.app_label} ({len(done)} of {len(steps)})"
