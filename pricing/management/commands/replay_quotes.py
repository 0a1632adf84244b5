"""Do promised prices of any age still come out the same?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from pricing.engine import replay
from pricing.models import StoredQuote
from shopbot.kernel.commands import ShopCommand, parse_moment
from shopbot.kernel.errors import InvalidInput


class Command(ShopCommand):
    """Recalculate stored quotes from their own inputs and report every difference."""

    help = "Recalculate stored quotes and report every difference; exits 1 if there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Choose which quotes."""
        parser.add_argument("--key", help="only this one, such as order:17")
        parser.add_argument("--since", metavar="TIME", help="only those promised since then")
        parser.add_argument("--json", action="store_true", help="write JSON for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay one after another, in constant memory."""
        rows = StoredQuote.objects.order_by("pk")
        if options["key"] is not None:
            rows = rows.filter(key=options["key"])
        if options["since"] is not None:
            rows = rows.filter(created_at__gte=parse_moment(options["since"]))
        is_choice = options["key"] is not None or options["since"] is not None
        if is_choice and not rows.exists():
            raise InvalidInput("no such price was promised: nothing was checked")
        checked = 0
        differences: list[dict[str, Any]] = []
        for row in rows.iterator(chunk_size=200):
            checked += 1
            found = _difference(row)
            if found:
                differences.append({"key": row.key, "difference": found})
        self._report(checked, differences, as_json=options["json"])
        if differences:
            raise CommandError(f"{len(differences)} of {checked} quotes differ")

    def _report(
        self, checked: int, differences: list[dict[str, Any]], *, as_json: bool
    ) -> None:
        if as_json:
            self.write_json({"checked": checked, "differences": differences})
            return
        for each in differences:
            self.stdout.write(f"{each['key']}: {each['difference']}")
        self.stdout.write(f"{checked} quotes checked, {len(differences)} differ")


def _difference(row: StoredQuote) -> str:
    """Return in what a stored quote and its replay differ; nothing for equal bytes."""
    try:
        again = replay(row.inputs).as_json().decode()
    except (ValueError, KeyError, TypeError) as error:
        return f"cannot be calculated again: {error}"
    if again == row.result:
        return ""
    return f"stored {row.result}, now {again}"
