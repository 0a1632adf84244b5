"""Raise the catalog's version with the stocks of codes again.

Migration 0003 gave them constraints, for which SQLite makes the table anew and loses its
triggers. PostgreSQL kept its own.
"""

from django.db import migrations

from shopbot.kernel.versions import TrackVersionAgain


class Migration(migrations.Migration):
    """Put the triggers back."""

    dependencies = [("delivery", "0005_code_for_sale_once")]

    operations = [TrackVersionAgain("catalog", "delivery_codestock")]
