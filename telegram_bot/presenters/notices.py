"""What the bot writes of its own accord."""

from django.utils.translation import gettext as _

from shopbot.kernel.money import Money
from telegram_bot.answers import Keyboard, Row, Screen
from telegram_bot.callbacks import (
    AskSupport,
    ShowAccount,
    ShowOrder,
    ShowPrice,
    ShowRenewal,
    ShowTier,
)
from telegram_bot.keyboards import key, link, to_shop
from telegram_bot.order_cards import OrderCard
from telegram_bot.presenters.receipts import receipt_keys, receipt_text
from telegram_bot.presenters.wording import fill, paragraphs, plain, price
from telegram_bot.receipts import Receipted


def receipt(card: OrderCard, found: Receipted, language: str) -> Screen:
    """Send the receipt of a paid order."""
    return Screen(
        text=receipt_text(found, title=card.title(language), card=card),
        keyboard=(
            *receipt_keys(found),
            (
                key(_("📦 Order"), ShowOrder(order_id=card.id)),
                key(_("👤 Account"), ShowAccount()),
            ),
        ),
    )


def order_expired(card: OrderCard, language: str, *, may_buy_again: bool) -> Screen:
    """Say that nobody paid in time."""
    return Screen(
        text=paragraphs(
            fill(
                _("⌛ Order {number} has expired: no payment came in time."), number=card.number
            ),
            plain(card.title(language)),
            _("Nothing was charged."),
        ),
        keyboard=_buy_again(card) if may_buy_again else (to_shop(),),
    )


def price_moved(subscription_id: int, before: Money, now: Money) -> Screen:
    """Tell what the next renewal costs, early enough to stop it."""
    return Screen(
        text=fill(
            _("🔁 Your subscription will renew for {now} instead of {before} from now on."),
            now=price(now),
            before=price(before),
        ),
        keyboard=((key(_("👤 Account"), ShowRenewal(subscription_id=subscription_id)),),),
    )


def order_cancelled(card: OrderCard) -> Screen:
    """Say that staff cancelled an order."""
    return Screen(
        text=fill(
            _("We have cancelled order {number}. Nothing was charged."), number=card.number
        ),
        keyboard=(_ask(card), to_shop()),
    )


def order_sent(card: OrderCard) -> Screen:
    """Say that a parcel is on its way, or a service was done."""
    return Screen(
        text=fill(_("📦 Order {number} is on its way to you."), number=card.number),
        keyboard=((key(_("📦 Order"), ShowOrder(order_id=card.id)),),),
    )


def refunded(card: OrderCard, amount: Money) -> Screen:
    """Say how much of an order went back."""
    return Screen(
        text=paragraphs(
            fill(
                _("↩️ Refund for order {number}: <b>{amount}</b>"),
                number=card.number,
                amount=price(amount),
            ),
            _("The money comes back the way you paid. A bank may take a few days."),
        ),
        keyboard=((key(_("📦 Order"), ShowOrder(order_id=card.id)),), _ask(card)),
    )


def dispute_lost(card: OrderCard, *, is_last: bool) -> Screen:
    """Say that the bank took an order's money back; ``is_last``: nothing else is on hold."""
    return Screen(
        text=paragraphs(
            fill(
                _(
                    "⚖️ The dispute about order {number} is decided: your bank gave you the "
                    "money back, so what this order brought has ended."
                ),
                number=card.number,
            ),
            _("Anything else you have bought goes on as before.") if is_last else "",
        ),
        keyboard=(_ask(card), to_shop()),
    )


def revoked(name: str) -> Screen:
    """Say that access has ended before its time."""
    return Screen(
        text=fill(_("Your access to <b>{name}</b> has ended."), name=name),
        keyboard=((key(_("💬 Ask about a payment"), AskSupport()),), to_shop()),
    )


def commission(amount: Money) -> Screen:
    """Tell of a friend's purchase."""
    return Screen(
        text=fill(_("🎁 A friend has bought: <b>{amount}</b> for you."), amount=price(amount)),
        keyboard=((key(_("👤 Account"), ShowAccount()),),),
    )


def money_does_not_fit() -> Screen:
    """Say that a payment waits for a person."""
    return Screen(
        text=_(
            "Your payment has arrived, but it does not fit a waiting order. "
            "A person will look at it and write to you."
        ),
        keyboard=((key(_("💬 Ask about a payment"), AskSupport()),),),
    )


def renewal_failed(subscription_id: int, fix_url: str) -> Screen:
    """Say that a renewal could not be charged, and where it can be paid."""
    pay = ((link(_("💳 Pay now"), fix_url),),) if fix_url else ()
    look = key(_("🔁 Renewal"), ShowRenewal(subscription_id=subscription_id))
    return Screen(
        text=_("⚠️ Your renewal could not be charged. Please check your way of paying."),
        keyboard=(*pay, (look,)),
    )


def _buy_again(card: OrderCard) -> Keyboard:
    again = (
        ShowTier(tier_id=card.tier_id)
        if card.months
        else ShowPrice(tier_id=card.tier_id, months=1)
    )
    return ((key(_("🔁 Buy again"), again),), to_shop())


def _ask(card: OrderCard) -> Row:
    return (key(_("💬 Ask about this order"), AskSupport(order_id=card.id)),)
