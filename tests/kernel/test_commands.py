"""What a person types as a moment."""

from datetime import UTC, datetime

import pytest

from shopbot.kernel.commands import parse_moment
from shopbot.kernel.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-24", datetime(2026, 12, 24, tzinfo=UTC)),
        ("2026-12-24T18:00", datetime(2026, 12, 24, 18, tzinfo=UTC)),
        ("2026-12-24T18:00+02:00", datetime(2026, 12, 24, 16, tzinfo=UTC)),
    ],
)
def test_is_read_in_utc(text, moment):
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01", "9999-12-31T23:59-12:00", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_moment_of_the_calendar_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_moment(text)
