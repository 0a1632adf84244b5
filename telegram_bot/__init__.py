"""The shop as a Telegram chat: what comes in, what goes out, and the screens between."""

from telegram_bot.lazy_types import LazyTypesFinder

# Nothing but this package imports aiogram, so this comes before whoever does it first.
LazyTypesFinder.install()
