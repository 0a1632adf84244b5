"""What is left: text that was asked for, text that was not, and buttons of an older time."""

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message
from pydantic import ValidationError

from orders.quoting import Wish
from pricing.engine.errors import PromoRefused
from telegram_bot import purchases
from telegram_bot.answers import Result, Screen
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import AskCode, StopTyping
from telegram_bot.conversation import Step, asked_for, forget, keep_code
from telegram_bot.handlers.deliveries import take_address
from telegram_bot.handlers.gift_cards import redeem
from telegram_bot.handlers.shop import offered
from telegram_bot.handlers.support import write
from telegram_bot.presenters import checkout, menus, refusals, shop
from telegram_bot.presenters.shop import Shown
from telegram_bot.visit import Visit

router = Router(name=__name__)
router.message.filter(F.chat.type == "private")

#: Longer than any code; what is longer is cut before it is looked up.
_CODE_LENGTH = 60


@router.message(Command("cancel"))
async def cancel(_message: object, visit: Visit) -> Screen:
    """Forget what was asked; the dispatcher has already done so."""
    return menus.stopped() if visit.talk.step else menus.nothing_to_stop()


@router.callback_query(StopTyping.filter())
async def stop_typing(_query: object) -> Screen:
    """Forget what was asked; the dispatcher has already done so."""
    return menus.stopped()


@router.message(F.text, ~F.text.startswith("/"))
async def typed(message: Message, visit: Visit) -> Result:
    """Take text for what was asked for last, else give a hint."""
    text = (message.text or "").strip()
    if visit.talk.step == Step.PROMO_CODE:
        return await _try_code(visit, text[:_CODE_LENGTH])
    if visit.talk.step == Step.GIFT_CARD:
        return await redeem(visit, text[:_CODE_LENGTH])
    if visit.talk.step == Step.ADDRESS:
        return await take_address(visit, text)
    if visit.talk.step == Step.SUPPORT:
        return await write(visit, text, message_id=message.message_id)
    return menus.hint()


@router.message(~F.successful_payment & ~F.refunded_payment)
async def anything_else(_message: object) -> Screen:
    """Answer unknown commands, photos, stickers and the rest with a hint."""
    return menus.hint()


@router.callback_query()
async def stale_button(_query: CallbackQuery) -> Screen:
    """Answer a button that no handler knows any more."""
    return refusals.stale()


async def _try_code(visit: Visit, code: str) -> Screen:
    place = {"bot_id": visit.bot_id, "chat_id": visit.chat_id}
    try:
        asked = AskCode(**await in_db(asked_for)(**place))
    except ValidationError:
        await in_db(forget)(**place)
        return menus.hint()
    product, tier = offered(visit, asked.tier_id)
    wish = Wish(
        tier_id=asked.tier_id, months=asked.months, quantity=asked.quantity, promo_code=code
    )
    try:
        quote = await in_db(purchases.priced_with_code)(visit=visit, wish=wish)
    except PromoRefused as refused:
        return checkout.code_refused(visit, asked, refused)
    await in_db(keep_code)(**place, code=code, now=visit.at)
    return shop.offer(visit, Shown(product, tier, quote, with_code=True))
