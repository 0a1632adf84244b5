"""How does the bot say no? Each code of the shop in words, with a way on."""

from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from shopbot.kernel.errors import ShopError
from telegram_bot.answers import Keyboard, Screen, Toast
from telegram_bot.callbacks import TellMe
from telegram_bot.keyboards import key, to_menu, to_shop
from telegram_bot.presenters.wording import fill
from telegram_bot.visit import Visit

_GENERAL: Final = gettext_noop("That did not work. Please try again.")
_STALE: Final = gettext_noop(
    "That button is out of date. Have a look at the shop as it is now."
)

#: What a code means to a customer. A code that is absent gets the general words.
_WORDS: Final[dict[str, str]] = {
    "stale_button": _STALE,
    "not_found": gettext_noop(
        "I cannot find that any more. Have a look at the shop as it is now."
    ),
    "not_for_sale": gettext_noop("This is not on offer at the moment."),
    "unknown_tier": gettext_noop("This is not on offer any more."),
    "bad_terms": gettext_noop("So much of this cannot be ordered at once, sorry."),
    "sold_out": gettext_noop("Sorry, that just sold out."),
    "limit_reached": gettext_noop(
        "That discount has just been used up. Please look at the price again."
    ),
    "region_is_fixed": gettext_noop(
        "Your region is settled for now. If you have moved, write to us with /paysupport."
    ),
    "busy": gettext_noop(
        "One moment, please, and then once more: I am still on your last request."
    ),
    "unavailable": gettext_noop(
        "The payment service does not answer. Please try again in a minute."
    ),
    "gateway_failed": gettext_noop(
        "The payment service does not answer. Please try again in a minute, or pay another way."
    ),
    "order_is_closed": gettext_noop("This order is closed. You can order anew in the shop."),
    "already_paid": gettext_noop("This order is paid already. /orders has it."),
    "way_not_allowed": gettext_noop("This cannot be paid that way. Please choose another."),
    "unknown_subscription": gettext_noop("This does not renew any more. /account has yours."),
    "cannot_renew": gettext_noop("This cannot renew by itself. Please pay once."),
    "unknown_order": gettext_noop("I cannot find this order. /orders has all of yours."),
    "unknown_region": gettext_noop("We do not sell there at the moment."),
    "promo_refused": gettext_noop(
        "Your code no longer applies. Please look at the price again."
    ),
    "illegal_transition": gettext_noop(
        "This order has moved on meanwhile. Please open it again."
    ),
    "already_subscribed": gettext_noop("You have this already, and it renews by itself."),
    "no_trial": gettext_noop("There is no trial of this any more."),
    "trial_is_used": gettext_noop("You have tried this before; there is one trial for each."),
    "already_held": gettext_noop("You have this already. /account has all of yours."),
    "not_a_gift": gettext_noop("This cannot be given as a gift, sorry."),
    "unknown_gift": gettext_noop("This gift does not exist, or it was withdrawn."),
    "gift_is_used": gettext_noop("Somebody has opened this gift already."),
    "gift_is_over": gettext_noop("This gift was not opened in time, sorry."),
    "gift_is_held": gettext_noop(
        "This gift cannot be opened at present. Please ask who gave it to you."
    ),
    "gift_is_own": gettext_noop(
        "This is your own gift. Pass the link on to the person it is for."
    ),
    "unknown_invite": gettext_noop("This invitation does not exist, or it was withdrawn."),
    "invite_is_used": gettext_noop("Somebody has taken this seat already."),
    "invite_is_over": gettext_noop("This invitation has run out. Please ask for a new link."),
    "invite_is_own": gettext_noop("You share these seats yourself and need none of them."),
    "no_seats": gettext_noop("There are no seats to share at the moment."),
    "seats_are_taken": gettext_noop("All seats are taken. Please ask the owner to make room."),
    "unknown_gift_card": gettext_noop("There is no gift card with this code."),
    "gift_card_is_taken": gettext_noop("Somebody has redeemed this gift card already."),
    "gift_card_refused": gettext_noop("There is nothing to spend on this gift card any more."),
    "not_by_gift_card": gettext_noop("Parcels cannot be paid by gift card, sorry."),
    "no_card_by_gift_card": gettext_noop(
        "A gift card cannot pay for another gift card, sorry."
    ),
    "too_many_tries": gettext_noop("Those were too many wrong codes. Please wait for an hour."),
    "blocked": gettext_noop("Your purchases are on hold. Please write to us with /paysupport."),
}


def meaning(code: str) -> str:
    """Return what the code of a refusal means to a customer."""
    return _(_WORDS.get(code, _GENERAL))


def refusal(error: ShopError, visit: Visit | None) -> Screen | Toast:
    """Put a refusal of the shop into words."""
    words = meaning(error.code)
    if visit is None:
        return Toast(words, is_alert=True)
    wait = _tell_me(error)
    return Screen(text=fill(words), keyboard=(*wait, to_shop(), to_menu()), stays=False)


def _tell_me(error: ShopError) -> Keyboard:
    """Offer to write when what is sold out is back."""
    tier_id = error.context.get("tier_id")
    if error.code != "sold_out" or not isinstance(tier_id, int):
        return ()
    return ((key(_("🔔 Tell me when it is back"), TellMe(tier_id=tier_id)),),)


def stale() -> Screen:
    """Answer a button of an older time."""
    return Screen(text=fill(_(_STALE)), keyboard=(to_shop(), to_menu()))


def command_is_off(visit: Visit) -> Screen:
    """Answer a command that staff switched off."""
    is_shop_open = visit.commands.is_enabled("shop")
    return Screen(
        text=_("This is switched off for the moment."),
        keyboard=(to_shop(), to_menu()) if is_shop_open else (to_menu(),),
    )


def press_start_first() -> Screen:
    """Answer a command that wants a customer the shop knows."""
    return Screen(
        text=_("We have not met yet. Please press /start first."), keyboard=(to_menu(),)
    )


def premium_only(visit: Visit) -> Screen:
    """Answer a command that wants a tier, with an offer."""
    return Screen(
        text=_("This is for Premium customers. Would you like to become one?"),
        keyboard=(to_shop(), to_menu()),
    )


def apology(language: str) -> str:
    """Say that the fault is ours and seen to; plain text of at most 200 characters."""
    with translation.override(language):
        return _(
            "Something went wrong on our side. We are on it; please try again in a minute."
        )
