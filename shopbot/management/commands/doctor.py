"""Examine the installation and say what to do about each finding."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from shopbot.doctor import as_json, examine, told
from shopbot.kernel.commands import ShopCommand


class Command(ShopCommand):
    """Exit code 0 when all is well, 1 when something is not."""

    help = "Check settings, database, broker, schedule, texts and the bot; exit 1 on problems."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer an answer for programs."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine, report, and end with the exit code."""
        found = list(examine())
        if options["json"]:
            self.stdout.write(as_json(found))
        else:
            self.stdout.write("\n".join(told(finding) for finding in found))
        if not all(finding.is_well for finding in found):
            raise SystemExit(1)
