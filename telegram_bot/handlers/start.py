"""/start, plain or from a link."""

from aiogram import F, Router
from aiogram.filters import CommandObject, CommandStart

from pricing.engine.errors import PromoRefused
from telegram_bot.affiliates import come_by_link
from telegram_bot.answers import Screen
from telegram_bot.bridge import in_db
from telegram_bot.browsing import Browsing
from telegram_bot.handlers import orders
from telegram_bot.handlers.access import product_to_try
from telegram_bot.presenters import menus
from telegram_bot.presenters.referrals import code_kept_note, code_note, welcome_note
from telegram_bot.purchases import take_linked_code
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
    is_referred = await in_db(come_by_link)(visit=visit, code=(command.args or "")[2:])
    return menus.menu(visit, note=welcome_note(visit) if is_referred else "")


@router.message(CommandStart(deep_link=True, magic=F.args.startswith("promo_")))
async def bring_a_code(_message: object, command: CommandObject, visit: Visit) -> Screen:
    """Keep the promo code of a link for the prices that follow, or say why not."""
    code = (command.args or "").removeprefix("promo_")
    try:
        await in_db(take_linked_code)(visit=visit, code=code)
    except PromoRefused as refused:
        return menus.menu(visit, note=code_note(visit, refused.reason))
    return menus.menu(visit, note=code_kept_note(code))


@router.message(CommandStart(deep_link=True, magic=F.args.startswith("o_")))
async def return_to_order(_message: object, command: CommandObject, visit: Visit) -> Screen:
    """Come back from a payment page to the order."""
    return await orders.by_number(visit, (command.args or "")[2:])


@browsing.command("start")
def start(visit: Visit) -> Screen:
    """Welcome."""
    return menus.menu(visit)
