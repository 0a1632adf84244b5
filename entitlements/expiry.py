"""What is due to be said about time that runs out? Nothing here ends any access.

Access ends by itself, at its second, whether or not this ever runs: a late worker gives nobody
free time and takes nothing from anybody. What is recorded are the events that others act on:
``grant.expiring``, ``grant.expired`` and ``grant.grace_ended``; and ``grant.carried_on`` where
another grant takes over, which is news to programs and not to people.
"""

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F

from catalog.levels import RANK
from entitlements.ledger import draft_grant
from entitlements.models import FOREVER, EntitlementType, Grant, NoticeFailure, Reminder
from entitlements.notices import DueGrant, Notice, next_notice_at, worth_giving
from shopbot.kernel.events import Draft, record_all
from shopbot.kernel.queues import skipping_locked
from shopbot.kernel.statements import fetch_all

logger = logging.getLogger(__name__)

ACTOR = "beat"
CARRIED_ON = "grant.carried_on"
#: A notice that keeps failing is tried again after 2, 4, 8 … minutes, at most daily.
LONGEST_PAUSE = timedelta(days=1)


class _Beside(NamedTuple):
    """A live grant that might carry on what another one gave."""

    pk: int
    level: str
    starts_at: datetime
    ends_at: datetime | None

    def is_running(self, at: datetime) -> bool:
        """It has begun and has not ended; grace does not count."""
        return self.starts_at <= at and (self.ends_at is None or self.ends_at > at)


_EVENTS: Mapping[Reminder.Kind, str] = {
    Reminder.Kind.DAYS_7: "grant.expiring",
    Reminder.Kind.DAYS_3: "grant.expiring",
    Reminder.Kind.DAYS_1: "grant.expiring",
    Reminder.Kind.EXPIRED: "grant.expired",
    Reminder.Kind.GRACE_ENDED: "grant.grace_ended",
}


@transaction.atomic
def give_notices(*, now: datetime, limit: int) -> int:
    """Record what is due about at most ``limit`` grants; return how many were looked at.

    Of several notices that are due, only the latest still makes sense and is given; nobody is
    reminded where another grant carries the access on. Each is given once, by a unique key. Two
    workers skip each other's rows. If one of the batch fails, each is given by itself, the one
    that fails is noted with its error and tried again later; the others are not held up.
    """
    grants = _due(now, limit)
    try:
        with transaction.atomic():
            _give(grants, now=now)
    except Exception:  # process boundary: one grant must not hold up the others
        logger.exception("a batch of notices failed; giving them one by one")
        for grant in grants:
            _give_alone(grant, now=now)
    return len(grants)


def _due(now: datetime, limit: int) -> list[DueGrant]:
    queue = skipping_locked(Grant.objects.filter(next_notice_at__lte=now))
    rows = queue.order_by("next_notice_at", "pk").values_list(*DueGrant._fields)
    return list(map(DueGrant._make, rows[:limit]))


