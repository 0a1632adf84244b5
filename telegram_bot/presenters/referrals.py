"""What a friend's link brings."""

from django.utils.translation import gettext as _

from telegram_bot.presenters.wording import fill, percent
from telegram_bot.visit import Visit


def welcome_note(visit: Visit) -> str:
    """Tell a referred customer what they save."""
    terms = visit.book.affiliate
    if not terms.is_active or not terms.discount_bps:
        return ""
    return fill(
        _("🎁 A friend has invited you: you save {percent}."),
        percent=percent(terms.discount_bps),
    )
