"""Keep of a sold gift card from being spent what was refunded of its price."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_staff"),
        ("pricing", "0020_used_limits_fixed_at_once"),
    ]

    operations = [
        migrations.AddField(
            model_name="giftcard",
            name="withheld_minor",
            field=models.BigIntegerField(
                default=0,
                editable=False,
                help_text="Cannot be spent, in the smallest unit: its money was refunded.",
                verbose_name="withheld",
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcard",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withheld_minor__gte", 0),
                    ("withheld_minor__lte", models.F("issued_minor")),
                ),
                name="gift_card_withheld_within_issue",
            ),
        ),
    ]
