"""Say what is missing before cards can be taken."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from orders.card_findings import card_findings
from shopbot.doctor import as_json, told
from shopbot.kernel import clock
from shopbot.kernel.commands import ShopCommand


class Command(ShopCommand):
    """Exit code 0 when cards can be taken, 1 when something is missing."""

    help = "Check Stripe: keys, mode, webhook, events, version and clock; exit 1 on problems."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer an answer for programs."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine, report, and end with the exit code."""
        found = list(card_findings(now=clock.now()))
        if options["json"]:
            self.stdout.write(as_json(found))
        else:
            self.stdout.write("\n".join(told(finding) for finding in found))
        if not all(finding.is_well for finding in found):
            raise SystemExit(1)
