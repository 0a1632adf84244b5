"""What do staff hear in their chat, beside gated chats? Writes rows of the outbox only."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.urls import reverse

from catalog.models import ProductTier
from shopbot.kernel.models import Event
from shopbot.subjects import page_of_subject
from telegram_bot import outbox
from telegram_bot.presenters import staff


def tell_staff(event: Event) -> None:
    """Queue what staff read of an event, once, where the shop has a chat of theirs."""
    if not settings.STAFF_CHAT_ID:
        return
    outbox.enqueue(
        dedupe_key=f"event:{event.pk}:staff",
        chat_id=settings.STAFF_CHAT_ID,
        method="sendMessage",
        params={"text": _WRITERS[event.kind](event)},
        now=event.happened_at,
    )


def _stock_is_low(event: Event) -> str:
    tier = ProductTier.objects.select_related("product").get(pk=int(event.data["tier_id"]))
    name = f"{tier.product.name} · {tier.name}"
    return staff.stock_is_low(name, int(event.data["left"]), _page(event))


def _delivery_has_failed(event: Event) -> str:
    return staff.delivery_has_failed(_number(event), str(event.data["error"]), _page(event))


def _endpoint_is_off(event: Event) -> str:
    name, problem = str(event.data["name"]), str(event.data["problem"])
    return staff.endpoint_is_off(name, problem, _page(event))


def _rates_have_jumped(event: Event) -> str:
    return staff.rates_have_jumped(
        ", ".join(event.data["currencies"]), f"{_rates()}?status__exact=held"
    )


def _rates_are_late(event: Event) -> str:
    return staff.rates_are_late(int(event.data["days"]), _rates())


def _rates() -> str:
    return f"{_shop()}{reverse('admin:pricing_fxrate_changelist')}"


def _page(event: Event) -> str:
    return f"{_shop()}{page_of_subject(event.subject)}"


def _shop() -> str:
    return settings.PUBLIC_URL.rstrip("/")


def _number(event: Event) -> int:
    return int(event.subject.rpartition(":")[2])


_WRITERS: Final[dict[str, Callable[[Event], str]]] = {
    "delivery.failed": _delivery_has_failed,
    "fx.held": _rates_have_jumped,
    "fx.late": _rates_are_late,
    "stock.low": _stock_is_low,
    "webhook_endpoint.disabled": _endpoint_is_off,
}
