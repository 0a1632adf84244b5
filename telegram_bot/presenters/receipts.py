"""The receipt in the chat: its words, its file, the way into what was bought."""

from dataclasses import replace

from django.utils.translation import gettext as _

from telegram_bot.answers import Keyboard, Screen
from telegram_bot.callbacks import ShowOrder
from telegram_bot.keyboards import back, link
from telegram_bot.order_cards import OrderCard
from telegram_bot.presenters.gates import join_keys
from telegram_bot.presenters.orders import amount_bought, sums, what_is_held
from telegram_bot.presenters.wording import day, fill, lines, paragraphs, plain
from telegram_bot.receipts import Receipted
from telegram_bot.visit import Visit


def receipt_text(found: Receipted, *, title: str, card: OrderCard) -> str:
    """Write the receipt of a paid order."""
    paid_at = fill(_("Paid on {day}"), day=day(card.paid_at)) if card.paid_at else ""
    return paragraphs(
        fill(_("🧾 <b>Receipt {number}</b>"), number=found.number or card.number),
        lines(
            part
            for part in (
                plain(title),
                amount_bought(card),
                fill(_("Order {number}"), number=card.number),
                paid_at,
                *sums(card),
            )
            if part
        ),
        what_is_held(found.brought.holdings),
    )


def receipt_keys(found: Receipted) -> Keyboard:
    """Return the rows that open the receipt's file and the chats that were bought."""
    file = ((link(_("📄 Receipt as PDF"), found.pdf_url),),) if found.pdf_url else ()
    return (*join_keys(found.brought.chats), *file)


def receipt(visit: Visit, card: OrderCard, found: Receipted) -> Screen:
    """Show a receipt again, below the order, so that both stay; of today it says nothing."""
    past = replace(found, brought=replace(found.brought, holdings=()))
    return Screen(
        text=receipt_text(past, title=card.title(visit.language), card=card),
        keyboard=(*receipt_keys(found), back(ShowOrder(order_id=card.id))),
        stays=True,
    )
