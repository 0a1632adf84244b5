"""What is wrong with this installation, and what should its operator do about it?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core import checks
from django.db import DatabaseError
from django.utils.module_loading import autodiscover_modules

from shopbot import health
from shopbot.health import Finding
from shopbot.kernel import clock
from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import sweeps
from shopbot.settings.tasks import SWEEPS

Examination = Callable[[], Iterable[Finding]]

#: Waiting longer than this, an event says that no worker is there to hand it on.
LATE_AFTER: Final = timedelta(minutes=2)

_of_apps: list[Examination] = []


def examination(look: Examination) -> Examination:
    """Have the doctor ask this function too; it stands in an app's ``doctor.py``."""
    _of_apps.append(look)
    return look


def examine() -> Iterator[Finding]:
    """Yield what every examination finds, well or not."""
    autodiscover_modules("doctor")
    for look in (
        _settings,
        health.findings,
        _staff,
        _schedule,
        _worker,
        *_of_apps,
    ):
        yield from _asked(look)


def told(finding: Finding) -> str:
    """Write a finding for a person: what is wrong, and what to do about it."""
    if finding.is_well:
        return f"ok       {finding.check}"
    remedy = f"\n         → {finding.remedy}" if finding.remedy else ""
    return f"problem  {finding.check}: {finding.fault}{remedy}"


def as_json(found: Sequence[Finding]) -> str:
    """Write findings for a program."""
    is_well = all(finding.is_well for finding in found)
    body = {"ok": is_well, "findings": [asdict(finding) for finding in found]}
    return json.dumps(body, indent=2)


def _asked(look: Examination) -> Iterator[Finding]:
    try:
        yield from look()
    except DatabaseError:
        # Named by the database's own finding; the rest must be examined all the same.
        name = look.__name__.strip("_")
        yield Finding(name, "cannot be examined without the database", "Mend the database.")


def _settings() -> Iterator[Finding]:
    found = checks.run_checks(include_deployment_checks=not settings.DEBUG)
    serious = [message for message in found if message.level >= checks.WARNING]
    for message in serious:
        yield Finding("settings", f"{message.id}: {message.msg}", message.hint or "")
    if not serious:
        yield Finding("settings")


def _staff() -> Iterator[Finding]:
    if User.objects.filter(is_superuser=True, is_active=True).exists():
        yield Finding("staff")
        return
    yield Finding("staff", "nobody may enter the admin", "Run `manage.py createsuperuser`.")


def _schedule() -> Iterator[Finding]:
    known = set(sweeps())
    for name in sorted(known.symmetric_difference(SWEEPS)):
        fault = f"no sweep is called {name}" if name in SWEEPS else f"beat never starts {name}"
        yield Finding("schedule", fault, "Correct SWEEPS in shopbot/settings/tasks.py.")
    if known == set(SWEEPS):
        yield Finding("schedule")


def _worker() -> Iterator[Finding]:
    late = Event.objects.filter(
        dispatched_at__isnull=True, happened_at__lt=clock.now() - LATE_AFTER
    ).count()
    if not late:
        yield Finding("worker")
        return
    yield Finding(
        "worker",
        f"{late} events have waited for more than {LATE_AFTER}",
        "See that Celery's worker and beat run; the events' rows in the admin say what failed.",
    )
