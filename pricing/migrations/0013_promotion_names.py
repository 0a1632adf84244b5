from django.db import migrations, models

HELP = "As the customer reads it in the price; where a language has none, the English one is shown."


class Migration(migrations.Migration):
    dependencies = [("pricing", "0012_sales_paid_back")]

    operations = [
        migrations.AlterField(
            model_name="promotion",
            name="name",
            field=models.CharField(help_text=HELP, max_length=80),
        ),
        *(
            migrations.AddField(
                model_name="promotion",
                name=f"name_{language}",
                field=models.CharField(help_text=HELP, max_length=80, null=True),
            )
            for language in ("en", "ru", "de", "es")
        ),
    ]
