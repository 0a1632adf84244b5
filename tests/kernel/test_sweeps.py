"""Sweeps are found by name."""

import pytest

from shopbot.kernel.errors import NotFound
from shopbot.kernel.sweeps import run_sweep, sweeps


def test_every_sweep_says_what_it_does():
    assert "relay-events" in sweeps()
    assert all(sweep.summary.endswith(".") for sweep in sweeps().values())


def test_an_unknown_name_is_refused_with_the_list_of_known_ones(now):
    with pytest.raises(NotFound, match="relay-events"):
        run_sweep("relay-event", now=now)
