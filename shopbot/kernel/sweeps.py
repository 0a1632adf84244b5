"""Which work comes due by itself? Every job of the shop, by name, as a sweep over due rows.

A sweep is safe to repeat, to run twice at once and to die at any line: it asks the database
what is due and marks each row with its effect. Celery, beat and ``manage.py sweep`` call it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from django.apps import apps

from shopbot.kernel.errors import NotFound


class SweepFunction(Protocol):
    """A job of the shop."""

    def __call__(self, *, now: datetime, limit: int) -> int:
        """Handle at most ``limit`` due rows; return how many, 0 when none is left."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A job under its name, with the sentence that ``--help`` shows."""

    name: str
    summary: str
    run: SweepFunction


_registry: dict[str, Sweep] = {}


def sweep(name: str) -> Callable[[SweepFunction], SweepFunction]:
    """Register a function of an app's ``sweeps.py`` under ``name``."""

    def register(function: SweepFunction) -> SweepFunction:
        summary = (function.__doc__ or "").strip().partition("\n")[0]
        _registry[name] = Sweep(name=name, summary=summary, run=function)
        return function

    return register


def sweeps() -> dict[str, Sweep]:
    """Return every sweep of the installed apps, by name."""
    for config in apps.get_app_configs():
        module = f"{config.name}.sweeps"
        if find_spec(module) is not None:
            import_module(module)
    return dict(sorted(_registry.items()))


def run_sweep(name: str, *, now: datetime, limit: int = 500) -> int:
    """Run one batch of the sweep called ``name``.

    Raises:
        NotFound: no sweep has this name.
    """
    found = sweeps().get(name)
    if found is None:
        raise NotFound(
            f"no sweep is called {name!r}; there are: {', '.join(sweeps())}", name=name
        )
    return found.run(now=now, limit=limit)
