"""Fill the shop with something to try."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from catalog.models import Category, Product, ProductTier
from shopbot.demo import Loaded, load
from shopbot.kernel import clock
from shopbot.kernel.commands import ShopCommand


class Command(ShopCommand):
    """Load the demo shop; what is there already is left alone."""

    help = "Load the demo shop: categories, products and tiers in four languages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the form of the answer."""
        parser.add_argument("--json", action="store_true", help="answer as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what was made and what to try."""
        loaded = load(clock.now())
        if options["json"]:
            self.write_json({"made": loaded.as_dict(), "holds": _holdings()})
            return
        self.stdout.write(_summary(loaded))
        self.stdout.write(_next_steps())


def _holdings() -> dict[str, int]:
    return {
        "categories": Category.objects.count(),
        "products": Product.objects.count(),
        "tiers": ProductTier.objects.count(),
    }


def _summary(loaded: Loaded) -> str:
    if not loaded:
        return "The demo shop was there already; nothing was changed."
    made = ", ".join(f"{count} {name}" for name, count in loaded.as_dict().items())
    return f"The demo shop is ready: made {made}."


def _next_steps() -> str:
    lines = ["", "Try next:"]
    if settings.SIMULATOR_ENABLED:
        lines.append(f"  open {settings.SIMULATOR_URL}/ and send /shop")
    lines += [
        f"  edit the catalog at {settings.PUBLIC_URL}/admin/catalog/product/",
        "  python manage.py quote signals/premium --months 12 --region US --referred",
    ]
    return "\n".join(lines)
