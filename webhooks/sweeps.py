"""Which outgoing messages are due?"""

from datetime import datetime, timedelta

from django.db.models import Q

from shopbot.kernel.sweeps import sweep
from webhooks.announcing import announce
from webhooks.models import Delivery
from webhooks.services import send_due

#: How long a message stays that was sent or given up, or whose endpoint is off.
KEEP = timedelta(days=30)


@sweep("send-webhooks")
def send_webhooks(*, now: datetime, limit: int) -> int:
    """Send what other systems are owed, in order, signed, with retries over three days."""
    return send_due(now=now, limit=limit)


@sweep("announce-changes")
def announce_changes(*, now: datetime, limit: int) -> int:
    """Tell other systems, for each holder, that an entitlement was switched or changed."""
    return announce(now=now, limit=limit)


@sweep("prune-webhooks")
def prune_webhooks(*, now: datetime, limit: int) -> int:
    """Forget messages older than 30 days that were sent, given up, or wait for what is off."""
    is_owed = Q(status=Delivery.Status.WAITING, endpoint__is_active=True)
    old = Delivery.objects.exclude(is_owed).filter(created_at__lt=now - KEEP)
    deleted, _ = Delivery.objects.filter(pk__in=old.values("pk")[:limit]).delete()
    return deleted
