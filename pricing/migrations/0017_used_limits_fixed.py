"""Fix what a limit counts once an order has used it.

What an order took is given back by the limit's kind: with another one it would be given back to a
counter that it was never taken from.
"""

from django.db import migrations, models

MESSAGE = "an order has used this limit: what it counts is fixed"
CONDITION = """
    (OLD.kind <> NEW.kind OR OLD.currency <> NEW.currency)
    AND EXISTS (SELECT 1 FROM pricing_reservation r WHERE r.limit_id = OLD.id)
"""
POSTGRESQL = f"""
CREATE FUNCTION pricing_promolimit_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {CONDITION} THEN
        RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pricing_promolimit_fixed BEFORE UPDATE ON pricing_promolimit
FOR EACH ROW EXECUTE FUNCTION pricing_promolimit_fixed();
"""
SQLITE = f"""
CREATE TRIGGER pricing_promolimit_fixed_UPDATE BEFORE UPDATE ON pricing_promolimit
WHEN {CONDITION}
BEGIN
    SELECT RAISE(ABORT, '{MESSAGE}');
END
"""


def add(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(POSTGRESQL if is_postgresql else SQLITE)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS pricing_promolimit_fixed() CASCADE")
    else:
        schema_editor.execute("DROP TRIGGER IF EXISTS pricing_promolimit_fixed_UPDATE")


class Migration(migrations.Migration):
    """Add the trigger."""

    dependencies = [("pricing", "0016_rules_tracked_again")]

    operations = [
        migrations.AlterField(
            model_name="promolimit",
            name="kind",
            field=models.CharField(
                choices=[
                    ("total", "Uses in all"),
                    ("customer", "Uses by one customer"),
                    ("budget", "Money given away"),
                ],
                help_text="What is counted. Fixed once an order has used the limit, since its use is given back by the same count: to count otherwise, allow so much here that it stops nobody, and add another limit.",
                max_length=8,
            ),
        ),
        migrations.RunPython(add, remove),
    ]
