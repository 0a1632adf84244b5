"""Help, terms and language."""

from aiogram import Router

from customers.services import choose_language
from telegram_bot.answers import Screen
from telegram_bot.bridge import in_db
from telegram_bot.browsing import Browsing
from telegram_bot.callbacks import ChooseLanguage, ShowHelp, ShowLanguages, ShowMenu, ShowTerms
from telegram_bot.presenters import languages, menus
from telegram_bot.visit import Visit

browsing = Browsing(name=f"{__name__}.browsing")
router = Router(name=__name__)


@browsing.button(ShowMenu)
def show_menu(visit: Visit, _data: ShowMenu) -> Screen:
    """Lead back to the beginning."""
    return menus.menu(visit)


@browsing.command("help")
def help_command(visit: Visit) -> Screen:
    """Say what the bot can do."""
    return menus.help_page(visit)


@browsing.button(ShowHelp)
def show_help(visit: Visit, _data: ShowHelp) -> Screen:
    """Say what the bot can do."""
    return menus.help_page(visit)


@browsing.command("terms")
def terms_command(_visit: Visit) -> Screen:
    """Show the terms of sale."""
    return menus.terms()


@browsing.button(ShowTerms)
def show_terms(_visit: Visit, _data: ShowTerms) -> Screen:
    """Show the terms of sale."""
    return menus.terms()


@browsing.command("language")
def language_command(visit: Visit) -> Screen:
    """Offer the languages."""
    return languages.choices(visit)


@browsing.button(ShowLanguages)
def show_languages(visit: Visit, _data: ShowLanguages) -> Screen:
    """Offer the languages."""
    return languages.choices(visit)


@router.callback_query(ChooseLanguage.filter())
async def choose(_query: object, callback_data: ChooseLanguage, visit: Visit) -> Screen:
    """Speak the chosen language from this answer on."""
    await in_db(choose_language)(
        customer_id=visit.customer_id, language=callback_data.language, now=visit.at
    )
    return languages.chosen(visit, callback_data.language)
