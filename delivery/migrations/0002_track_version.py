"""Raise the catalog's version with what its tiers bring."""

from django.db import migrations

from shopbot.kernel.versions import TrackVersion


class Migration(migrations.Migration):
    """Put triggers on the tables that tell which tiers bring something."""

    dependencies = [
        ("delivery", "0001_initial"),
        ("kernel", "0001_initial"),
    ]

    operations = [
        TrackVersion("catalog", "delivery_codestock"),
        TrackVersion("catalog", "delivery_deliveryitem"),
    ]
