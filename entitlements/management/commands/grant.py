"""Give a customer an entitlement by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.management.base import CommandParser

from catalog.levels import Level
from entitlements.command_options import customer_by_telegram_id
from entitlements.models import Grant
from entitlements.selectors import entitlement_type
from entitlements.services import NewGrant, grant_all
from entitlements.services.granting import MOST_DAYS, MOST_MONTHS
from shopbot.kernel import clock
from shopbot.kernel.commands import ShopCommand, parse_moment
from shopbot.kernel.errors import InvalidInput


class Command(ShopCommand):
    """Grant one entitlement; no later event takes it away but a revocation of itself."""

    help = "Grant a customer an entitlement: until a moment, for months or days, or for life."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who, what and how long."""
        parser.add_argument("--customer", type=int, required=True, metavar="TELEGRAM_ID")
        parser.add_argument("--entitlement", required=True, metavar="NAME")
        parser.add_argument("--level", choices=Level.values, default=Level.PREMIUM.value)
        length = parser.add_mutually_exclusive_group(required=True)
        length.add_argument("--until", metavar="TIME", help="such as 2026-12-24T18:00 (UTC)")
        length.add_argument("--months", type=int, help="calendar months, behind what is held")
        length.add_argument("--days", type=int, help="days, behind what is held")
        length.add_argument("--lifetime", action="store_true", help="without end")
        parser.add_argument("--reason", default="", help="for staff")
        parser.add_argument("--key", help="the same key again grants nothing more")
        parser.add_argument("--json", action="store_true", help="write JSON for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant, and say what the customer has now."""
        now = clock.now()
        customer = customer_by_telegram_id(options["customer"])
        type = entitlement_type(options["entitlement"])
        new = NewGrant(
            type_id=type.pk,
            level=options["level"],
            source=_source(options["key"]),
            months=_number(options, "months", MOST_MONTHS),
            days=_number(options, "days", MOST_DAYS),
            ends_at=None if options["until"] is None else parse_moment(options["until"]),
            note=options["reason"][:200],
        )
        [row] = grant_all(customer_id=customer.pk, grants=[new], now=now, actor="command")
        if options["json"]:
            self.write_json(
                {
                    "grant_id": row.pk,
                    "customer": customer.telegram_id,
                    "entitlement": type.code,
                    "level": row.level,
                    "source": row.source,
                    "starts_at": row.starts_at.isoformat(),
                    "ends_at": None if row.ends_at is None else row.ends_at.isoformat(),
                }
            )
            return
        until = "for life" if row.ends_at is None else f"until {_minute(row.ends_at)}"
        self.stdout.write(
            f"{customer} has {type.code} {row.level} from {_minute(row.starts_at)} {until}"
        )


def _source(key: str | None) -> str:
    source = f"goodwill:{key or uuid4()}"
    longest = Grant._meta.get_field("source").max_length or 0
    if len(source) > longest:
        raise InvalidInput(f"--key has at most {longest - len('goodwill:')} characters")
    return source


def _number(options: dict[str, Any], name: str, most: int) -> int | None:
    number: int | None = options[name]
    if number is not None and not 1 <= number <= most:
        raise InvalidInput(f"--{name} is a number from 1 to {most}")
    return number


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
