"""Put back what refuses to change the commission ledger on SQLite.

Migration 0005 changed a column's constraints there, for which Django makes the table anew and
loses its triggers. PostgreSQL kept its own.
"""

from django.db import migrations

_DROP = "DROP TRIGGER IF EXISTS pricing_commissionentry_frozen_UPDATE"
_CREATE = """
CREATE TRIGGER pricing_commissionentry_frozen_UPDATE BEFORE UPDATE ON pricing_commissionentry
BEGIN
    SELECT RAISE(ABORT, 'the commission ledger is only ever added to');
END
"""


def freeze_again(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(_DROP)
        schema_editor.execute(_CREATE)


class Migration(migrations.Migration):
    """Add the trigger."""

    dependencies = [("pricing", "0014_promotion_names_in_english")]

    operations = [migrations.RunPython(freeze_again, migrations.RunPython.noop)]
