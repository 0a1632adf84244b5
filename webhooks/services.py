"""What can be done with outgoing webhooks: queue, send, replay, test, switch on again."""

import json
import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import urllib3
from django.db import transaction
from django.db.models import F, Q, QuerySet

from shopbot.kernel.events import record
from shopbot.kernel.models import Event
from webhooks import targets
from webhooks.errors import BadTarget
from webhooks.messages import write_messages
from webhooks.models import Delivery, Endpoint
from webhooks.signing import signature

logger = logging.getLogger(__name__)

#: Pauses between tries; together a little over three days, then a message is given up.
PAUSES: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
#: An endpoint that has failed without a break for so long is switched off.
DISABLE_AFTER: Final = timedelta(days=3)
#: How long one worker may hold an endpoint without a word; longer than one message can take.
LEASE: Final = timedelta(seconds=60)
#: An endpoint that answers slowly leaves the rest of its queue to its next turn.
TURN: Final = timedelta(seconds=10)


def queue_event(event: Event) -> None:
    """Write one message for each endpoint that wants ``event``, also while it is off.

    A consumer of the event log: it runs in the relay's transaction, so each endpoint gets each
    event once.
    """
    endpoints = [each for each in Endpoint.objects.all() if each.wants(event.kind)]
    write_messages(event, endpoints, event.customer_id)


def send_due(*, now: datetime, limit: int) -> int:
    """Send what is due, oldest first per endpoint; return how many tries were made.

    One worker at a time per endpoint, and a message that fails holds back those behind it: the
    receiver sees them in order.
    """
    due = Delivery.objects.filter(
        status=Delivery.Status.WAITING, next_attempt_at__lte=now, endpoint__is_active=True
    )
    tried, clock = 0, _Clock(now)
    for endpoint_id in list(due.values_list("endpoint_id", flat=True).distinct().order_by()):
        tried += _send_leased(_Lease(endpoint_id, clock), now, limit)
    return tried


def send_to(*, endpoint_id: int, now: datetime, limit: int) -> int:
    """Send one endpoint's due messages in order; return how many tries were made."""
    return _send_leased(_Lease(endpoint_id, _Clock(now)), now, limit)


class _Clock:
    """Goes on from ``now``: a batch may take minutes, and leases are compared by the clock."""

    def __init__(self, now: datetime) -> None:
        self._now, self._started = now, time.monotonic()

    def now(self) -> datetime:
        return self._now + timedelta(seconds=time.monotonic() - self._started)


@dataclass
class _Lease:
    """The right to send to one endpoint; whoever is late finds it taken over."""

    endpoint_id: int
    clock: _Clock
    until: datetime | None = None

    def take(self) -> bool:
        """Take it if nobody has it."""
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=self.clock.now())
        return self._hold(Endpoint.objects.filter(free, is_active=True))

    def renew(self) -> bool:
        """Hold it for one message more; False when another worker has it."""
        return self._hold(Endpoint.objects.filter(leased_until=self.until))

    def give_back(self) -> None:
        """Free it, unless another worker has it."""
        mine = Endpoint.objects.filter(pk=self.endpoint_id, leased_until=self.until)
        mine.update(leased_until=None)

    def _hold(self, rows: QuerySet[Endpoint]) -> bool:
        until = self.clock.now() + LEASE
        if not rows.filter(pk=self.endpoint_id).update(leased_until=until):
            return False
        self.until = until
        return True


def _send_leased(lease: _Lease, now: datetime, limit: int) -> int:
    if not lease.take():
        return 0
    try:
        return _send_in_order(lease, now, limit)
    finally:
        lease.give_back()


def _send_in_order(lease: _Lease, now: datetime, limit: int) -> int:
    turn_ends_at = lease.clock.now() + TURN
    for tried in range(limit):
        if tried and lease.clock.now() >= turn_ends_at:
            return tried
        waiting = Delivery.objects.select_related("endpoint").filter(
            endpoint_id=lease.endpoint_id,
            status=Delivery.Status.WAITING,
            endpoint__is_active=True,
        )
        head = waiting.order_by("pk").first()
        if head is None or head.next_attempt_at > now or not lease.renew():
            return tried
        problem = _try(head, now)
        if problem:
            _failed(head, now, problem)
            return tried + 1
        _sent(head, now)
    return limit


