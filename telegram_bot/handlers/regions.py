"""Where does the customer live?"""

from aiogram import F, Router
from aiogram.filters import Command

from customers.services import confirm_region
from orders.quoting import Wish
from telegram_bot import purchases
from telegram_bot.answers import Screen
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import ChooseRegion, ConfirmRegion
from telegram_bot.errors import StaleButton
from telegram_bot.handlers.shop import offered
from telegram_bot.presenters import regions, shop
from telegram_bot.presenters.shop import Shown
from telegram_bot.visit import Visit, in_region

router = Router(name=__name__)


@router.message(Command("region"), F.chat.type == "private")
async def region_command(_message: object, visit: Visit) -> Screen:
    """Say which region holds, and offer the others."""
    return regions.choices(visit, ChooseRegion())


@router.callback_query(ChooseRegion.filter())
async def choose(_query: object, callback_data: ChooseRegion, visit: Visit) -> Screen:
    """Offer the regions on the way to a price."""
    return regions.choices(visit, callback_data)


@router.callback_query(ConfirmRegion.filter())
async def confirm(_query: object, callback_data: ConfirmRegion, visit: Visit) -> Screen:
    """Fix the region; on the way to a price, go on with the price there."""
    region = visit.book.regions.get(callback_data.region)
    if region is None or not region.is_active:
        raise StaleButton(f"no region {callback_data.region!r}")
    await in_db(confirm_region)(customer_id=visit.customer_id, region=region.code, now=visit.at)
    settled = in_region(visit, region.code)
    if not callback_data.tier_id:
        return regions.confirmed(settled)
    return await _price_there(settled, callback_data)


async def _price_there(visit: Visit, data: ConfirmRegion) -> Screen:
    product, tier = offered(visit, data.tier_id)
    code = visit.talk.promo_code if data.with_code else None
    wish = Wish(
        tier_id=data.tier_id,
        months=data.months,
        quantity=data.quantity,
        promo_code=code or None,
    )
    quote = await in_db(purchases.priced)(visit=visit, wish=wish)
    now_shown = Shown(product, tier, quote, with_code=bool(code))
    return shop.offer(visit, now_shown, note=regions.noted(visit))
