"""What do gated chats do about what happens in the shop? Writes rows only; sweeps act."""

from django.conf import settings
from django.utils import translation

from catalog.snapshot import catalog_snapshot
from customers.models import Customer
from entitlements.models import Grant
from shopbot.kernel.models import Event
from telegram_bot import outbox
from telegram_bot.answers import Screen
from telegram_bot.gates import events
from telegram_bot.gates.members import look_again, offers
from telegram_bot.gates.models import GatedChat
from telegram_bot.presenters import gates
from telegram_bot.screen_json import screen_params

_ABOUT_ACCESS = ("grant.", "block.")


def react(event: Event) -> None:
    """Look again at whom an event concerns, and tell who must hear of it."""
    if event.customer_id is not None and event.kind.startswith(_ABOUT_ACCESS):
        _look_again(event, event.customer_id)
    elif event.kind == events.REMOVED:
        _tell_customer(event)
    if event.kind in events.ALERTS:
        _tell_staff(event)


def _look_again(event: Event, customer_id: int) -> None:
    look_again(customer_id=customer_id, now=event.happened_at)
    if event.kind.startswith("block."):
        # Seats give nothing while their owner is blocked.
        seats = Grant.objects.live().filter(follows__customer_id=customer_id)
        for member_id in set(seats.values_list("customer_id", flat=True)):
            look_again(customer_id=member_id, now=event.happened_at)


def _tell_customer(event: Event) -> None:
    customer = Customer.objects.filter(pk=event.customer_id or 0).first()
    chat = GatedChat.objects.filter(pk=event.subject.rpartition(":")[2]).first()
    if customer is None or customer.blocked_bot_at is not None or chat is None:
        return
    at = event.happened_at
    on_sale = (each for each in offers(chat) if catalog_snapshot().is_on_sale(each, at))
    with translation.override(customer.language):
        screen = gates.removed(str(chat), next(on_sale, None))
    _queue(event, customer.telegram_id, screen)


def _tell_staff(event: Event) -> None:
    if not settings.STAFF_CHAT_ID:
        return
    detail = str(event.data.get("problem") or event.data.get("error") or "")
    screen = gates.alert(event.kind, str(event.data.get("title", "")), detail)
    _queue(event, settings.STAFF_CHAT_ID, screen)


def _queue(event: Event, chat_id: int, screen: Screen) -> None:
    outbox.enqueue(
        dedupe_key=f"gate:{event.pk}",
        chat_id=chat_id,
        method="sendMessage",
        params=screen_params(screen),
        now=event.happened_at,
    )
