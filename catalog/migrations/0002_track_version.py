"""Let every change of the catalog raise its version, whoever makes it."""

from django.db import migrations

from shopbot.kernel.versions import TrackVersion


class Migration(migrations.Migration):
    """Put triggers on the tables that the bot's snapshot is read from."""

    dependencies = [
        ("catalog", "0001_initial"),
        ("kernel", "0001_initial"),
    ]

    operations = [
        TrackVersion("catalog", "catalog_category"),
        TrackVersion("catalog", "catalog_product"),
        TrackVersion("catalog", "catalog_producttier"),
    ]
