"""How does a command say that Telegram refuses, or does not answer?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from shopbot.kernel.commands import REFUSED
from telegram_bot.api_answers import TelegramRefused, TelegramSilent


@contextmanager
def asking_telegram() -> Iterator[None]:
    """Ask within it; what goes wrong becomes one line that says what to do.

    Raises:
        CommandError: exit code 2 for a token that Telegram does not know, else 1.
    """
    try:
        yield
    except TelegramRefused as refusal:
        if refusal.is_unknown_bot:
            raise CommandError(
                f"Telegram knows no bot with this token ({refusal}): correct"
                " TELEGRAM_BOT_TOKEN.",
                returncode=REFUSED,
            ) from None
        raise CommandError(f"Telegram refuses: {refusal}") from None
    except TelegramSilent as silence:
        raise CommandError(
            f"Telegram does not answer: {silence}. See that this machine reaches the network,"
            " and TELEGRAM_API_URL."
        ) from None
