"""What triggers of the database hold up is held up after all migrations, on the running engine.

SQLite remakes a table for most changes of its columns and constraints, and loses its triggers.
"""

from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from pricing.models import PricingRules
from shopbot.kernel.statements import fetch_all
from shopbot.kernel.versions import TrackVersion, current_version

pytestmark = pytest.mark.django_db

VERBS = ("INSERT", "UPDATE", "DELETE")


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
    migrations = MigrationLoader(None).disk_migrations.values()
    tracked = {
        (each.version_name, each.table)
        for migration in migrations
        for each in migration.operations
        if isinstance(each, TrackVersion)
    }

    wanted = set()
    for version, table in tracked:
        bumps = f"bumps_{version}"
        wanted |= named(table, bumps, *(f"{verb}_{bumps}" for verb in VERBS))

    assert len(tracked) > 25
    assert wanted - triggers() == set()


def test_every_row_that_is_only_ever_added_still_refuses_changes():
    rules = import_module("pricing.migrations.0003_frozen_rows")

    wanted = set()
    for table, _, _ in rules.FROZEN:
        wanted |= named(table, "frozen", "frozen_UPDATE")
    for table, _, _ in rules.CLOSED:
        wanted |= named(table, "closed", "closed_INSERT", "closed_UPDATE")

    assert wanted - triggers() == set()


def test_what_a_used_limit_counts_is_still_fixed():
    assert named("pricing_promolimit", "fixed", "fixed_UPDATE") <= triggers()


def test_a_new_cap_raises_the_version_of_the_prices():
    before = current_version("pricing")

    PricingRules.objects.update(max_discount_bps=1_234)

    assert current_version("pricing") > before
