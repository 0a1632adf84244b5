"""Which messages do deliveries, parcels and stocks bring? Writes rows of the outbox only."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from catalog.models import ProductTier
from customers.models import Customer
from delivery.models import Delivery, Parcel
from orders.models import OrderLine
from shopbot.kernel.models import Event
from telegram_bot import outbox
from telegram_bot.answers import Params, Screen
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
        _queue(event, "customer", customer.telegram_id, screen_params(screen))


def tell_staff(event: Event) -> None:
    """Queue what staff read in their chat, where the shop has one."""
    if not settings.STAFF_CHAT_ID:
        return
    number = _number(event)
    if event.kind == "stock.low":
        page = reverse("admin:delivery_codestock_change", args=[number])
        text = deliveries.stock_is_low(
            _title(int(event.data["tier_id"])), int(event.data["left"]), _url(page)
        )
    else:
        page = reverse("admin:delivery_delivery_change", args=[number])
        text = deliveries.delivery_has_failed(number, str(event.data["error"]), _url(page))
    _queue(event, "staff", settings.STAFF_CHAT_ID, {"text": text})


def _queue(event: Event, whom: str, chat_id: int, params: Params) -> None:
    outbox.enqueue(
        dedupe_key=f"event:{event.pk}:{whom}",
        chat_id=chat_id,
        method="sendMessage",
        params=params,
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


def _url(path: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


_WRITERS: Final[dict[str, Callable[[Event], Screen | None]]] = {
    "delivery.failed": _late_code,
    "stock.returned": _back,
    "parcel.shipped": _shipped,
    "parcel.delivered": _arrived,
}
