"""Why has somebody access, or not?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from catalog.levels import Level
from entitlements.command_options import customer_by_telegram_id
from entitlements.explain import explain
from entitlements.explain_text import explanation_text
from shopbot.kernel import clock
from shopbot.kernel.commands import ShopCommand, parse_moment


class Command(ShopCommand):
    """Explain one customer's access to one entitlement at any moment."""

    help = "Explain why a customer has access to an entitlement, or not."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who, what and when."""
        parser.add_argument("--customer", type=int, required=True, metavar="TELEGRAM_ID")
        parser.add_argument("--entitlement", required=True, metavar="NAME")
        parser.add_argument(
            "--level", choices=Level.values, help="ask for this level or a higher one"
        )
        parser.add_argument("--at", metavar="TIME", help="such as 2026-12-24T18:00 (UTC)")
        parser.add_argument("--json", action="store_true", help="write JSON for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the explanation."""
        at = clock.now() if options["at"] is None else parse_moment(options["at"])
        customer = customer_by_telegram_id(options["customer"])
        found = explain(customer.pk, options["entitlement"], at, options["level"])
        if options["json"]:
            self.write_json({"customer": customer.telegram_id, **found.as_dict()})
        else:
            self.stdout.write(explanation_text(found, "en"))
