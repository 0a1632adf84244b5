"""/affiliate: the customer's link with its QR code, and what it has brought."""

from aiogram import Bot, F, Router
from aiogram.filters import Command

from telegram_bot import affiliates
from telegram_bot.answers import Result, Screen
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import ShowAffiliate, ShowStatement
from telegram_bot.presenters import affiliate as present
from telegram_bot.visit import Visit

router = Router(name=__name__)


@router.message(Command("affiliate"), F.chat.type == "private")
async def affiliate_command(_message: object, visit: Visit, bot: Bot) -> Result:
    """Show the link and what it has brought."""
    return await _affiliate(visit, bot)


@router.callback_query(ShowAffiliate.filter())
async def show_affiliate(_query: object, visit: Visit, bot: Bot) -> Result:
    """Show the link and what it has brought."""
    return await _affiliate(visit, bot)


@router.callback_query(ShowStatement.filter())
async def show_statement(_query: object, callback_data: ShowStatement, visit: Visit) -> Screen:
    """Show a page of the account."""
    found = await in_db(affiliates.statement_page)(
        customer_id=visit.customer_id, page=max(callback_data.page, 0)
    )
    return present.statement(found)


async def _affiliate(visit: Visit, bot: Bot) -> Result:
    found = await in_db(affiliates.statement_of)(customer_id=visit.customer_id, at=visit.at)
    me = await bot.me()
    return present.affiliate(visit, found, bot_username=me.username or "")
