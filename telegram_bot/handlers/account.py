"""What does the customer have?"""

from aiogram import Bot, F, Router
from aiogram.filters import Command

from telegram_bot import accounts
from telegram_bot.answers import Screen
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import ShowAccount
from telegram_bot.presenters import account
from telegram_bot.visit import Visit

router = Router(name=__name__)


@router.message(Command("account"), F.chat.type == "private")
async def account_command(_message: object, visit: Visit, bot: Bot) -> Screen:
    """Show tier, entitlements and referral link."""
    return await _account(visit, bot)


@router.callback_query(ShowAccount.filter())
async def show_account(_query: object, visit: Visit, bot: Bot) -> Screen:
    """Show tier, entitlements and referral link."""
    return await _account(visit, bot)


async def _account(visit: Visit, bot: Bot) -> Screen:
    found = await in_db(accounts.account_of)(customer_id=visit.customer_id, at=visit.at)
    me = await bot.me()
    return account.account(visit, found, bot_username=me.username or "")
