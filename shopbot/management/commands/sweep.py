"""Run by hand what beat otherwise starts."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from shopbot.kernel import clock
from shopbot.kernel.commands import ShopCommand
from shopbot.kernel.sweeps import run_sweep, sweeps


class Command(ShopCommand):
    """Run one sweep until nothing is due."""

    help = "Run a sweep until nothing is due; without a name, list the sweeps."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the sweep's name and the form of the answer."""
        parser.add_argument("name", nargs="?", default="", help="like expire-orders")
        parser.add_argument("--json", action="store_true", help="write JSON for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it, and say how many rows were due."""
        name: str = options["name"]
        if not name:
            self._list(as_json=options["json"])
            return
        handled = 0
        while batch := run_sweep(name, now=clock.now()):
            handled += batch
        if options["json"]:
            self.write_json({"sweep": name, "handled": handled})
        else:
            self.stdout.write(f"{name}: {handled} handled")

    def _list(self, *, as_json: bool) -> None:
        if as_json:
            self.write_json([{"name": s.name, "summary": s.summary} for s in sweeps().values()])
            return
        for found in sweeps().values():
            self.stdout.write(f"{found.name:24} {found.summary}")
