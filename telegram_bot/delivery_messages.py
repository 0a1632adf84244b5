"""How do codes, files and texts reach the chat? Queued by number, read only when sent.

The outbox thus never holds a code, what was refunded meanwhile is not sent, and a file that
Telegram has already goes by its id.
"""

from typing import Any, Final

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import translation

from customers.models import Customer
from delivery.models import Delivery
from delivery.selectors import Thing, owned_deliveries, thing_to_send
from delivery.services import report_failed
from delivery.services.files import remember_file
from orders.errors import UnknownOrder
from orders.models import Order
from shopbot.kernel.models import Event
from telegram_bot import outbox
from telegram_bot.api_answers import TelegramRefused
from telegram_bot.delivery_reports import DELIVERY
from telegram_bot.outbox import Sender
from telegram_bot.presenters import deliveries
from telegram_bot.sync_api import SyncApi
from telegram_bot.visit import Visit

_BLOCKED: Final = "The customer has blocked the bot."


def queue_delivery(event: Event) -> None:
    """Queue what an event says is ready; once per attempt."""
    delivery_id = int(event.subject.rpartition(":")[2])
    customer = Customer.objects.get(pk=event.customer_id or 0)
    if customer.blocked_bot_at is not None:
        report_failed(delivery_id=delivery_id, error=_BLOCKED, now=event.happened_at)
        return
    outbox.enqueue(
        dedupe_key=f"delivery:{delivery_id}:{event.data['attempt']}",
        chat_id=customer.telegram_id,
        method="sendMessage",
        params={DELIVERY: delivery_id},
        now=event.happened_at,
    )


def send_order_again(*, visit: Visit, order_id: int) -> int:
    """Queue everything that the customer's order brought; return how many things it is.

    Safe to repeat: a press that Telegram delivers twice sends once.

    Raises:
        UnknownOrder: no such order, or somebody else's.
    """
    rows = Order.objects.filter(pk=order_id, customer_id=visit.customer_id)
    order = rows.prefetch_related("lines").first()
    if order is None:
        raise UnknownOrder(f"customer {visit.customer_id} has no order {order_id}")
    sources = [line.source for line in order.lines.all()]
    things = owned_deliveries(customer_id=visit.customer_id, sources=sources)
    for delivery_id in things:
        outbox.enqueue(
            dedupe_key=f"delivery:{delivery_id}:again:{visit.update_id}",
            chat_id=visit.chat_id,
            method="sendMessage",
            params={DELIVERY: delivery_id},
            now=visit.at,
        )
    return len(things)


def sender(api: SyncApi) -> Sender:
    """Return what sends the outbox's messages, those that hand something over included."""

    def send(method: str, params: dict[str, Any]) -> Any:
        delivery_id = params.get(DELIVERY)
        if delivery_id is None:
            return api.call(method, params)
        return _send(api, delivery_id, params["chat_id"])

    return send


def _send(api: SyncApi, delivery_id: int, chat_id: int) -> Any:
    """Send one delivery.

    Raises:
        TelegramRefused: Telegram declined, or there is nothing to send any more.
        TelegramSilent: no answer came.
    """
    language = _language_of(delivery_id)
    with translation.override(language):
        thing = thing_to_send(delivery_id)
        if thing is None:
            raise TelegramRefused("sendMessage", 400, "there is nothing to send", None)
        if thing.kind == Delivery.Kind.FILE:
            return _send_file(api, thing, chat_id)
        return api.call("sendMessage", {**deliveries.message(thing), "chat_id": chat_id})


def _language_of(delivery_id: int) -> str:
    rows = Delivery.objects.filter(pk=delivery_id)
    return rows.values_list("customer__language", flat=True).first() or "en"


def _send_file(api: SyncApi, thing: Thing, chat_id: int) -> Any:
    params = {**deliveries.caption(thing), "chat_id": chat_id}
    file_id = thing.file_id_for(settings.TELEGRAM_BOT_ID)
    if file_id:
        try:
            return api.call("sendDocument", {**params, "document": file_id})
        except TelegramRefused as refusal:
            # Telegram has forgotten the file: it is uploaded anew, if it is here.
            if refusal.code != 400 or refusal.is_unreachable or not thing.upload_name:
                raise
    return _upload(api, thing, params)


def _upload(api: SyncApi, thing: Thing, params: dict[str, Any]) -> Any:
    try:
        file = default_storage.open(thing.upload_name)
    except OSError:
        raise TelegramRefused("sendDocument", 400, "the file is missing here", None) from None
    with file:
        sent = api.upload("sendDocument", params, {"document": file})
    document = sent.get("document") if isinstance(sent, dict) else None
    if document and thing.item_id is not None:
        remember_file(
            item_id=thing.item_id,
            bot_id=settings.TELEGRAM_BOT_ID,
            upload_name=thing.upload_name,
            file_id=str(document["file_id"]),
        )
    return sent