def _try(delivery: Delivery, now: datetime) -> str:
    """Post one message; return what went wrong, or an empty string."""
    body = json.dumps(delivery.payload(), separators=(",", ":"), sort_keys=True).encode()
    try:
        target = targets.resolve(delivery.endpoint.url)
        status = targets.post(target, body=body, headers=_headers(delivery, body, now))
    except (BadTarget, urllib3.exceptions.HTTPError, OSError) as problem:
        delivery.response_status = None
        return f"{type(problem).__name__}: {problem}"[:500]
    delivery.response_status = status
    return "" if 200 <= status < 300 else f"answered {status}"


def _headers(delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
    endpoint, timestamp = delivery.endpoint, int(now.timestamp())
    secrets = [secret for secret in (endpoint.secret, endpoint.previous_secret) if secret]
    signatures = [
        signature(
            secret=secret, delivery_id=delivery.message_id, timestamp=timestamp, body=body
        )
        for secret in secrets
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": "shopbot-webhooks/1",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


@transaction.atomic
def _sent(delivery: Delivery, now: datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        status=Delivery.Status.SENT,
        sent_at=now,
        attempts=F("attempts") + 1,
        response_status=delivery.response_status,
        error="",
    )
    Endpoint.objects.filter(pk=delivery.endpoint_id).update(failing_since=None)


@transaction.atomic
def _failed(delivery: Delivery, now: datetime, problem: str) -> None:
    attempt = delivery.attempts
    given_up = attempt >= len(PAUSES)
    Delivery.objects.filter(pk=delivery.pk).update(
        status=Delivery.Status.DEAD if given_up else Delivery.Status.WAITING,
        attempts=F("attempts") + 1,
        next_attempt_at=now if given_up else now + PAUSES[attempt],
        response_status=delivery.response_status,
        error=problem,
    )
    endpoint = Endpoint.objects.select_for_update().get(pk=delivery.endpoint_id)
    if endpoint.failing_since is None:
        endpoint.failing_since = now
        endpoint.save(update_fields=["failing_since"])
    elif now - endpoint.failing_since >= DISABLE_AFTER:
        _disable(endpoint, now, problem)


def _disable(endpoint: Endpoint, now: datetime, problem: str) -> None:
    endpoint.is_active, endpoint.disabled_at = False, now
    endpoint.save(update_fields=["is_active", "disabled_at"])
    record(
        "webhook_endpoint.disabled",
        subject=f"webhook-endpoint:{endpoint.pk}",
        actor="beat",
        at=now,
        name=endpoint.name,
        problem=problem,
    )


@transaction.atomic
def replay(*, delivery_id: int, now: datetime) -> None:
    """Queue a message again, whatever became of it; the receiver knows it by its id."""
    Delivery.objects.filter(pk=delivery_id).update(
        status=Delivery.Status.WAITING, sent_at=None, attempts=0, next_attempt_at=now, error=""
    )


@transaction.atomic
def enable(*, endpoint_id: int, now: datetime) -> None:
    """Switch an endpoint on again; what waited for it is sent at once, in order."""
    waiting = Delivery.objects.filter(endpoint_id=endpoint_id, status=Delivery.Status.WAITING)
    waiting.update(next_attempt_at=now)
    Endpoint.objects.filter(pk=endpoint_id).update(
        is_active=True, disabled_at=None, failing_since=None
    )


@transaction.atomic
def queue_test(*, endpoint_id: int, actor: str, now: datetime) -> Delivery:
    """Queue a message of type ``webhook.test``, so that a receiver can be tried out."""
    last = Delivery.objects.filter(endpoint_id=endpoint_id, event_id__lte=0).order_by(
        "event_id"
    )
    number = last.values_list("event_id", flat=True).first() or 0
    return Delivery.objects.create(
        endpoint_id=endpoint_id,
        event_id=number - 1,  # no event of ours stands behind it
        kind="webhook.test",
        body={"type": "webhook.test", "timestamp": now.isoformat(), "data": {"sent_by": actor}},
        created_at=now,
        next_attempt_at=now,
    )
