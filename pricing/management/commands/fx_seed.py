"""How does a shop without a network get its first exchange rates?"""

from __future__ import annotations

from typing import Any

from pricing.defaults import write_rates
from shopbot.kernel.commands import ShopCommand


class Command(ShopCommand):
    """Write the exchange rates shipped with the shop for currencies that have none."""

    help = "Write the exchange rates shipped with the shop for currencies that have none."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them and say how many."""
        self.stdout.write(f"{write_rates()} exchange rates written")
