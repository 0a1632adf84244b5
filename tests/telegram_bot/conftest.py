"""A shop with a customer in its chat."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.telegram_bot import recording
from tests.telegram_bot.chat import Customer
from tests.telegram_bot.recording import Telegram


@pytest.fixture(autouse=True)
def telegram(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Telegram:
    """The Telegram that every call of the test ends in."""
    settings.TELEGRAM_SESSION = "tests.telegram_bot.recording.RecordingSession"
    settings.DEMO_GATEWAY_ENABLED = True
    fresh = Telegram()
    monkeypatch.setattr(recording, "TELEGRAM", fresh)
    return fresh


@pytest.fixture
def make_customer(telegram: Telegram, now: datetime) -> Callable[..., Customer]:
    """Build people with a phone."""

    def make(**fields: object) -> Customer:
        return Customer(telegram=telegram, now=now, **fields)  # type: ignore[arg-type]

    return make


@pytest.fixture
def ann(make_customer: Callable[..., Customer]) -> Customer:
    """Buys; speaks English; lives in the United States."""
    return make_customer()
