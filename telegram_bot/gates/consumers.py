"""What do gated chats do about what happens in the shop? Writes rows only; sweeps act."""

from datetime import datetime

from django.conf import settings
from django.utils import translation

from catalog.snapshot import catalog_snapshot
from customers.models import Customer
from entitlements.services.switching import SWITCHED_OFF
from shopbot.kernel.models import Event
from telegram_bot import outbox
from telegram_bot.answers import Screen
from telegram_bot.gates import events
from telegram_bot.gates.access import may_be_in
from telegram_bot.gates.members import look_again, look_again_at_all, offers
from telegram_bot.gates.models import GatedChat
from telegram_bot.presenters import gates
from telegram_bot.screen_json import screen_params

_ABOUT_ACCESS = ("grant.", "block.")


def react(event: Event) -> None:
    """Look again at whom an event concerns, and tell who must hear of it."""
    if event.customer_id is not None and event.kind.startswith(_ABOUT_ACCESS):
        look_again(customer_id=event.customer_id, now=event.happened_at)
    elif event.kind == SWITCHED_OFF:
        look_again_at_all(type_id=int(event.data["type_id"]), now=event.happened_at)
    elif event.kind == events.REMOVED:
        _tell_customer(event)
    if event.kind in events.ALERTS:
        _tell_staff(event)


def _tell_customer(event: Event) -> None:
    customer = Customer.objects.filter(pk=event.customer_id or 0).first()
    chat = GatedChat.objects.filter(pk=event.subject.rpartition(":")[2]).first()
    if customer is None or customer.blocked_bot_at is not None or chat is None:
        return
    with translation.override(customer.language):
        screen = _farewell(chat, customer, event.happened_at)
    _queue(event, customer.telegram_id, screen)


def _farewell(chat: GatedChat, customer: Customer, at: datetime) -> Screen:
    """Ask back who paid while the removal was under way; nothing of theirs has ended."""
    if chat.is_bound and may_be_in(chat, customer.telegram_id, at):
        return gates.asked_back(str(chat), chat.invite_link)
    on_sale = (each for each in offers(chat) if catalog_snapshot().is_on_sale(each, at))
    return gates.removed(str(chat), next(on_sale, None))


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
