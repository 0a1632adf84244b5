"""Which outgoing messages are due?"""

from datetime import datetime, timedelta

from shopbot.kernel.sweeps import sweep
from webhooks.models import Delivery
from webhooks.services import send_due

#: How long a message that was sent or given up stays visible.
KEEP = timedelta(days=30)


@sweep("send-webhooks")
def send_webhooks(*, now: datetime, limit: int) -> int:
    """Send what other systems are owed, in order, signed, with retries over three days."""
    return send_due(now=now, limit=limit)


@sweep("prune-webhooks")
def prune_webhooks(*, now: datetime, limit: int) -> int:
    """Forget messages that were sent or given up more than 30 days ago."""
    old = Delivery.objects.exclude(status=Delivery.Status.WAITING).filter(
        created_at__lt=now - KEEP
    )
    deleted, _ = Delivery.objects.filter(pk__in=old.values("pk")[:limit]).delete()
    return deleted
