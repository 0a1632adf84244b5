"""Raise the prices' version with the general price rules again.

Migration 0009 changed a column of theirs, for which SQLite makes the table anew and loses its
triggers. PostgreSQL kept its own.
"""

from django.db import migrations

from shopbot.kernel.versions import TrackVersionAgain


class Migration(migrations.Migration):
    """Put the triggers back."""

    dependencies = [("pricing", "0015_ledger_frozen_again")]

    operations = [TrackVersionAgain("pricing", "pricing_pricingrules")]
