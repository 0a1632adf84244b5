"""What can a customer do with access: try, understand, give and share it."""

from aiogram import Bot, F, Router
from aiogram.filters import CommandObject, CommandStart

from catalog.snapshot import ProductView
from entitlements.sharing_views import gifts_given_by
from orders.errors import PriceChanged, RegionNeeded
from telegram_bot import access, offers
from telegram_bot.answers import Screen
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import (
    BuyGift,
    ExplainAccess,
    GiveOrder,
    InviteToSeat,
    RemoveSeat,
    ShowAccess,
    ShowGift,
    ShowGiftOffer,
    ShowGifts,
    ShowProduct,
    ShowSeat,
    ShowSeats,
    ShowTier,
    StartTrial,
)
from telegram_bot.conversation import remember
from telegram_bot.handlers.shop import offered, product_screen, visible_product
from telegram_bot.presenters import access as present
from telegram_bot.presenters import orders as order_screens
from telegram_bot.presenters import regions, shop
from telegram_bot.presenters.shop import Shown
from telegram_bot.receipts import Brought
from telegram_bot.visit import Visit

router = Router(name=__name__)


@router.callback_query(ShowProduct.filter())
async def show_product(_query: object, callback_data: ShowProduct, visit: Visit) -> Screen:
    """Show a product with what of it may be tried."""
    return await product_to_try(visit, visible_product(visit, callback_data.product_id))


async def product_to_try(visit: Visit, product: ProductView) -> Screen:
    """Draw a product with its trials; deep links end here too."""
    found = await in_db(access.trials)(customer_id=visit.customer_id, tiers=product.tiers)
    visit = await in_db(offers.with_arms)(visit, product.tiers)
    return present.with_trials(visit, product_screen(visit, product), found)


@router.callback_query(ShowTier.filter())
async def show_tier(_query: object, callback_data: ShowTier, visit: Visit) -> Screen:
    """Ask for how long, or whether to try it first."""
    product, tier = offered(visit, callback_data.tier_id)
    if not tier.is_monthly:
        return await product_to_try(visit, product)
    found = await in_db(access.trials)(customer_id=visit.customer_id, tiers=(tier,))
    visit = await in_db(offers.with_arms)(visit, (tier,))
    quotes = await in_db(offers.month_quotes_looked_up)(visit, tier)
    return present.with_trials(visit, shop.tier(visit, product, tier, quotes), found)


@router.callback_query(StartTrial.filter())
async def start_trial(_query: object, callback_data: StartTrial, visit: Visit) -> Screen:
    """Begin a trial."""
    _product, tier = offered(visit, callback_data.tier_id)
    ends_at = await in_db(access.try_tier)(visit=visit, tier_id=tier.id)
    return present.trial_begun(visit, tier, ends_at)


@router.callback_query(ShowAccess.filter())
async def show_access(_query: object, visit: Visit) -> Screen:
    """List what the customer has or had."""
    found = await in_db(access.known)(customer_id=visit.customer_id, at=visit.at)
    return present.known(found)


@router.callback_query(ExplainAccess.filter())
async def explain_access(_query: object, callback_data: ExplainAccess, visit: Visit) -> Screen:
    """Say why the customer has something, or has not."""
    found = await in_db(access.why)(visit=visit, type_id=callback_data.type_id)
    return present.why(visit, found)


@router.callback_query(ShowGiftOffer.filter())
async def show_gift_offer(_query: object, callback_data: ShowGiftOffer, visit: Visit) -> Screen:
    """Offer something for somebody else."""
    product, tier = offered(visit, callback_data.tier_id)
    quote = await in_db(access.gift_price)(visit=visit, data=callback_data)
    shown = Shown(product, tier, quote, with_code=callback_data.with_code)
    return present.gift_offer(visit, shown)


@router.callback_query(BuyGift.filter())
async def buy_gift(_query: object, callback_data: BuyGift, visit: Visit) -> Screen:
    """Order a gift; the first time, ask for the region before."""
    try:
        return await gift_ordered(visit, callback_data)
    except RegionNeeded:
        await in_db(remember)(
            bot_id=visit.bot_id,
            chat_id=visit.chat_id,
            data={"gift": callback_data.pack()},
            now=visit.at,
        )
        return regions.confirm(visit, callback_data)


