"""An entitlement was switched off or changed: whose maps are wrong now, and who keeps them?

Such a change is one event without a customer, and concerns thousands. Their messages are
written by a sweep in small transactions, each of which moves a mark.
"""

from datetime import datetime
from typing import Final

from django.db import transaction

from entitlements.models import Grant
from shopbot.kernel.models import Event
from shopbot.kernel.queues import skipping_locked
from webhooks.messages import write_messages
from webhooks.models import Announcement, Endpoint

#: So many customers' numbers are held at once; the relay waits for them.
CUSTOMERS_AT_ONCE: Final = 50


def begin(event: Event) -> None:
    """Note a change that is to be told for each holder. A consumer; safe to repeat."""
    Announcement.objects.get_or_create(event=event, defaults={"type_id": event.data["type_id"]})


def announce(*, now: datetime, limit: int) -> int:
    """Write the messages of about ``limit`` holders; return of how many.

    Safe to repeat and to run twice at once. Endpoints that hear of grants hear of this too:
    they keep maps, and a switch ends access as a revoked grant does.
    """
    done = 0
    while done < limit:
        told = _announce_some(now)
        if not told:
            break
        done += told
    return done


@transaction.atomic
def _announce_some(now: datetime) -> int:
    queue = Announcement.objects.filter(finished_at__isnull=True).order_by("pk")
    current = skipping_locked(queue).select_related("event").first()
    if current is None:
        return 0
    event = current.event
    endpoints = [
        each
        for each in Endpoint.objects.all()
        if each.wants(event.kind) or each.wants("grant.granted")
    ]
    holders = _holders(current) if endpoints else []
    # In order of their numbers, as everybody who locks several of them.
    for customer_id in holders:
        write_messages(event, endpoints, customer_id)
    if len(holders) < CUSTOMERS_AT_ONCE:
        current.finished_at = now
    else:
        current.told_up_to = holders[-1]
    current.save(update_fields=["told_up_to", "finished_at"])
    return max(len(holders), 1)


def _holders(current: Announcement) -> list[int]:
    # Whoever it begins for later hears of it by an event of their own.
    rows = Grant.objects.filter(
        type_id=current.type_id,
        access_until__gt=current.event.happened_at,
        customer_id__gt=current.told_up_to,
    )
    ids = rows.order_by("customer_id").values_list("customer_id", flat=True).distinct()
    return list(ids[:CUSTOMERS_AT_ONCE])
