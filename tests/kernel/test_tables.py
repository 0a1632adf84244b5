"""What a database says that was made by the migrations that each app's one stands for."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from shopbot.kernel import tables
from shopbot.kernel.commands import database_fault

pytestmark = pytest.mark.django_db

REMEDY = (
    "Check out the commit before 'Give each app one migration', run `manage.py migrate` there,"
    " then here."
)


@pytest.fixture
def recorder():
    """What the database remembers of the migrations that it was made with."""
    return MigrationRecorder(connection)


def replaced():
    """Return every migration that was a step of one that is there now."""
    migrations = MigrationLoader(None).disk_migrations.values()
    return [step for migration in migrations for step in migration.replaces]


def test_whoever_ran_every_step_has_nothing_to_do(recorder):
    assert set(replaced()) <= recorder.applied_migrations().keys()
    assert (tables.stopped_halfway(), tables.waiting()) == ("", [])


def test_an_empty_database_waits_for_each_migration_and_stopped_nowhere(recorder):
    known = len(MigrationLoader(None).disk_migrations)
    recorder.migration_qs.all().delete()

    assert (tables.stopped_halfway(), len(tables.waiting())) == ("", known)


def test_a_database_without_the_last_step_is_told_where_to_take_it(recorder):
    recorder.record_unapplied("customers", "0002_staff")
    recorder.record_unapplied("delivery", "0006_stock_tracked_again")

    with pytest.raises(CommandError) as refusal:
        call_command("migrate", verbosity=0)

    told = f"The migrations stopped halfway in customers (1 of 2), delivery (5 of 6). {REMEDY}"
    assert str(refusal.value) == told
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert database_fault(connection.Database.ProgrammingError()) == told
