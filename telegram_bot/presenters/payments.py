"""Why Telegram may not take the money, and what became of money that fits nothing."""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from telegram_bot.answers import Screen
from telegram_bot.callbacks import AskSupport
from telegram_bot.keyboards import key, to_menu

_GENERAL: Final = gettext_noop("This bill cannot be paid. Please order anew.")

#: Telegram shows these beside the bill; what is absent gets the general words.
_WORDS: Final[dict[str, str]] = {
    "not_yours": gettext_noop("This bill is for somebody else. Please order it yourself."),
    "order_is_closed": gettext_noop("This bill is settled or cancelled already."),
    "order_expired": gettext_noop(
        "This bill has expired. Please order anew: the price may differ."
    ),
    "price_changed": gettext_noop("The price has changed. Please order anew."),
    "already_subscribed": gettext_noop("You have this already, and it renews by itself."),
    "customer_blocked": gettext_noop(
        "Your purchases are on hold. Please write to /paysupport."
    ),
}


def may_not_be_paid(error: str) -> str:
    """Say why a bill cannot be paid."""
    return _(_WORDS.get(error, _GENERAL))


def does_not_fit() -> Screen:
    """Tell a customer whose money fits no waiting order that a person looks at it."""
    return Screen(
        text=_(
            "Your payment has arrived, but it does not fit a waiting order. "
            "A person will look at it and write to you."
        ),
        keyboard=((key(_("💬 Ask about a payment"), AskSupport()),), to_menu()),
    )
