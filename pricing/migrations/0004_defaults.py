"""Give a new shop its regions, currencies, discounts and first exchange rates."""

from django.db import migrations

from pricing.defaults import write_defaults


def add(apps, schema_editor):
    write_defaults(apps.get_model)


class Migration(migrations.Migration):
    """Write the rows."""

    dependencies = [("pricing", "0003_frozen_rows")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
