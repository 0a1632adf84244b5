"""Make the database itself refuse to change what was published, shown or booked.

PostgreSQL refuses deleting as well. SQLite cannot: Django empties a test's tables by DELETE there,
which a trigger cannot tell from a person's.
"""

from django.db import migrations

#: table, condition on the row as it was, what the refusal says
FROZEN = (
    (
        "pricing_priceversion",
        "OLD.status = 'published'",
        "a published price list never changes",
    ),
    (
        "pricing_versionprice",
        "EXISTS (SELECT 1 FROM pricing_priceversion v"
        " WHERE v.id = OLD.version_id AND v.status = 'published')",
        "a published price list never changes",
    ),
    (
        "pricing_experimentarm",
        "EXISTS (SELECT 1 FROM pricing_experiment e"
        " WHERE e.id = OLD.experiment_id AND e.status <> 'draft')",
        "the arms of an experiment are fixed once it runs",
    ),
    ("pricing_exposure", "TRUE", "a customer keeps the price that was shown"),
    ("pricing_commissionentry", "TRUE", "the commission ledger is only ever added to"),
    ("pricing_giftcardentry", "TRUE", "the gift card ledger is only ever added to"),
    ("pricing_storedquote", "TRUE", "a promised price never changes"),
)

#: the same for rows that would join what is published
CLOSED = (
    (
        "pricing_versionprice",
        "EXISTS (SELECT 1 FROM pricing_priceversion v"
        " WHERE v.id = NEW.version_id AND v.status = 'published')",
        "a published price list never changes",
    ),
    (
        "pricing_experimentarm",
        "EXISTS (SELECT 1 FROM pricing_experiment e"
        " WHERE e.id = NEW.experiment_id AND e.status <> 'draft')",
        "the arms of an experiment are fixed once it runs",
    ),
)

_POSTGRESQL = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {condition} THEN
        RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER {name} BEFORE {verbs} ON {table}
FOR EACH ROW EXECUTE FUNCTION {name}();
"""

_SQLITE = """
CREATE TRIGGER {name}_{verb} BEFORE {verb} ON {table}
WHEN {condition}
BEGIN
    SELECT RAISE(ABORT, '{message}');
END
"""


def _create(schema_editor, table, condition, message, suffix, verbs):
    names = {"table": table, "condition": condition, "message": message}
    name = f"{table}_{suffix}"
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_POSTGRESQL.format(name=name, verbs=" OR ".join(verbs), **names))
        return
    for verb in verbs:
        if verb != "DELETE":
            schema_editor.execute(_SQLITE.format(name=name, verb=verb, **names))


def add(apps, schema_editor):
    for table, condition, message in FROZEN:
        _create(schema_editor, table, condition, message, "frozen", ("UPDATE", "DELETE"))
    for table, condition, message in CLOSED:
        _create(schema_editor, table, condition, message, "closed", ("INSERT", "UPDATE"))


def _drop(schema_editor, table, suffix, verbs):
    name = f"{table}_{suffix}"
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")
        return
    for verb in verbs:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}_{verb}")


def remove(apps, schema_editor):
    for table, _, _ in FROZEN:
        _drop(schema_editor, table, "frozen", ("UPDATE", "DELETE"))
    for table, _, _ in CLOSED:
        _drop(schema_editor, table, "closed", ("INSERT", "UPDATE"))


class Migration(migrations.Migration):
    """Add the triggers."""

    dependencies = [("pricing", "0002_track_version")]

    operations = [migrations.RunPython(add, remove)]
