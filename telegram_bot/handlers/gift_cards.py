"""Gift cards: redeemed by a typed code or a link, and spent on an order."""

from aiogram import F, Router
from aiogram.filters import Command, CommandObject, CommandStart

from telegram_bot import gift_cards
from telegram_bot.answers import Screen
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import OfferCard, PayByCard, RedeemCard, ShowGiftCards
from telegram_bot.conversation import Step, ask, forget
from telegram_bot.gift_cards import CardOfferChanged
from telegram_bot.handlers.checkout import thank
from telegram_bot.presenters import gift_cards as present
from telegram_bot.presenters import orders as order_screens
from telegram_bot.visit import Visit

router = Router(name=__name__)


@router.message(
    CommandStart(deep_link=True, magic=F.args.startswith("card_")), F.chat.type == "private"
)
async def redeem_by_link(_message: object, command: CommandObject, visit: Visit) -> Screen:
    """Redeem the card that a link names."""
    return await redeem(visit, (command.args or "").removeprefix("card_"))


@router.message(Command("giftcard"), F.chat.type == "private")
async def giftcard_command(_message: object, visit: Visit) -> Screen:
    """Show what is on the cards, and wait for a code."""
    return await _ask(visit)


@router.callback_query(ShowGiftCards.filter())
@router.callback_query(RedeemCard.filter())
async def ask_for_a_code(_query: object, visit: Visit) -> Screen:
    """Show what is on the cards, and wait for a code."""
    return await _ask(visit)


@router.callback_query(OfferCard.filter())
async def offer_card(_query: object, callback_data: OfferCard, visit: Visit) -> Screen:
    """Say what gift cards would pay of an order, and what is left."""
    found = await in_db(gift_cards.card_offer)(visit=visit, order_id=callback_data.order_id)
    return present.card_offer(visit, found)


@router.callback_query(PayByCard.filter())
async def pay_by_card(_query: object, callback_data: PayByCard, visit: Visit) -> Screen:
    """Let gift cards pay their part; what changed meanwhile is shown and asked again."""
    try:
        card = await in_db(gift_cards.pay_by_card)(visit=visit, data=callback_data)
    except CardOfferChanged as changed:
        return present.card_offer(visit, changed.found)
    return await thank(visit, card) if card.is_paid else order_screens.order(visit, card)


async def redeem(visit: Visit, code: str) -> Screen:
    """Make a card the customer's."""
    balances = await in_db(gift_cards.redeem)(visit=visit, code=code)
    await in_db(forget)(bot_id=visit.bot_id, chat_id=visit.chat_id)
    return present.redeemed(balances)


async def _ask(visit: Visit) -> Screen:
    await in_db(ask)(
        bot_id=visit.bot_id, chat_id=visit.chat_id, step=Step.GIFT_CARD, data={}, now=visit.at
    )
    return present.cards(await in_db(gift_cards.balances)(visit=visit))
