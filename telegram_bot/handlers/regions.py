"""Where does the customer live?"""

from aiogram import F, Router
from aiogram.filters import Command

from customers.services import confirm_region
from telegram_bot.answers import Screen
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import BuyGift, Checkout, ChooseRegion, ConfirmRegion
from telegram_bot.conversation import remembered
from telegram_bot.errors import StaleButton
from telegram_bot.handlers.access import gift_ordered
from telegram_bot.handlers.checkout import order_shown
from telegram_bot.presenters import regions
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
    """Fix the region, then go on with the order; another price there is asked first."""
    region = visit.book.regions.get(callback_data.region)
    if region is None or not region.is_active:
        raise StaleButton(f"no region {callback_data.region!r}")
    await in_db(confirm_region)(customer_id=visit.customer_id, region=region.code, now=visit.at)
    settled = in_region(visit, region.code)
    wanted = await _was_ordering(visit, callback_data)
    if isinstance(wanted, BuyGift):
        return await gift_ordered(settled, wanted)
    return await order_shown(settled, wanted) if wanted else regions.confirmed(settled)


async def _was_ordering(visit: Visit, data: ConfirmRegion) -> Checkout | BuyGift | None:
    """Return the order that the question about the region has interrupted."""
    kept = await in_db(remembered)(bot_id=visit.bot_id, chat_id=visit.chat_id, now=visit.at)
    if not data.is_for_order:
        return None
    try:
        if "gift" in kept:
            return BuyGift.unpack(kept["gift"])
        return Checkout.unpack(kept.get("checkout", ""))
    except (TypeError, ValueError):
        return None
