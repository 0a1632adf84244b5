"""A simulator with nobody in it, and a toy bot that listens to it."""

from collections.abc import Iterator

import pytest

from telegram_bot.simulator.client import Person, Simulator
from telegram_bot.simulator.testing import running_simulator
from telegram_bot.simulator.validation import check_object
from tests.telegram_bot.simulator.toy_bot import ToyBot, toy_bot


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture
def bot(sim: Simulator) -> Iterator[ToyBot]:
    """A bot that also holds every update to the Bot API's description."""
    with toy_bot(sim) as listening:
        yield listening
        for update in listening.updates:
            check_object("Update", update)


@pytest.fixture
def anna(sim: Simulator) -> Person:
    """Somebody who has started the bot, when a bot is there to be started."""
    return sim.user("Anna")
