"""Which notices does a grant give, and when? Pure: a schedule, not its delivery."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from entitlements.models.grants import Grant, Reminder

_DAYS_BEFORE = (
    (Reminder.Kind.DAYS_7, timedelta(days=7)),
    (Reminder.Kind.DAYS_3, timedelta(days=3)),
    (Reminder.Kind.DAYS_1, timedelta(days=1)),
)


class DueGrant(NamedTuple):
    """What a notice needs of its grant, read without making a model of each row."""

    pk: int
    customer_id: int
    type_id: int
    level: str
    source: str
    starts_at: datetime
    ends_at: datetime | None
    grace_days: int
    access_until: datetime
    follows_id: int | None


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice and the moment from which it is due."""

    kind: Reminder.Kind
    due_at: datetime


def notices_of(grant: Grant | DueGrant) -> Iterator[Notice]:
    """Yield every notice that a grant would give over its life, the earliest first.

    A reminder that would fall on the start or before says nothing that the receipt did not. Who
    holds a seat cannot renew it and is reminded of nothing.
    """
    if grant.ends_at is None:
        return
    if grant.follows_id is None:
        for kind, before in _DAYS_BEFORE:
            due_at = grant.ends_at - before
            if due_at > grant.starts_at:
                yield Notice(kind, due_at)
    yield Notice(Reminder.Kind.EXPIRED, grant.ends_at)
    if grant.grace_days:
        grace_until = grant.ends_at + timedelta(days=grant.grace_days)
        yield Notice(Reminder.Kind.GRACE_ENDED, grace_until)


def next_notice_at(grant: Grant | DueGrant, *, after: datetime) -> datetime | None:
    """Return when the first notice after a moment falls due; None when none is left."""
    return next((each.due_at for each in notices_of(grant) if each.due_at > after), None)


def worth_giving(grant: Grant | DueGrant, *, now: datetime) -> Notice | None:
    """Return the latest notice that is due: whatever came before it no longer makes sense."""
    due = [notice for notice in notices_of(grant) if notice.due_at <= now]
    return due[-1] if due else None
