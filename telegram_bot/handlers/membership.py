"""Did the customer block the bot, or let it back in?"""

from aiogram import F, Router
from aiogram.types import ChatMemberUpdated

from customers.services import mark_bot_blocked, mark_bot_unblocked
from telegram_bot.bridge import in_db
from telegram_bot.visit import Visit

router = Router(name=__name__)
router.my_chat_member.filter(F.chat.type == "private")


@router.my_chat_member(F.new_chat_member.status == "kicked")
async def blocked(event: ChatMemberUpdated, visit: Visit) -> None:
    """Write no more to a customer who blocked the bot."""
    await in_db(mark_bot_blocked)(telegram_id=event.chat.id, now=visit.at)


@router.my_chat_member(F.new_chat_member.status == "member")
async def unblocked(event: ChatMemberUpdated, visit: Visit) -> None:
    """Write again to a customer who let the bot back in."""
    await in_db(mark_bot_unblocked)(telegram_id=event.chat.id, now=visit.at)
