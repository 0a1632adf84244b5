"""The Telegram side as a Django app."""

from django.apps import AppConfig


class TelegramBotConfig(AppConfig):
    """Registers inbox, outbox, commands and conversations."""

    name = "telegram_bot"
    verbose_name = "Telegram"
