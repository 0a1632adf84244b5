"""/paysupport: the next message opens a case, staff answer from the admin."""

from aiogram import F, Router
from aiogram.filters import Command

from orders.services.supporting import ask_support as put_question
from telegram_bot.answers import Screen
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import AskSupport
from telegram_bot.conversation import Step, ask, asked_for, forget
from telegram_bot.presenters import support
from telegram_bot.visit import Visit

router = Router(name=__name__)


@router.message(Command("paysupport"), F.chat.type == "private")
async def paysupport_command(_message: object, visit: Visit) -> Screen:
    """Ask what the matter is."""
    return await _ask(visit, AskSupport())


@router.callback_query(AskSupport.filter())
async def ask_support(_query: object, callback_data: AskSupport, visit: Visit) -> Screen:
    """Ask what the matter is, with an order or with none."""
    return await _ask(visit, callback_data)


async def write(visit: Visit, text: str, *, message_id: int) -> Screen:
    """Put what was typed into the customer's case."""
    place = {"bot_id": visit.bot_id, "chat_id": visit.chat_id}
    about = await in_db(asked_for)(**place)
    await in_db(put_question)(
        customer_id=visit.customer_id,
        order_id=about.get("order_id") or None,
        text=text,
        key=f"tg:{visit.bot_id}:{message_id}",
        now=visit.at,
    )
    await in_db(forget)(**place)
    return support.received()


async def _ask(visit: Visit, asked: AskSupport) -> Screen:
    await in_db(ask)(
        bot_id=visit.bot_id,
        chat_id=visit.chat_id,
        step=Step.SUPPORT,
        data=asked.model_dump(),
        now=visit.at,
    )
    return support.what_is_it(asked.order_id)
