"""Calendar months count from the anchor."""

from datetime import UTC, datetime

import pytest

from shopbot.kernel.months import add_months


@pytest.mark.parametrize(
    ("months", "day"),
    [
        (0, "2027-01-31"),
        (1, "2027-02-28"),
        (2, "2027-03-31"),
        (13, "2028-02-29"),
        (-2, "2026-11-30"),
    ],
)
def test_a_day_the_month_lacks_becomes_its_last_day_and_comes_back(months, day):
    anchor = datetime(2027, 1, 31, 23, 59, 58, tzinfo=UTC)

    moved = add_months(anchor, months)

    assert moved.date().isoformat() == day
    assert moved.timetz() == anchor.timetz()
