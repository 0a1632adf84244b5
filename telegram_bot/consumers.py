"""Which events does a customer hear of, and in which words? Writes rows of the outbox only."""

from typing import Final

from django.utils import translation

from catalog.snapshot import catalog_snapshot
from customers.models import Customer
from entitlements.models import Block
from orders.models import Order, Subscription
from shopbot.kernel.models import Event
from shopbot.kernel.money import Money
from telegram_bot import access_consumers, outbox
from telegram_bot.access_consumers import Writer
from telegram_bot.answers import Screen
from telegram_bot.order_cards import OrderCard, card_of
from telegram_bot.presenters import notices, support
from telegram_bot.receipts import receipt_of_order
from telegram_bot.screen_json import screen_params


def notify_customer(event: Event) -> None:
    """Queue the message that an event brings a customer, if it brings one.

    Once per event: the event's number is the message's key.
    """
    write = _WRITERS.get(event.kind)
    hearer_id = access_consumers.hearer_of(event)
    if write is None or hearer_id is None:
        return
    customer = Customer.objects.filter(pk=hearer_id).first()
    if customer is None or customer.blocked_bot_at is not None:
        return
    with translation.override(customer.language):
        screen = write(event, customer)
    if screen is not None:
        outbox.enqueue(
            dedupe_key=f"event:{event.pk}",
            chat_id=customer.telegram_id,
            method="sendMessage",
            params=screen_params(screen),
            now=event.happened_at,
        )


def _receipt(event: Event, customer: Customer) -> Screen | None:
    card = _card(event)
    if card is None or not (card.total or card.paid_by_card):
        return None
    found = receipt_of_order(customer_id=customer.pk, card=card, at=event.happened_at)
    return notices.receipt(card, found, customer.language)


def _expired_order(event: Event, customer: Customer) -> Screen | None:
    card = _card(event)
    if card is None:
        return None
    is_on_sale = catalog_snapshot().is_on_sale(card.tier_id, event.happened_at)
    return notices.order_expired(card, customer.language, may_buy_again=is_on_sale)


def _cancelled_order(event: Event, customer: Customer) -> Screen | None:
    card = _card(event)
    is_by_staff = event.actor.startswith("staff:")
    return notices.order_cancelled(card) if card is not None and is_by_staff else None


def _sent_order(event: Event, customer: Customer) -> Screen | None:
    card = _card(event)
    is_by_staff = event.actor.startswith("staff:")
    is_later = (
        card is not None and card.paid_at is not None and card.paid_at < event.happened_at
    )
    return notices.order_sent(card) if card is not None and is_by_staff and is_later else None


def _refund(event: Event, customer: Customer) -> Screen | None:
    amount = Money(int(event.data["refunded_minor"]), str(event.data["currency"]))
    card = _card(event)
    return None if card is None else notices.refunded(card, amount)


def _dispute_lost(event: Event, customer: Customer) -> Screen | None:
    card = _card(event)
    standing = Block.objects.standing(event.happened_at).filter(customer_id=customer.pk)
    if card is None:
        return None
    return notices.dispute_lost(card, is_last=not standing.exists())


def _commission(event: Event, customer: Customer) -> Screen | None:
    amount = Money(int(event.data["amount_minor"]), str(event.data["currency"]))
    return notices.commission(amount)


def _misfit(event: Event, customer: Customer) -> Screen | None:
    """Stars say it at once, in the chat they were paid in."""
    if event.actor == "stars" or event.data.get("case_kind") not in _MISFITS:
        return None
    return notices.money_does_not_fit()


def _answer(event: Event, customer: Customer) -> Screen | None:
    return support.answer(str(event.data["text"]))


def _past_due(event: Event, customer: Customer) -> Screen | None:
    row = Subscription.objects.filter(pk=_number(event)).first()
    return None if row is None else notices.renewal_failed(row.pk, row.action_url)


def _price_moved(event: Event, customer: Customer) -> Screen | None:
    currency = str(event.data["currency"])
    before, now = (
        Money(int(event.data[name]), currency) for name in ("before_minor", "price_minor")
    )
    return None if before == now else notices.price_moved(_number(event), before, now)


def _card(event: Event) -> OrderCard | None:
    order = Order.objects.prefetch_related("lines").filter(pk=_number(event)).first()
    return None if order is None else card_of(order)


def _number(event: Event) -> int:
    return int(event.subject.rpartition(":")[2])


_MISFITS: Final = frozenset(
    {"wrong_amount", "wrong_currency", "second_payment", "late_payment"}
)

_WRITERS: Final[dict[str, Writer]] = {
    **access_consumers.WRITERS,
    "order.paid": _receipt,
    "order.expired": _expired_order,
    "order.cancelled": _cancelled_order,
    "order.fulfilled": _sent_order,
    "order.refunded": _refund,
    "order.partially_refunded": _refund,
    "order.dispute_lost": _dispute_lost,
    "commission.earned": _commission,
    "money_case.opened": _misfit,
    "subscription.past_due": _past_due,
    "subscription.price_moved": _price_moved,
    "support.answered": _answer,
}
