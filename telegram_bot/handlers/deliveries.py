"""What was bought, fetched again; where parcels go; what is sold out, waited for."""

from aiogram import Router

from delivery.errors import AddressNeeded
from delivery.services import tell_me
from orders.services.shipping import choose_shipping, give_order_address
from telegram_bot.answers import Screen, Toast
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import AskAddress, ChooseShipping, GetAgain, TellMe
from telegram_bot.conversation import Step, ask, asked_for, forget
from telegram_bot.delivery_messages import send_order_again
from telegram_bot.order_cards import own_order
from telegram_bot.presenters import deliveries as present
from telegram_bot.presenters import orders as order_screens
from telegram_bot.visit import Visit

router = Router(name=__name__)


@router.callback_query(GetAgain.filter())
async def get_again(_query: object, callback_data: GetAgain, visit: Visit) -> Toast:
    """Send everything again that an order brought."""
    count = await in_db(send_order_again)(visit=visit, order_id=callback_data.order_id)
    return Toast(present.on_its_way(count))


@router.callback_query(TellMe.filter())
async def tell_when_back(_query: object, callback_data: TellMe, visit: Visit) -> Toast:
    """Remember who waits for what is sold out."""
    tier = visit.catalog.tier(callback_data.tier_id)
    await in_db(tell_me)(customer_id=visit.customer_id, tier_id=tier.id, now=visit.at)
    return Toast(present.will_tell(), is_alert=True)


@router.callback_query(AskAddress.filter())
async def ask_address(_query: object, callback_data: AskAddress, visit: Visit) -> Screen:
    """Let the customer type where the parcel goes."""
    await in_db(ask)(
        bot_id=visit.bot_id,
        chat_id=visit.chat_id,
        step=Step.ADDRESS,
        data=callback_data.model_dump(),
        now=visit.at,
    )
    return present.type_the_address(callback_data.order_id)


@router.callback_query(ChooseShipping.filter())
async def choose(_query: object, callback_data: ChooseShipping, visit: Visit) -> Screen:
    """Send the order that way, and show what it costs now."""
    await in_db(choose_shipping)(
        order_id=callback_data.order_id,
        customer_id=visit.customer_id,
        option_id=callback_data.option_id,
        now=visit.at,
    )
    return await _order(visit, callback_data.order_id)


async def take_address(visit: Visit, text: str) -> Screen:
    """Write down what was typed; too little of it is asked for again."""
    place = {"bot_id": visit.bot_id, "chat_id": visit.chat_id}
    order_id = int((await in_db(asked_for)(**place)).get("order_id", 0))
    try:
        await in_db(give_order_address)(
            order_id=order_id, customer_id=visit.customer_id, address=text, now=visit.at
        )
    except AddressNeeded:
        return present.type_the_address(order_id)
    await in_db(forget)(**place)
    return await _order(visit, order_id)


async def _order(visit: Visit, order_id: int) -> Screen:
    card = await in_db(own_order)(customer_id=visit.customer_id, order_id=order_id)
    return order_screens.order(visit, card)
