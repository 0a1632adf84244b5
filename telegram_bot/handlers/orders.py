"""The customer's orders: list, one of them, paying checked, cancelling, receipt."""

from aiogram import F, Router
from aiogram.filters import Command

from telegram_bot import purchases, receipts
from telegram_bot.answers import Result, Screen, Toast
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import (
    CancelOrder,
    CheckPayment,
    ShowOrder,
    ShowOrders,
    ShowReceipt,
)
from telegram_bot.order_cards import OrderCard, own_order, own_order_by_number, own_orders
from telegram_bot.presenters import orders as present
from telegram_bot.presenters.receipts import receipt
from telegram_bot.visit import Visit

router = Router(name=__name__)


@router.message(Command("orders"), F.chat.type == "private")
async def orders_command(_message: object, visit: Visit) -> Screen:
    """List the orders."""
    return await _page(visit, 0)


@router.callback_query(ShowOrders.filter())
async def show_orders(_query: object, callback_data: ShowOrders, visit: Visit) -> Screen:
    """List a page of the orders."""
    return await _page(visit, max(callback_data.page, 0))


@router.callback_query(ShowOrder.filter())
async def show_order(_query: object, callback_data: ShowOrder, visit: Visit) -> Screen:
    """Show one order."""
    return present.order(visit, await _own(visit, callback_data.order_id))


@router.callback_query(CheckPayment.filter())
async def check_payment(_query: object, callback_data: CheckPayment, visit: Visit) -> Result:
    """Ask the provider whether the money has come."""
    card = await in_db(purchases.look_for_payment)(visit=visit, order_id=callback_data.order_id)
    if card.is_pending:
        return Toast(present.not_paid_yet(), is_alert=True)
    return await _as_it_is(visit, card)


@router.callback_query(CancelOrder.filter())
async def cancel(_query: object, callback_data: CancelOrder, visit: Visit) -> Screen:
    """Cancel an unpaid order, once asked and once sure."""
    order_id = callback_data.order_id
    if callback_data.is_sure:
        card = await in_db(purchases.cancel)(visit=visit, order_id=order_id)
        return present.cancelled(visit, card)
    card = await _own(visit, order_id)
    return present.really_cancel(visit, card) if card.is_pending else present.order(visit, card)


@router.callback_query(ShowReceipt.filter())
async def show_receipt(_query: object, callback_data: ShowReceipt, visit: Visit) -> Screen:
    """Send the receipt of a paid order again."""
    card = await _own(visit, callback_data.order_id)
    if not card.is_paid:
        return present.order(visit, card)
    found = await in_db(receipts.receipt_of_order)(
        customer_id=visit.customer_id, card=card, at=visit.at
    )
    return receipt(visit, card, found)


async def by_number(visit: Visit, number: str) -> Screen:
    """Show the order that a link names, freshly checked when it waits for money."""
    card = await in_db(own_order_by_number)(customer_id=visit.customer_id, number=number)
    if card.is_pending:
        card = await in_db(purchases.look_for_payment)(visit=visit, order_id=card.id)
    return await _as_it_is(visit, card)


async def _as_it_is(visit: Visit, card: OrderCard) -> Screen:
    if card.status in ("paid", "fulfilled"):
        brought = await in_db(receipts.brought_by)(
            customer_id=visit.customer_id, card=card, at=visit.at
        )
        return present.paid(visit, card, brought)
    return present.order(visit, card)


async def _own(visit: Visit, order_id: int) -> OrderCard:
    return await in_db(own_order)(customer_id=visit.customer_id, order_id=order_id)


async def _page(visit: Visit, page: int) -> Screen:
    found = await in_db(own_orders)(customer_id=visit.customer_id, page=page)
    return present.order_list(visit, found)
