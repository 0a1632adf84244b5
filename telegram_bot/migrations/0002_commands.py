"""The commands a shop begins with, in every language, and the version of their table."""

from django.db import migrations

from shopbot.kernel.versions import TrackVersion
from telegram_bot.default_commands import write_commands


def add_commands(apps, schema_editor):
    write_commands(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [("telegram_bot", "0001_initial"), ("kernel", "0001_initial")]

    operations = [
        migrations.RunPython(add_commands, migrations.RunPython.noop),
        TrackVersion("telegram", "telegram_bot_telegramcommand"),
    ]
