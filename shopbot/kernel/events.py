"""What happened, and who still has to hear of it?"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import sweep

logger = logging.getLogger(__name__)

Consumer = Callable[[Event], None]

#: A consumer that keeps failing is asked again after 2, 4, 8 … seconds, at most hourly.
LONGEST_RETRY = timedelta(hours=1)


def record(
    kind: str,
    *,
    subject: str,
    actor: str,
    at: datetime,
    customer_id: int | None = None,
    **data: Any,
) -> Event:
    """Append one event in the current transaction; ``data`` holds JSON values only."""
    return Event.objects.create(
        kind=kind,
        subject=subject,
        actor=actor,
        customer_id=customer_id,
        happened_at=at,
        data=data,
    )


@sweep("relay-events")
def relay(*, now: datetime, limit: int = 200) -> int:
    """Hand waiting events, oldest first, to their consumers; return how many were handed on.

    Consumers write database rows only. They run in the transaction that marks the event
    dispatched, so each takes effect exactly once, however often this runs and wherever it dies.
    One that fails delays its own event and no other.
    """
    handed = 0
    for event_id in list(_due(now).values_list("pk", flat=True)[:limit]):
        handed += _dispatch(event_id, now)
    return handed


def _due(now: datetime) -> QuerySet[Event]:
    waiting = Event.objects.filter(dispatched_at__isnull=True)
    return waiting.filter(Q(retry_at__isnull=True) | Q(retry_at__lte=now)).order_by("pk")


def _dispatch(event_id: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            queue = _due(now).filter(pk=event_id)
            if connection.features.has_select_for_update_skip_locked:
                queue = queue.select_for_update(skip_locked=True)
            event = queue.first()
            if event is None:  # another relay has it, or had it
                return False
            for consumer in _consumers(event.kind):
                consumer(event)
            Event.objects.filter(pk=event_id).update(dispatched_at=now, error="")
    except Exception as problem:  # process boundary: one bad consumer must not stop the queue
        logger.exception("event %s was not dispatched", event_id)
        _postpone(event_id, now, problem)
        return False
    return True


def _postpone(event_id: int, now: datetime, problem: Exception) -> None:
    attempts = Event.objects.values_list("attempts", flat=True).get(pk=event_id) + 1
    pause = min(timedelta(seconds=2 ** min(attempts, 12)), LONGEST_RETRY)
    Event.objects.filter(pk=event_id, dispatched_at__isnull=True).update(
        attempts=attempts,
        retry_at=now + pause,
        error=f"{type(problem).__name__}: {problem}"[:500],
    )


def _consumers(kind: str) -> list[Consumer]:
    named = settings.EVENT_CONSUMERS
    return [_load(path) for path in (*named.get(kind, ()), *named.get("*", ()))]


@lru_cache(maxsize=256)
def _load(path: str) -> Consumer:
    consumer: Consumer = import_string(path)
    return consumer
