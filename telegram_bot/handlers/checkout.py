"""From a price to a payment: codes, ordering, the way to pay."""

from aiogram import Router

from orders.errors import PriceChanged, RegionNeeded
from orders.quoting import Wish
from pricing.engine.errors import PromoRefused
from telegram_bot import purchases, receipts
from telegram_bot.answers import Invoice, Result, Screen
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import (
    AskCode,
    Checkout,
    Pay,
    PayAnew,
    PayDemo,
    RenewAnew,
    ShowPrice,
    ShowWhy,
)
from telegram_bot.conversation import Step, ask, remember
from telegram_bot.handlers.shop import offered
from telegram_bot.order_cards import OrderCard
from telegram_bot.presenters import checkout, regions, shop
from telegram_bot.presenters import orders as order_screens
from telegram_bot.presenters.shop import Shown
from telegram_bot.purchases import ElsewhereChanged, Opened
from telegram_bot.visit import Visit

router = Router(name=__name__)

#: Its page is for other places; here one tap is enough.
DEMO = "demo"


@router.callback_query(ShowPrice.filter())
async def show_price(_query: object, callback_data: ShowPrice, visit: Visit) -> Screen:
    """Show a price that depends on what the customer has bought or typed."""
    try:
        return shop.offer(visit, await shown(visit, callback_data))
    except PromoRefused as refused:
        return checkout.code_refused(visit, callback_data, refused)


@router.callback_query(ShowWhy.filter())
async def show_why(_query: object, callback_data: ShowWhy, visit: Visit) -> Screen:
    """Explain such a price."""
    return shop.why(visit, await shown(visit, callback_data))


@router.callback_query(AskCode.filter())
async def ask_code(_query: object, callback_data: AskCode, visit: Visit) -> Screen:
    """Let the customer type a promotion code."""
    await in_db(ask)(
        bot_id=visit.bot_id,
        chat_id=visit.chat_id,
        step=Step.PROMO_CODE,
        data=callback_data.model_dump(),
        now=visit.at,
    )
    return checkout.type_the_code(callback_data)


@router.callback_query(Checkout.filter())
async def check_out(_query: object, callback_data: Checkout, visit: Visit) -> Screen:
    """Order what was shown; the first time, ask for the region before."""
    try:
        return await order_shown(visit, callback_data)
    except RegionNeeded:
        await in_db(remember)(
            bot_id=visit.bot_id,
            chat_id=visit.chat_id,
            data={"checkout": callback_data.pack()},
            now=visit.at,
        )
        return regions.confirm(visit, callback_data)


async def order_shown(visit: Visit, data: Checkout) -> Screen:
    """Order at the price that was shown; a changed one is shown and asked instead.

    Raises:
        RegionNeeded: the customer has not confirmed a region.
    """
    try:
        card = await in_db(purchases.place)(visit=visit, data=data)
    except PriceChanged as changed:
        product, tier = offered(visit, data.tier_id)
        now_shown = Shown(product, tier, changed.quote, with_code=data.with_code)
        return checkout.price_has_changed(visit, now_shown)
    return await thank(visit, card) if card.is_paid else order_screens.order(visit, card)


@router.callback_query(Pay.filter())
async def pay(_query: object, callback_data: Pay, visit: Visit) -> Result:
    """Open a payment."""
    found = await in_db(purchases.open_way)(visit=visit, data=callback_data)
    if isinstance(found, Opened):
        return payable(visit, found)
    return order_screens.in_other_currency(visit, found)


@router.callback_query(PayAnew.filter())
@router.callback_query(RenewAnew.filter())
async def pay_anew(_query: object, callback_data: PayAnew, visit: Visit) -> Result:
    """Open a payment in the way's own currency; a changed price is shown and asked again."""
    try:
        return payable(visit, await in_db(purchases.pay_anew)(visit=visit, data=callback_data))
    except ElsewhereChanged as changed:
        return order_screens.in_other_currency(visit, changed.found)


@router.callback_query(PayDemo.filter())
async def pay_demo(_query: object, callback_data: PayDemo, visit: Visit) -> Screen:
    """Pay without money."""
    card = await in_db(purchases.pay_demo)(visit=visit, order_id=callback_data.order_id)
    return await thank(visit, card) if card.is_paid else order_screens.order(visit, card)


async def thank(visit: Visit, card: OrderCard) -> Screen:
    """Show what a paid order has brought."""
    brought = await in_db(receipts.brought_by)(
        customer_id=visit.customer_id, card=card, at=visit.at
    )
    return order_screens.paid(visit, card, brought)


def payable(visit: Visit, opened: Opened) -> Result:
    """Lead to a payment page, or send the bill into the chat."""
    if opened.link.invoice is not None:
        return Invoice(params=opened.link.invoice, screen=checkout.bill_is_below(visit, opened))
    if opened.way.gateway == DEMO:
        return order_screens.pay_demo(visit, opened.card)
    return order_screens.pay_here(visit, opened.card, opened.link)


async def shown(visit: Visit, data: ShowPrice | ShowWhy) -> Shown:
    """Price what a button asks for, with the code typed last where it says so."""
    product, tier = offered(visit, data.tier_id)
    code = visit.talk.promo_code if data.with_code else None
    wish = Wish(
        tier_id=data.tier_id,
        months=data.months,
        quantity=data.quantity,
        promo_code=code or None,
    )
    quote = await in_db(purchases.priced)(visit=visit, wish=wish)
    return Shown(product, tier, quote, with_code=bool(code))
