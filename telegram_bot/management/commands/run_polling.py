"""Fetch updates instead of having them delivered."""

import asyncio
from contextlib import suppress
from typing import Any

from shopbot.kernel.commands import ShopCommand
from telegram_bot.asking import asking_telegram
from telegram_bot.bots import close_bot
from telegram_bot.done_marks import marks_of_loop
from telegram_bot.models import TelegramUpdate
from telegram_bot.polling import poll_for_ever


class Command(ShopCommand):
    """Serve the bot where Telegram cannot reach this machine."""

    serves = True
    help = "Fetch updates from Telegram and handle them; for machines without a public address."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until interrupted; exit 2 for a token that Telegram does not know."""
        # Named now, a database that is away or has no tables does not fail each update.
        TelegramUpdate.objects.exists()
        self.stdout.write("Asking Telegram for updates. Ctrl-C ends it.")
        with asking_telegram(), suppress(KeyboardInterrupt):
            asyncio.run(_serve())


async def _serve() -> None:
    try:
        await poll_for_ever()
    finally:
        await marks_of_loop().flush()
        await close_bot()
