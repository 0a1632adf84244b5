from decimal import Decimal

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pricing", "0017_used_limits_fixed"),
    ]

    operations = [
        migrations.AlterField(
            model_name="fxrate",
            name="rate",
            field=models.DecimalField(
                decimal_places=10,
                help_text="How much of it one unit of the base buys.",
                max_digits=20,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("1E-9")),
                    django.core.validators.MaxValueValidator(Decimal("999999999")),
                ],
            ),
        ),
    ]
