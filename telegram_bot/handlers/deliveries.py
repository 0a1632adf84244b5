"""What was bought, fetched again; and what is sold out, waited for."""

from aiogram import Router

from delivery.services import tell_me
from telegram_bot.answers import Toast
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import GetAgain, TellMe
from telegram_bot.delivery_messages import send_order_again
from telegram_bot.presenters import deliveries as present
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
