"""What triggers of the database hold up is held up after all migrations, on the running engine.

SQLite remakes a table for most changes of its columns and constraints, and loses its triggers.
"""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from pricing.models import PricingRules
from shopbot.kernel.operations import Close, CreateTriggers, Freeze, TrackVersion
from shopbot.kernel.statements import fetch_all
from shopbot.kernel.versions import current_version

pytestmark = pytest.mark.django_db


def declared(kind):
    """Return every operation of one kind in the migrations."""
    return [
        each
        for migration in MigrationLoader(None).disk_migrations.values()
        for each in migration.operations
        if isinstance(each, kind)
    ]


def triggers():
    """Return every trigger of the database, as table and name."""
    if connection.vendor == "postgresql":
        statement = (
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgenabled <> 'D'"
        )
    else:
        statement = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
    return set(fetch_all(statement, ()))


def named(table, on_postgresql, *on_sqlite):
    """Return the triggers that one rule of a table has on the running engine."""
    names = [on_postgresql] if connection.vendor == "postgresql" else on_sqlite
    return {(table, f"{table}_{name}") for name in names}


def test_every_table_of_a_snapshot_still_raises_its_version():
    tracked = {
        (each.version_name, table) for each in declared(TrackVersion) for table in each.tables
    }

    wanted = set()
    for version, table in tracked:
        bumps = f"bumps_{version}"
        wanted |= named(table, bumps, *(f"{verb}_{bumps}" for verb in TrackVersion.verbs))

    assert len(tracked) > 25
    assert wanted - triggers() == set()


def test_every_row_that_is_only_ever_added_still_refuses_changes():
    frozen = {each.table for each in declared(Freeze)}
    closed = {each.table for each in declared(Close)}

    wanted = set()
    for table in frozen:
        wanted |= named(table, "frozen", "frozen_UPDATE")
    for table in closed:
        wanted |= named(table, "closed", "closed_INSERT", "closed_UPDATE")

    assert (len(frozen), len(closed)) == (7, 2)
    assert wanted - triggers() == set()


def test_what_a_used_limit_counts_is_still_fixed():
    assert named("pricing_promolimit", "fixed", "fixed_UPDATE") <= triggers()


def test_operations_that_are_repeated_put_back_what_a_table_made_anew_has_lost():
    before = triggers()
    table = "pricing_commissionentry"
    [(_, name)] = named(table, "frozen", "frozen_UPDATE")
    of_table = f"{name} ON {table}" if connection.vendor == "postgresql" else name
    connection.cursor().execute(f"DROP TRIGGER {of_table}")
    assert before - triggers() == {(table, name)}

    for each in declared(CreateTriggers):
        each.database_forwards("", connection.schema_editor(), None, None)

    assert triggers() == before


def test_a_new_cap_raises_the_version_of_the_prices():
    before = current_version("pricing")

    PricingRules.objects.update(max_discount_bps=1_234)

    assert current_version("pricing") > before