def _give_alone(grant: DueGrant, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            _give([grant], now=now)
    except Exception as problem:  # process boundary: see above
        logger.exception("the notice about grant %s failed", grant.pk)
        _postpone(grant, problem, now=now)


def _give(grants: Sequence[DueGrant], *, now: datetime) -> None:
    pks = [grant.pk for grant in grants]
    given = set(Reminder.objects.filter(grant_id__one_of=pks).values_list("grant_id", "kind"))
    beside = _rows_beside(grants)
    codes = dict(EntitlementType.objects.values_list("pk", "code"))
    marks, events = [], []
    for grant in grants:
        notice = worth_giving(grant, now=now)
        if notice is None or (grant.pk, notice.kind) in given:
            continue
        others = beside.get((grant.customer_id, grant.type_id), ())
        event = _event(grant, codes[grant.type_id], notice, others, now=now)
        if event is not None:
            events.append(event)
            marks.append((grant.pk, notice.kind.value))
    record_all(events)
    _mark(marks, now=now)
    _write_next(grants, now=now)
    NoticeFailure.objects.filter(grant_id__one_of=pks).delete()


def _mark(marks: Sequence[tuple[int, str]], *, now: datetime) -> None:
    """Write that these notices were given, each at most once by its unique key."""
    if connection.vendor != "postgresql":
        rows = [Reminder(grant_id=pk, kind=kind, recorded_at=now) for pk, kind in marks]
        Reminder.objects.bulk_create(rows)
        return
    fetch_all(_MARK, (now, [pk for pk, _ in marks], [kind for _, kind in marks]))


#: A model for each mark cost a fifth of the sweep.
_MARK = """
    WITH written AS (
        INSERT INTO entitlements_reminder (grant_id, kind, recorded_at)
        SELECT given.grant_id, given.kind, %s::timestamptz
        FROM unnest(%s::bigint[], %s::text[]) AS given(grant_id, kind)
        RETURNING 1
    )
    SELECT count(*) FROM written
"""


def _write_next(grants: Sequence[DueGrant], *, now: datetime) -> None:
    """Write when each is due again: one statement for all that are as far from their end."""
    sets: dict[timedelta | None, list[int]] = {}
    for grant in grants:
        due_at = next_notice_at(grant, after=now)
        after_end = None if due_at is None or grant.ends_at is None else due_at - grant.ends_at
        sets.setdefault(after_end, []).append(grant.pk)
    for after_end, pks in sets.items():
        moment = None if after_end is None else F("ends_at") + after_end
        Grant.objects.filter(pk__one_of=pks).update(next_notice_at=moment)


def _rows_beside(grants: Sequence[DueGrant]) -> dict[tuple[int, int], list[_Beside]]:
    """Return the live grants that might carry on what these give, by customer and type."""
    ends = [grant.ends_at for grant in grants if grant.ends_at is not None]
    rows = Grant.objects.live().filter(
        customer_id__one_of={grant.customer_id for grant in grants},
        type_id__in={grant.type_id for grant in grants},
        access_until__gt=min(ends, default=FOREVER),
    )
    found: dict[tuple[int, int], list[_Beside]] = {}
    for customer_id, type_id, *row in rows.values_list(
        "customer_id", "type_id", *_Beside._fields
    ):
        found.setdefault((customer_id, type_id), []).append(_Beside._make(row))
    return found


def _event(
    grant: DueGrant, code: str, notice: Notice, others: Iterable[_Beside], *, now: datetime
) -> Draft | None:
    """Return the event of a notice; None where another grant makes a reminder pointless."""
    moment = grant.ends_at or FOREVER
    if notice.kind == Reminder.Kind.GRACE_ENDED:
        moment = notice.due_at
    running = [other for other in others if other.pk != grant.pk and other.is_running(moment)]
    then = max(running, key=lambda other: RANK[other.level], default=None)
    kind = _EVENTS[notice.kind]
    if then is not None and RANK[then.level] >= RANK[grant.level]:
        if notice.kind != Reminder.Kind.EXPIRED:
            return None
        kind = CARRIED_ON
    return draft_grant(
        kind,
        grant,
        code=code,
        actor=ACTOR,
        at=now,
        notice=notice.kind.value,
        days=max(math.ceil((moment - now) / timedelta(days=1)), 0),
        grace_until=grant.access_until.isoformat() if grant.grace_days else None,
        then_level=None if then is None else then.level,
    )


def _postpone(grant: DueGrant, problem: Exception, *, now: datetime) -> None:
    failure, _ = NoticeFailure.objects.get_or_create(
        grant_id=grant.pk, defaults={"failed_at": now}
    )
    failure.attempts += 1
    failure.failed_at, failure.error = now, f"{type(problem).__name__}: {problem}"[:500]
    failure.save(update_fields=["attempts", "failed_at", "error"])
    pause = min(timedelta(minutes=2 ** min(failure.attempts, 12)), LONGEST_PAUSE)
    Grant.objects.filter(pk=grant.pk).update(next_notice_at=now + pause)
