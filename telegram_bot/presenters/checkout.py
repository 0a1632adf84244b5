"""Between a price and its payment: codes, changed prices, bills."""

from django.utils.translation import gettext as _

from pricing.engine.errors import PromoRefused
from pricing.explain_text import refusal_text
from telegram_bot.answers import Screen
from telegram_bot.callbacks import AskCode, CancelOrder, ShowOrder, ShowPrice, ShowWhy
from telegram_bot.keyboards import back, key
from telegram_bot.presenters import shop
from telegram_bot.presenters.shop import Shown
from telegram_bot.presenters.wording import fill, paragraphs, plain, price
from telegram_bot.purchases import Opened
from telegram_bot.visit import Visit


def type_the_code(asked: AskCode) -> Screen:
    """Ask for a promotion code."""
    return Screen(
        text=_("🎟 Please type your code and send it as a message."),
        keyboard=(back(price_of(asked)),),
    )


def code_refused(visit: Visit, asked: ShowPrice | AskCode, refused: PromoRefused) -> Screen:
    """Say why a code does not apply; nothing else has changed."""
    again = AskCode(tier_id=asked.tier_id, months=asked.months, quantity=asked.quantity)
    return Screen(
        text=paragraphs(
            plain(refusal_text(refused.reason, visit.language)), _("You can try another code.")
        ),
        keyboard=((key(_("🎟 Another code"), again),), back(price_of(asked))),
    )


def price_has_changed(visit: Visit, shown: Shown) -> Screen:
    """Show the present price instead of charging another than was shown."""
    return shop.offer(
        visit, shown, note=_("The price has changed since you saw it. Nothing was ordered yet.")
    )


def bill_is_below(visit: Visit, opened: Opened) -> Screen:
    """Say where the bill has gone, on the screen of the order that it is for."""
    card = opened.card
    return Screen(
        text=paragraphs(
            fill(_("<b>Order {number}</b>"), number=card.number),
            plain(card.title(visit.language)),
            fill(_("👇 The bill is below: <b>{total}</b>"), total=price(card.total)),
        ),
        keyboard=(
            (key(_("✖️ Cancel the order"), CancelOrder(order_id=card.id)),),
            back(ShowOrder(order_id=card.id)),
        ),
    )


def price_of(asked: AskCode | ShowPrice | ShowWhy) -> ShowPrice:
    """Return the way back to the price without a code."""
    return ShowPrice(tier_id=asked.tier_id, months=asked.months, quantity=asked.quantity)
