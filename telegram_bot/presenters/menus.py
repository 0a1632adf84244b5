"""The main menu, help and terms."""

from django.utils.translation import gettext as _

from telegram_bot.answers import Keyboard, Screen
from telegram_bot.callbacks import (
    AskSupport,
    ShowAccount,
    ShowHelp,
    ShowLanguages,
    ShowOrders,
    ShowShop,
    ShowTerms,
)
from telegram_bot.keyboards import back, key, to_menu, to_shop
from telegram_bot.presenters.wording import fill, lines, paragraphs
from telegram_bot.visit import Visit


def menu(visit: Visit, *, note: str = "") -> Screen:
    """Welcome the customer; ``note`` is said first, as HTML."""
    name = visit.visitor.first_name
    hello = fill(_("👋 Welcome, <b>{name}</b>!"), name=name) if name else fill(_("👋 Welcome!"))
    offer = _("Pick what you like, pay right here, and it is yours at once.")
    return Screen(text=paragraphs(note, hello, offer), keyboard=_menu_keys(visit))


def _menu_keys(visit: Visit) -> Keyboard:
    """Show the ways whose commands are switched on, the shop first and alone."""
    on = visit.commands.is_enabled
    shop = (key(_("🛍 Shop"), ShowShop(), style="primary"),) if on("shop") else ()
    mine = [key(_("📦 My orders"), ShowOrders())] if on("orders") else []
    mine += [key(_("👤 Account"), ShowAccount())] if on("account") else []
    other = [key(_("🌍 Language"), ShowLanguages())] if on("language") else []
    other += [key(_("❓ Help"), ShowHelp())]
    return tuple(row for row in (shop, tuple(mine), tuple(other)) if row)


def help_page(visit: Visit) -> Screen:
    """List the commands that are switched on, and where to ask."""
    listed = (
        fill("/{command} – {what}", command=row.command, what=row.description(visit.language))
        for row in visit.commands.enabled()
        if row.is_in_menu
    )
    return Screen(
        text=paragraphs(
            fill(_("<b>What I can do</b>")),
            lines(listed),
            _("Something is wrong with a payment? Write to us, a person will answer."),
        ),
        keyboard=(
            (key(_("💬 Ask about a payment"), AskSupport()),),
            (key(_("📄 Terms"), ShowTerms()),),
            to_menu(),
        ),
    )


def terms() -> Screen:
    """Show the terms of sale."""
    points = (
        _("You pay the price shown before you confirm, never another."),
        _("What you bought is yours as soon as the payment arrives."),
        _("Access by the month ends on the day that /account shows, unless you let it renew."),
        _("With /paysupport you reach us about any payment. Telegram cannot help with it."),
        _("A refund ends the access that was paid with it."),
    )
    return Screen(
        text=paragraphs(
            fill(_("<b>Terms of sale</b>")), lines(f"• {point}" for point in points)
        ),
        keyboard=(back(ShowHelp()),),
    )


def hint() -> Screen:
    """Answer what nobody asked for."""
    return Screen(
        text=_("I did not quite get that. The buttons below know the way."),
        keyboard=(to_shop(), (key(_("❓ Help"), ShowHelp()),)),
    )


def nothing_to_stop() -> Screen:
    """Answer /cancel where nothing was going on."""
    return Screen(text=_("There is nothing to cancel."), keyboard=(to_shop(), to_menu()))


def stopped() -> Screen:
    """Answer /cancel."""
    return Screen(text=_("All right, forgotten."), keyboard=(to_shop(), to_menu()))
