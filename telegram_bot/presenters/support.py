"""Questions about payments, and staff's answers."""

from django.utils.translation import gettext as _

from telegram_bot.answers import Screen
from telegram_bot.callbacks import AskSupport, ShowHelp, ShowOrder
from telegram_bot.keyboards import back, key, to_menu
from telegram_bot.presenters.wording import fill, paragraphs, plain


def what_is_it(order_id: int) -> Screen:
    """Ask what the matter is."""
    way_back = ShowOrder(order_id=order_id) if order_id else ShowHelp()
    return Screen(
        text=paragraphs(
            _("💬 What is the matter? Please write it in one message."),
            _("A person reads it and answers you here. /cancel if it has settled itself."),
        ),
        keyboard=(back(way_back),),
    )


def received() -> Screen:
    """Say that a question has arrived."""
    return Screen(
        text=_("✅ Thank you, we have your message. The answer will come to this chat."),
        keyboard=(to_menu(),),
    )


def answer(text: str) -> Screen:
    """Pass on staff's answer, with a way to write back."""
    return Screen(
        text=paragraphs(fill(_("💬 <b>Our answer</b>")), plain(text)),
        keyboard=((key(_("✍️ Write back"), AskSupport()),),),
    )