async def gift_ordered(visit: Visit, data: BuyGift) -> Screen:
    """Order a gift at the price that was shown; a changed one is shown instead.

    Raises:
        RegionNeeded: the customer has not confirmed a region.
    """
    try:
        card = await in_db(access.order_gift)(visit=visit, data=data)
    except PriceChanged as changed:
        product, tier = offered(visit, data.tier_id)
        now_shown = Shown(product, tier, changed.quote, with_code=data.with_code)
        return present.gift_price_has_changed(visit, now_shown)
    if card.is_paid:
        return order_screens.paid(visit, card, Brought())
    return order_screens.order(visit, card)


@router.callback_query(ShowGifts.filter())
async def show_gifts(_query: object, visit: Visit) -> Screen:
    """List the gifts a customer has given."""
    found = await in_db(gifts_given_by)(visit.customer_id, visit.at)
    return present.gifts(visit, found)


@router.callback_query(ShowGift.filter())
async def show_gift(_query: object, callback_data: ShowGift, visit: Visit, bot: Bot) -> Screen:
    """Show a gift with its link."""
    gift = await in_db(access.own_gift)(visit=visit, gift_id=callback_data.gift_id)
    return present.gift(visit, gift, bot_username=await _name_of(bot))


@router.callback_query(GiveOrder.filter())
async def give_order(
    _query: object, callback_data: GiveOrder, visit: Visit, bot: Bot
) -> Screen:
    """Show the gift that an order paid for."""
    gift = await in_db(access.gift_of_order)(visit=visit, order_id=callback_data.order_id)
    return present.gift(visit, gift, bot_username=await _name_of(bot))


@router.message(
    CommandStart(deep_link=True, magic=F.args.startswith("g_")), F.chat.type == "private"
)
async def open_gift(_message: object, command: CommandObject, visit: Visit) -> Screen:
    """Redeem a gift."""
    found = await in_db(access.open_gift)(visit=visit, code=(command.args or "")[2:])
    return present.gift_received(visit, found)


@router.callback_query(ShowSeats.filter())
async def show_seats(_query: object, callback_data: ShowSeats, visit: Visit) -> Screen:
    """Show who shares something with the customer."""
    found = await in_db(access.own_seats)(visit=visit, pool_id=callback_data.pool_id)
    return present.seats(found, page=callback_data.page)


@router.callback_query(InviteToSeat.filter())
async def invite_to_seat(
    _query: object, callback_data: InviteToSeat, visit: Visit, bot: Bot
) -> Screen:
    """Make a link for one person."""
    seats, seat = await in_db(access.invite)(visit=visit, pool_id=callback_data.pool_id)
    return present.seat(seats, seat, bot_username=await _name_of(bot))


@router.callback_query(ShowSeat.filter())
async def show_seat(_query: object, callback_data: ShowSeat, visit: Visit, bot: Bot) -> Screen:
    """Show one member, or one link that is open."""
    seats, seat = await in_db(access.own_seat)(visit=visit, seat_id=callback_data.seat_id)
    return present.seat(seats, seat, bot_username=await _name_of(bot))


@router.callback_query(RemoveSeat.filter())
async def remove_seat(_query: object, callback_data: RemoveSeat, visit: Visit) -> Screen:
    """Remove a member, or withdraw a link."""
    found = await in_db(access.remove)(visit=visit, seat_id=callback_data.seat_id)
    return present.seats(found, page=0)


@router.message(
    CommandStart(deep_link=True, magic=F.args.startswith("s_")), F.chat.type == "private"
)
async def take_seat(_message: object, command: CommandObject, visit: Visit) -> Screen:
    """Take a seat."""
    found = await in_db(access.take_seat)(visit=visit, code=(command.args or "")[2:])
    return present.seat_taken(found)


async def _name_of(bot: Bot) -> str:
    me = await bot.me()
    return me.username or ""
