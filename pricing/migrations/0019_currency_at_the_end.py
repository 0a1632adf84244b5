"""Remember the tier's currency with the prices that an experiment ended with.

For those that ended before it is the tier's present one, or, where the tier changed it since, the
only one there is a price in.
"""

from django.db import migrations, models


def fill(apps, schema_editor):
    ended = apps.get_model("pricing", "Experiment").objects.filter(ended_with__isnull=False)
    for row in ended.select_related("tier"):
        known = [row.tier.currency] if row.tier.currency in row.ended_with else row.ended_with
        if len(known) == 1:
            [row.ended_in] = known
            row.save(update_fields=["ended_in"])


class Migration(migrations.Migration):
    """Add the column and fill it; nullable, so that SQLite need not make the table anew."""

    dependencies = [("pricing", "0018_rates_within_reason")]

    operations = [
        migrations.AddField(
            model_name="experiment",
            name="ended_in",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="The tier's currency when it ended: its other prices are local ones.",
                max_length=3,
                null=True,
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
