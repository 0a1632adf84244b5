"""Django app configuration."""

from django.apps import AppConfig


class TelegramBotConfig(AppConfig):
    """The telegram_bot app."""

    name = "telegram_bot"
