"""Let PostgreSQL itself refuse two months of one customer, entitlement and level at once.

Other databases have no such constraint; there the services' lock alone keeps the rule. The
extension is a trusted one: the owner of a database may create it without being a superuser.
Where even that is refused, the migration goes on without the constraint.
"""

from django.db import Error, migrations, transaction

_EXTENSION = "CREATE EXTENSION IF NOT EXISTS btree_gist"
_CONSTRAINT = """
ALTER TABLE entitlements_grant ADD CONSTRAINT grant_months_never_overlap
EXCLUDE USING gist (
    customer_id WITH =, type_id WITH =, level WITH =, tstzrange(starts_at, ends_at) WITH &&
)
WHERE (revoked_at IS NULL AND months IS NOT NULL AND follows_id IS NULL)
"""
_DROP = "ALTER TABLE entitlements_grant DROP CONSTRAINT IF EXISTS grant_months_never_overlap"


def add(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute(_EXTENSION)
    except Error:
        return
    schema_editor.execute(_CONSTRAINT)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_DROP)


class Migration(migrations.Migration):
    """Add the exclusion constraint."""

    dependencies = [("entitlements", "0001_initial")]

    operations = [migrations.RunPython(add, drop, elidable=False)]
