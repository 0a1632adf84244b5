"""What does staff see first: how is the shop doing, and does anything wait for a person?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from shopbot.kernel import clock


class Section(Enum):
    """Where a card stands."""

    TODAY = "Today"
    MONTH = "Last 30 days"
    NEXT = "Next steps"
    ATTENTION = "Needs attention"


@dataclass(frozen=True, slots=True)
class Card:
    """One number of the first page, with where it leads.

    A card of ``Section.ATTENTION`` is shown only while something waits, one of
    ``Section.NEXT`` only until it is done.
    """

    title: str
    value: str
    note: str = ""
    link: str = ""
    chart: SafeString = SafeString("")


class CardSource(Protocol):
    """Reads the numbers of some cards; ``now`` is aware."""

    def __call__(self, *, now: datetime) -> Iterable[Card]:
        """Yield the cards."""


class Permitted(Protocol):
    """Somebody who may see some things."""

    def has_perm(self, perm: str, /) -> bool:
        """Say whether they hold a permission."""


@dataclass(frozen=True, slots=True)
class _Entry:
    position: int
    section: Section
    permission: str
    source: CardSource


class Dashboard:
    """The cards of the first page; apps add theirs, each under what its source is called."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def card(
        self, section: Section, *, permission: str, position: int = 100
    ) -> Callable[[CardSource], CardSource]:
        """Show what the decorated function yields to staff who hold ``permission``.

        ``permission`` is Django's own name of one, like ``orders.view_order``. Lower positions
        come first.
        """

        def register(source: CardSource) -> CardSource:
            name = f"{source.__module__}.{getattr(source, '__qualname__', source)}"
            self._entries[name] = _Entry(position, section, permission, source)
            return source

        return register

    def read(self, section: Section, *, user: Permitted, now: datetime) -> list[Card]:
        """Read the cards of one section that this member of staff may see."""
        entries = sorted(self._entries.values(), key=lambda entry: entry.position)
        return [
            card
            for entry in entries
            if entry.section is section and user.has_perm(entry.permission)
            for card in entry.source(now=now)
        ]


_dashboard = Dashboard()
dashboard_card = _dashboard.card


def waiting_card(
    rows: QuerySet[Any], title: str, note: str, *, where: str = ""
) -> Iterator[Card]:
    """Count rows that wait for a person and lead to their list, ``where`` they are chosen.

    No card while there are none.
    """
    if count := rows.count():
        page = reverse(f"admin:{rows.model._meta.label_lower.replace('.', '_')}_changelist")
        yield Card(title, str(count), note, link=f"{page}?{where}" if where else page)


def day_start(now: datetime) -> datetime:
    """Return when the present day began where the staff are."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the cards to the first page of the admin."""
    now = clock.now()
    for section in Section:
        cards = _dashboard.read(section, user=request.user, now=now)
        context[f"{section.name.lower()}_cards"] = cards
    context["chat_url"] = settings.SIMULATOR_URL if settings.SIMULATOR_ENABLED else ""
    context["bot_id"] = settings.TELEGRAM_BOT_ID
    return context
