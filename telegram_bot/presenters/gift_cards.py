"""What is on gift cards, and what they pay."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from shopbot.kernel.money import Money
from telegram_bot.answers import Button, Screen
from telegram_bot.callbacks import OfferCard, PayByCard, RedeemCard, ShowOrder
from telegram_bot.gift_cards import CardOffer
from telegram_bot.keyboards import back, key, to_menu, to_shop
from telegram_bot.order_cards import OrderCard
from telegram_bot.presenters.refusals import meaning
from telegram_bot.presenters.wording import Html, fill, lines, paragraphs, plain, price
from telegram_bot.visit import Visit


def cards(balances: Iterable[Money]) -> Screen:
    """Show what is on the cards, and ask for a code."""
    return Screen(
        text=paragraphs(
            fill(_("🎫 <b>Gift cards</b>")),
            _held(balances),
            _("Please type the code of a gift card and send it as a message."),
        ),
        keyboard=(to_shop(), to_menu()),
    )


def redeemed(balances: Iterable[Money]) -> Screen:
    """Say that a card is the customer's now."""
    return Screen(
        text=paragraphs(
            fill(_("🎫 <b>The gift card is yours.</b>")),
            _held(balances),
            _("When you have ordered something, choose the gift card to pay with."),
        ),
        keyboard=(to_shop(), (key(_("🎫 Another gift card"), RedeemCard()),), to_menu()),
    )


def card_offer(visit: Visit, found: CardOffer) -> Screen:
    """Ask whether gift cards shall pay their part of an order."""
    quote, order = found.quote, ShowOrder(order_id=found.card.id)
    heading = fill(_("<b>Order {number}</b>"), number=found.card.number)
    title = plain(found.card.title(visit.language))
    if not quote.gift:
        return Screen(
            text=paragraphs(
                heading, title, _("There is nothing on your gift cards for this currency.")
            ),
            keyboard=((key(_("🎫 Another gift card"), RedeemCard()),), back(order)),
        )
    pay = PayByCard(order_id=found.card.id, fingerprint=quote.fingerprint, nonce=visit.nonce)
    return Screen(
        text=paragraphs(
            heading,
            title,
            lines(
                (
                    fill(_("Price: {amount}"), amount=price(quote.price)),
                    fill(_("Gift card: −{amount}"), amount=price(quote.gift)),
                    fill(_("To pay: <b>{total}</b>"), total=price(quote.total)),
                )
            ),
        ),
        keyboard=((key(_("✅ Use the gift card"), pay, style="success"),), back(order)),
    )


def card_keys(card: OrderCard) -> list[Button]:
    """Offer gift cards as a way to pay, where there is something on them."""
    return [key(_("🎫 Gift card"), OfferCard(order_id=card.id))] if card.may_use_card else []


def why_no_card(card: OrderCard) -> str:
    """Say why gift cards cannot pay; nothing where they can, or where there are none."""
    return meaning(card.no_card_because) if card.no_card_because else ""


def by_card(card: OrderCard) -> Html:
    """Say what gift cards pay beside the total."""
    if card.paid_by_card is None:
        return Html("")
    return fill(_("Gift card: −{amount}"), amount=price(card.paid_by_card))


def back_on_card(card: OrderCard) -> Html:
    """Say what a refund put back on gift cards."""
    if card.paid_by_card is None or not card.is_refunded:
        return Html("")
    return fill(_("Back on the gift card: {amount}"), amount=price(card.paid_by_card))


def _held(balances: Iterable[Money]) -> Html:
    held = " · ".join(price(each) for each in balances)
    return fill(_("You have: <b>{amount}</b>"), amount=held) if held else Html("")
