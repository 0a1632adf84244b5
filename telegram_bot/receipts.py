"""What did an order bring, and where is its receipt? Read for the screens after a payment."""

from dataclasses import dataclass
from datetime import datetime

from entitlements.selectors import Holding, active_entitlements
from orders.models import Receipt
from orders.receipts.ticket import file_url
from telegram_bot.gates.selectors import OpenChat, open_chats
from telegram_bot.order_cards import OrderCard


@dataclass(frozen=True, slots=True)
class Brought:
    """What the customer holds now, and the chats that this order opens."""

    holdings: tuple[Holding, ...] = ()
    chats: tuple[OpenChat, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipted:
    """A receipt's number and the address of its file, "" before there is one."""

    number: str
    pdf_url: str
    brought: Brought


def brought_by(*, customer_id: int, card: OrderCard, at: datetime) -> Brought:
    """Read what a customer holds, and which chats what this order gave opens; two queries."""
    held = active_entitlements(customer_id, at)
    given = tuple(each for each in held if each.type_id in card.type_ids)
    return Brought(held, open_chats(given))


def receipt_of_order(*, customer_id: int, card: OrderCard, at: datetime) -> Receipted:
    """Read the receipt of a customer's order; three queries."""
    row = Receipt.objects.filter(order_id=card.id).first()
    return Receipted(
        number=row.number if row else "",
        pdf_url=file_url(row) if row else "",
        brought=brought_by(customer_id=customer_id, card=card, at=at),
    )
