"""What time is it? Edges ask here; services take ``now`` as an argument."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """Return the present moment, aware, in UTC.

    Where ``CLOCK_FILE`` is set, the simulator keeps in it by how many seconds its clock is
    ahead, and the shop follows: a month that passes there passes here.
    """
    moment = datetime.now(UTC)
    return moment + _ahead(settings.CLOCK_FILE) if settings.CLOCK_FILE else moment


def _ahead(file: Path) -> timedelta:
    with suppress(OSError, ValueError):
        return timedelta(seconds=float(file.read_text()))
    return timedelta()


def staff_time(at: datetime) -> str:
    """Write a moment for staff, in their time zone, as the admin's forms read it."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
