"""What does staff see first: how is the shop doing, and does anything wait for a person?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from shopbot.kernel import clock


class Section(Enum):
    """Where a card stands."""

    TODAY = "Today"
    ATTENTION = "Needs attention"


@dataclass(frozen=True, slots=True)
class Card:
    """One number of the first page, with where it leads.

    A card of ``Section.ATTENTION`` is shown only while something waits.
    """

    title: str
    value: str
    note: str = ""
    link: str = ""


class CardSource(Protocol):
    """Reads the numbers of some cards; ``now`` is aware."""

    def __call__(self, *, now: datetime) -> Iterable[Card]:
        """Yield the cards."""


@dataclass(frozen=True, slots=True)
class _Entry:
    position: int
    section: Section
    permission: str
    source: CardSource


_entries: dict[str, _Entry] = {}


def dashboard_card(
    section: Section, *, permission: str, position: int = 100
) -> Callable[[CardSource], CardSource]:
    """Show what the decorated function yields to staff who hold ``permission``.

    ``permission`` is Django's own name of one, like ``orders.view_order``. Lower positions
    come first.
    """

    def register(source: CardSource) -> CardSource:
        name = f"{source.__module__}.{getattr(source, '__qualname__', source)}"
        _entries[name] = _Entry(position, section, permission, source)
        return source

    return register


def day_start(now: datetime) -> datetime:
    """Return when the present day began where the staff are."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the cards to the first page of the admin."""
    now = clock.now()
    shown: dict[Section, list[Card]] = {section: [] for section in Section}
    for entry in sorted(_entries.values(), key=lambda entry: entry.position):
        if request.user.has_perm(entry.permission):
            shown[entry.section].extend(entry.source(now=now))
    context["today_cards"] = shown[Section.TODAY]
    context["attention_cards"] = shown[Section.ATTENTION]
    context["chat_url"] = settings.SIMULATOR_URL if settings.SIMULATOR_ENABLED else ""
    context["bot_id"] = settings.TELEGRAM_BOT_ID
    return context
