"""Let a change of what a limit counts wait for the orders that are being placed.

Their reservations are not to be seen before they are committed, so the first one of a limit was
passed over. Each order holds a share of the limit's row (``pricing.services.limits``); whoever
changes what it counts now asks for the whole row first. SQLite has one writer at a time.
"""

from importlib import import_module

from django.db import migrations

before = import_module("pricing.migrations.0017_used_limits_fixed")

POSTGRESQL = """
CREATE OR REPLACE FUNCTION pricing_promolimit_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.kind = NEW.kind AND OLD.currency = NEW.currency THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM pricing_promolimit WHERE id = OLD.id FOR UPDATE;
    IF EXISTS (SELECT 1 FROM pricing_reservation r WHERE r.limit_id = OLD.id) THEN
        RAISE EXCEPTION 'an order has used this limit: what it counts is fixed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


def wait(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)


def wait_no_more(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        before.remove(apps, schema_editor)
        before.add(apps, schema_editor)


class Migration(migrations.Migration):
    """Replace what the trigger runs."""

    dependencies = [("pricing", "0019_currency_at_the_end")]

    operations = [migrations.RunPython(wait, wait_no_more)]
