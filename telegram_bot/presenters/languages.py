"""Which language shall it be?"""

from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from customers.languages import Language
from telegram_bot.answers import Screen
from telegram_bot.callbacks import ChooseLanguage
from telegram_bot.keyboards import in_pairs, key, to_menu
from telegram_bot.presenters import menus
from telegram_bot.presenters.wording import plain
from telegram_bot.visit import Visit, in_language

_FLAGS: Final = {"en": "🇬🇧", "ru": "🇷🇺", "de": "🇩🇪", "es": "🇪🇸"}


def choices(visit: Visit) -> Screen:
    """Offer each language under its own name; the one in use is ticked."""
    keys = [
        key(_label(language, visit), ChooseLanguage(language=language.value))
        for language in Language
    ]
    return Screen(
        text=_("🌍 Which language do you like?"), keyboard=(*in_pairs(keys), to_menu())
    )


def chosen(visit: Visit, code: str) -> Screen:
    """Say so in the new language, on the menu in the new language."""
    with translation.override(code):
        return menus.menu(
            in_language(visit, code), note=plain(_("✅ From now on I speak English."))
        )


def _label(language: Language, visit: Visit) -> str:
    tick = "✅ " if language.value == visit.language else ""
    return f"{tick}{_FLAGS[language.value]} {language.label}"
