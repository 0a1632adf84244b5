"""Let every shop stop selling at exchange rates of the bank that are a month old."""

from typing import Any

from django.db import migrations


def set_limit(apps: Any, schema_editor: Any) -> None:
    """Give the one row of rules the limit that new shops have; there was none before."""
    rows = apps.get_model("pricing", "PricingRules").objects
    rows.filter(stale_after_days__isnull=True).update(stale_after_days=30)


class Migration(migrations.Migration):
    """Set the limit; an owner may empty it again."""

    dependencies = [
        ("pricing", "0009_rates_grow_old"),
    ]

    operations = [
        migrations.RunPython(set_limit, migrations.RunPython.noop),
    ]
