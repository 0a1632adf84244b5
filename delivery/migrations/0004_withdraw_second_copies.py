"""Take codes out of sale that another stock sells or has sold."""

from typing import Any

from django.db import migrations
from django.db.models import Exists, OuterRef


def withdraw_second_copies(apps: Any, schema_editor: Any) -> None:
    """Keep the copy that somebody holds, else the oldest; no order loses what it holds."""
    codes = apps.get_model("delivery", "Code").objects.using(schema_editor.connection.alias)
    alive = codes.exclude(status="withdrawn").filter(secret=OuterRef("secret"))
    held = alive.exclude(status="free")
    free = codes.filter(status="free")
    for second in (held, alive.filter(status="free", pk__lt=OuterRef("pk"))):
        doubled = list(free.filter(Exists(second)).values_list("pk", flat=True))
        for start in range(0, len(doubled), 1000):
            codes.filter(pk__in=doubled[start : start + 1000]).update(status="withdrawn")


class Migration(migrations.Migration):
    """Two tiers that were given one list of codes sold each of them twice."""

    dependencies = [
        ("delivery", "0003_sold_gift_cards"),
    ]

    operations = [
        migrations.RunPython(withdraw_second_copies, migrations.RunPython.noop),
    ]
