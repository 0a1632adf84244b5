"""Take the names that promotions had as their English ones."""

from django.db import migrations
from django.db.models import F


def name_in_english(apps, schema_editor):
    promotions = apps.get_model("pricing", "Promotion")._base_manager
    promotions.filter(name_en=None).update(name_en=F("name"))


class Migration(migrations.Migration):
    """Fill the new column."""

    dependencies = [("pricing", "0013_promotion_names")]

    operations = [migrations.RunPython(name_in_english, migrations.RunPython.noop)]
