"""What does a message say, and which of two about one customer is the newer one?"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, Max

from customers.models import Customer
from orders.entitlement_map import entitlement_map
from shopbot.kernel.models import Event
from webhooks.models import CustomerSequence, Delivery, Endpoint


def write_messages(
    event: Event, endpoints: Iterable[Endpoint], customer_id: int | None
) -> None:
    """Write each endpoint's message that ``event`` happened, about one customer or nobody.

    Safe to repeat: an endpoint gets an event once per customer. The number in ``sequence`` and
    the entitlement map are taken under one lock: of two messages about a customer, the one with
    the higher number has the newer map.
    """
    told = list(endpoints)
    if not told:
        return
    body = _body(event, customer_id)
    Delivery.objects.bulk_create(
        (
            Delivery(
                endpoint=endpoint,
                event_id=event.pk,
                kind=event.kind,
                customer_id=customer_id,
                body=body,
                created_at=event.happened_at,
                next_attempt_at=event.happened_at,
            )
            for endpoint in told
        ),
        ignore_conflicts=True,
    )


def _body(event: Event, customer_id: int | None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": event.kind,
        "timestamp": event.happened_at.isoformat(),
        "data": {"subject": event.subject, **event.data},
    }
    if customer_id is not None:
        body["sequence"] = _next_number(customer_id)
        body["customer"] = _customer(customer_id, not_before=event.happened_at)
    return body


def _next_number(customer_id: int) -> int:
    CustomerSequence.objects.get_or_create(pk=customer_id)
    # The UPDATE locks the row until the relay commits: numbers and maps keep one order.
    CustomerSequence.objects.filter(pk=customer_id).update(number=F("number") + 1)
    return CustomerSequence.objects.values_list("number", flat=True).get(pk=customer_id)


def _customer(customer_id: int, *, not_before: datetime) -> dict[str, Any]:
    # As of the latest event, not of the one told: an earlier one may be relayed later, and a
    # map of its moment under a higher number would take back what began since.
    last = Event.objects.filter(customer_id=customer_id).aggregate(at=Max("happened_at"))["at"]
    at = not_before if last is None else max(last, not_before)
    telegram_id = Customer.objects.values_list("telegram_id", flat=True).get(pk=customer_id)
    return {"telegram_id": telegram_id, **entitlement_map(customer_id=customer_id, at=at)}
