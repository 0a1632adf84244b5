"""The shop's clock is real time, and in a trial follows the simulator's."""

from datetime import UTC, datetime, timedelta

import pytest

from shopbot.kernel import clock
from telegram_bot.simulator.testing import running_simulator

MOMENT = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def still(time_machine):
    """Stop real time."""
    time_machine.move_to(MOMENT, tick=False)


def test_without_a_simulator_it_is_real_time(settings, still):
    settings.CLOCK_FILE = None

    assert clock.now() == MOMENT


@pytest.mark.parametrize("content", [None, "", "soon", "\x00"])
def test_a_missing_or_spoiled_file_changes_nothing(settings, tmp_path, still, content):
    settings.CLOCK_FILE = tmp_path / "clock"
    if content is not None:
        settings.CLOCK_FILE.write_text(content)

    assert clock.now() == MOMENT


def test_a_month_that_passes_in_the_simulator_passes_here(settings, tmp_path):
    settings.CLOCK_FILE = tmp_path / "clock"
    with running_simulator(clock_file=settings.CLOCK_FILE) as simulator:
        before = clock.now()
        simulator.advance(days=30)

        assert timedelta(days=30) <= clock.now() - before < timedelta(days=30, minutes=1)
        simulator.reset()
        assert clock.now() - before < timedelta(minutes=1)
