"""Which of this app's work comes due by itself?"""

from datetime import datetime

from entitlements.expiry import give_notices
from shopbot.kernel.sweeps import sweep


@sweep("entitlement-expiry")
def expire_entitlements(*, now: datetime, limit: int) -> int:
    """Remind of access that ends in 7, 3 and 1 days, and say when it and its grace ended."""
    return give_notices(now=now, limit=limit)
