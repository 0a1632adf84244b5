"""What a tier gives is part of the catalog: a change of it raises the catalog's version."""

from django.db import migrations

from shopbot.kernel.operations import TrackVersion


class Migration(migrations.Migration):
    dependencies = [
        ("entitlements", "0001_initial"),
        ("kernel", "0001_initial"),
    ]

    operations = [TrackVersion("catalog", "entitlements_tiergrant")]
