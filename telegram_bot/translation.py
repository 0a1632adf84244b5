"""Which columns exist once per language."""

from modeltranslation.translator import TranslationOptions, register

from telegram_bot.models import TelegramCommand


@register(TelegramCommand)
class TelegramCommandTranslation(TranslationOptions):
    """The menu speaks the customer's language."""

    fields = ("description",)
