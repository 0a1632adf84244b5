"""What time is it in the fake, and how does a test move it?"""

import calendar
import time
from collections.abc import Callable
from datetime import UTC, datetime

DAY = 86_400


class Clock:
    """Real seconds plus an offset that only ever grows."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self.offset = 0

    def now(self) -> int:
        """Return Unix seconds."""
        return int(self._source()) + self.offset

    def advance(self, seconds: int) -> None:
        """Move forward; time never goes back at Stripe.

        Raises:
            ValueError: ``seconds`` is negative.
        """
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        self.offset += seconds


def add_periods(anchor: int, interval: str, count: int) -> int:
    """Return the moment ``count`` intervals (day, week, month, year) after ``anchor``."""
    if interval in {"day", "week"}:
        return anchor + count * DAY * (7 if interval == "week" else 1)
    start = datetime.fromtimestamp(anchor, tz=UTC)
    months = count * (12 if interval == "year" else 1)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())
