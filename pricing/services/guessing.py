"""Whoever tries codes one after the other is stopped for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from pricing.errors import TooManyTries
from pricing.models import CodeTries

#: So many wrong codes in so long; typing errors need fewer, and guessing needs far more.
MOST_WRONG: Final = 10
WINDOW: Final = timedelta(hours=1)


def may_try_code(*, customer_id: int, now: datetime) -> None:
    """Refuse a customer who typed too many wrong codes lately; one query.

    Raises:
        TooManyTries: wait; ``until`` says how long.
    """
    row = CodeTries.objects.filter(
        customer=customer_id, since__gt=now - WINDOW, wrong__gte=MOST_WRONG
    ).first()
    if row is not None:
        until = row.since + WINDOW
        raise TooManyTries(f"no codes until {until:%H:%M}", until=until.isoformat())


@transaction.atomic
def note_wrong_code(*, customer_id: int, now: datetime) -> None:
    """Count a code that does not exist; an hour after the first, counting begins anew."""
    CodeTries.objects.bulk_create(
        [CodeTries(customer_id=customer_id, since=now)], ignore_conflicts=True
    )
    mine = CodeTries.objects.filter(customer=customer_id)
    mine.filter(since__lte=now - WINDOW).update(since=now, wrong=0)
    mine.update(wrong=F("wrong") + 1)
