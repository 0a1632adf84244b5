"""What a link brings: a friend's discount, or a promo code."""

from django.utils.translation import gettext as _

from pricing.explain_text import refusal_text
from telegram_bot.presenters.wording import fill, percent
from telegram_bot.visit import Visit


def code_kept_note(code: str) -> str:
    """Say that a code from a link is kept."""
    return fill(
        _("🎟 Your code <b>{code}</b> is noted: prices are shown with it."), code=code.upper()
    )


def code_note(visit: Visit, reason: str) -> str:
    """Say why a code from a link does not apply."""
    return fill("🎟 {why}", why=refusal_text(reason, visit.language))


def welcome_note(visit: Visit) -> str:
    """Tell a referred customer what they save."""
    terms = visit.book.affiliate
    if not terms.is_active or not terms.discount_bps:
        return ""
    return fill(
        _("🎁 A friend has invited you: you save {percent}."),
        percent=percent(terms.discount_bps),
    )
