"""What is an unfinished purchase still worth?"""

from __future__ import annotations

from datetime import datetime, timedelta

from shopbot.kernel.money import Money, half_up


def unused_credit(
    paid: Money, *, starts_at: datetime, ends_at: datetime, at: datetime
) -> Money:
    """Return the share of ``paid`` that belongs to the time not used yet, to the second.

    Rounded half up to the minor unit. Everything before the start, nothing from the end on.

    Raises:
        ValueError: the purchase ends before it starts.
    """
    if ends_at <= starts_at:
        raise ValueError("a purchase ends after it starts")
    second = timedelta(seconds=1)
    whole = (ends_at - starts_at) // second
    left = (ends_at - max(min(at, ends_at), starts_at)) // second
    return Money(half_up(paid.minor * left, max(whole, 1)), paid.currency)
