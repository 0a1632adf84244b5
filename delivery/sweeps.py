"""The work of delivery that comes due by itself."""

from datetime import datetime

from delivery.services import watch_stock
from shopbot.kernel.sweeps import sweep


@sweep("watch-stock")
def watch(*, now: datetime, limit: int) -> int:
    """Tell staff of stock that runs low, and customers of what is back."""
    return watch_stock(now=now, limit=limit)
