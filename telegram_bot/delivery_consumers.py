"""What do customers hear of deliveries, parcels and stocks? Writes rows of the outbox only."""

from collections.abc import Callable
from typing import Final

from django.utils import translation

from catalog.models import ProductTier
from customers.models import Customer
from delivery.models import Delivery, Parcel
from orders.models import OrderLine
from shopbot.kernel.models import Event
from telegram_bot import outbox
from telegram_bot.answers import Screen
from telegram_bot.presenters import deliveries
from telegram_bot.screen_json import screen_params


def tell_customer(event: Event) -> None:
    """Queue what the customer hears of an event, once per event."""
    customer = Customer.objects.filter(pk=event.customer_id or 0).first()
    if customer is None or customer.blocked_bot_at is not None:
        return
    with translation.override(customer.language):
        screen = _WRITERS[event.kind](event)
    if screen is not None:
        outbox.enqueue(
            dedupe_key=f"event:{event.pk}:customer",
            chat_id=customer.telegram_id,
            method="sendMessage",
            params=screen_params(screen),
            now=event.happened_at,
        )


def _late_code(event: Event) -> Screen | None:
    """Speak of a missing code once; what merely did not arrive is tried again in silence."""
    rows = Delivery.objects.filter(pk=_number(event), code__isnull=True, kind="code")
    row = rows.filter(attempts=1).first()
    return None if row is None else deliveries.code_is_late(_title(row.tier_id))


def _back(event: Event) -> Screen:
    tier_id = int(event.data["tier_id"])
    return deliveries.back_in_stock(_title(tier_id), tier_id)


def _shipped(event: Event) -> Screen:
    parcel = Parcel.objects.get(pk=_number(event))
    order = _line(parcel).order
    return deliveries.parcel_shipped(
        order.number, order.pk, parcel.carrier, parcel.tracking_number
    )


def _arrived(event: Event) -> Screen:
    return deliveries.parcel_delivered(
        _line(Parcel.objects.get(pk=_number(event))).order.number
    )


def _line(parcel: Parcel) -> OrderLine:
    number = int(parcel.source.rpartition(":")[2])
    return OrderLine.objects.select_related("order").get(pk=number)


def _title(tier_id: int) -> str:
    tier = ProductTier.objects.select_related("product").get(pk=tier_id)
    return f"{tier.product.name} · {tier.name}"


def _number(event: Event) -> int:
    return int(event.subject.rpartition(":")[2])


_WRITERS: Final[dict[str, Callable[[Event], Screen | None]]] = {
    "delivery.failed": _late_code,
    "stock.returned": _back,
    "parcel.shipped": _shipped,
    "parcel.delivered": _arrived,
}
