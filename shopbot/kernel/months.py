"""Which moment is N calendar months after another?"""

import calendar
from datetime import datetime


def add_months(anchor: datetime, months: int) -> datetime:
    """Return the moment ``months`` calendar months after ``anchor`` (negative counts back).

    A day that the month does not have becomes its last day. Count from the first anchor, not
    from the previous end: 31 January + 1 is the last of February, + 2 is 31 March again.

    >>> from datetime import UTC
    >>> add_months(datetime(2027, 1, 31, tzinfo=UTC), 1).date().isoformat()
    '2027-02-28'
    >>> add_months(datetime(2027, 1, 31, tzinfo=UTC), 2).date().isoformat()
    '2027-03-31'
    """
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(index, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return anchor.replace(year=year, month=month + 1, day=min(anchor.day, last_day))
