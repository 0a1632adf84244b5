"""Which answers of the API may be forgotten?"""

from datetime import datetime, timedelta

from api.models import StoredAnswer
from shopbot.kernel.sweeps import sweep

#: How long a repeated call is recognized.
KEEP = timedelta(days=1)


@sweep("prune-api-answers")
def prune_api_answers(*, now: datetime, limit: int) -> int:
    """Forget the answers to idempotency keys that are older than a day."""
    old = StoredAnswer.objects.filter(created_at__lt=now - KEEP).order_by("pk")
    deleted, _ = StoredAnswer.objects.filter(
        pk__in=list(old.values_list("pk", flat=True)[:limit])
    ).delete()
    return deleted
