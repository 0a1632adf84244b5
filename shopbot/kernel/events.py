"""What happened, and who still has to hear of it?"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from shopbot.kernel.models import Event
from shopbot.kernel.queues import skipping_locked
from shopbot.kernel.statements import fetch_all, insert
from shopbot.kernel.sweeps import sweep

logger = logging.getLogger(__name__)

Consumer = Callable[[Event], None]

#: A consumer that keeps failing is asked again after 2, 4, 8 … seconds, at most hourly.
LONGEST_RETRY = timedelta(hours=1)

#: Longer statements save nothing further and cost memory.
EVENTS_AT_ONCE = 1000

#: One JSON value costs the process a tenth of what thousands of parameters do.
_RECORD_ALL = """
    WITH written AS (
        INSERT INTO kernel_event
            (kind, subject, customer_id, actor, data, happened_at, attempts, error)
        SELECT kind, subject, customer_id, actor, data, happened_at, 0, ''
        FROM json_to_recordset(%s::json) AS draft(
            kind text, subject text, customer_id bigint, actor text, data jsonb,
            happened_at timestamptz)
        RETURNING 1
    )
    SELECT count(*) FROM written
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is not written yet."""

    kind: str
    subject: str
    actor: str
    customer_id: int | None
    happened_at: datetime
    data: Mapping[str, Any]


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
    event = Event(
        kind=kind,
        subject=subject,
        actor=actor,
        customer_id=customer_id,
        happened_at=at,
        data=data,
    )
    return insert(event)


def record_all(events: Iterable[Draft]) -> None:
    """Append drafted events in the current transaction, many in one statement."""
    if connection.vendor != "postgresql":
        rows = [Event(**asdict(each)) for each in events]
        Event.objects.bulk_create(rows, batch_size=EVENTS_AT_ONCE)
        return
    waiting = iter(events)
    while batch := list(islice(waiting, EVENTS_AT_ONCE)):
        fetch_all(_RECORD_ALL, (orjson.dumps(batch).decode(),))


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
            event = skipping_locked(_due(now).filter(pk=event_id)).first()
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
