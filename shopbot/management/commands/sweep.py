"""Run by hand what beat otherwise starts."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shopbot.kernel import clock
from shopbot.kernel.errors import NotFound
from shopbot.kernel.sweeps import run_sweep, sweeps


class Command(BaseCommand):
    """Run one sweep until nothing is due."""

    help = "Run a sweep until nothing is due; without a name, list the sweeps."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the sweep's name."""
        parser.add_argument("name", nargs="?", default="", help="like expire-orders")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse an unknown name with exit code 2."""
        name: str = options["name"]
        if not name:
            for found in sweeps().values():
                self.stdout.write(f"{found.name:24} {found.summary}")
            return
        handled = 0
        try:
            while batch := run_sweep(name, now=clock.now()):
                handled += batch
        except NotFound as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(f"{name}: {handled} handled")
