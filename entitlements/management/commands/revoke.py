"""Take an entitlement back by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from entitlements.command_options import customer_by_telegram_id
from entitlements.errors import UnknownGrant
from entitlements.models import Grant
from entitlements.selectors import entitlement_type, has_entitlement
from entitlements.services import revoke_entitlement, revoke_source
from shopbot.kernel import clock
from shopbot.kernel.commands import ShopCommand


class Command(ShopCommand):
    """Revoke everything a customer holds of an entitlement, or what one source gave."""

    help = "Revoke a customer's grants of an entitlement."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who, what and why."""
        parser.add_argument("--customer", type=int, required=True, metavar="TELEGRAM_ID")
        parser.add_argument("--entitlement", required=True, metavar="NAME")
        parser.add_argument("--source", help="only what this gave, such as order-line:17")
        parser.add_argument("--reason", default="", help="in words; explanations show it")
        parser.add_argument("--json", action="store_true", help="write JSON for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Revoke, and say whether any access is left."""
        now = clock.now()
        customer = customer_by_telegram_id(options["customer"])
        type = entitlement_type(options["entitlement"])
        if options["source"]:
            self._check_source(customer.pk, type.pk, options["source"])
            ended = revoke_source(
                source=options["source"], reason=options["reason"], actor="command", now=now
            )
        else:
            ended = revoke_entitlement(
                customer_id=customer.pk,
                type_id=type.pk,
                reason=options["reason"],
                actor="command",
                now=now,
            )
        left = has_entitlement(customer.pk, type.code, now)
        if options["json"]:
            document = {"customer": customer.telegram_id, "entitlement": type.code}
            self.write_json({**document, "revoked": ended, "has_access": left})
            return
        access = "still has access" if left else "has no access"
        self.stdout.write(f"{ended} revoked; {customer} {access} to {type.code}")

    def _check_source(self, customer_id: int, type_id: int, source: str) -> None:
        given = Grant.objects.filter(customer_id=customer_id, type_id=type_id, source=source)
        if not given.exists():
            raise UnknownGrant(f"{source} has granted this customer no such entitlement")
