"""/start, plain or from a link."""

from aiogram import F, Router
from aiogram.filters import CommandObject, CommandStart

from customers.services import accept_referral
from telegram_bot.answers import Screen
from telegram_bot.bridge import in_db
from telegram_bot.browsing import Browsing
from telegram_bot.handlers import orders
from telegram_bot.handlers.access import product_to_try
from telegram_bot.presenters import menus
from telegram_bot.presenters.referrals import welcome_note
from telegram_bot.visit import Visit

browsing = Browsing(name=f"{__name__}.browsing")
router = Router(name=__name__)
router.message.filter(F.chat.type == "private")


@router.message(CommandStart(deep_link=True, magic=F.args.startswith("p_")))
async def open_product(_message: object, command: CommandObject, visit: Visit) -> Screen:
    """Open the product a link names; one that is gone leads to the menu."""
    try:
        product = visit.catalog.product_by_slug((command.args or "")[2:])
    except KeyError:
        return menus.menu(visit)
    if not product.is_visible(visit.at):
        return menus.menu(visit)
    return await product_to_try(visit, product)


@router.message(CommandStart(deep_link=True, magic=F.args.startswith("r_")))
async def come_by_referral(_message: object, command: CommandObject, visit: Visit) -> Screen:
    """Note who brought the customer, once and for all."""
    is_referred = await in_db(accept_referral)(
        customer_id=visit.customer_id, code=(command.args or "")[2:], now=visit.at
    )
    return menus.menu(visit, note=welcome_note(visit) if is_referred else "")


@router.message(CommandStart(deep_link=True, magic=F.args.startswith("o_")))
async def return_to_order(_message: object, command: CommandObject, visit: Visit) -> Screen:
    """Come back from a payment page to the order."""
    return await orders.by_number(visit, (command.args or "")[2:])


@browsing.command("start")
def start(visit: Visit) -> Screen:
    """Welcome."""
    return menus.menu(visit)
