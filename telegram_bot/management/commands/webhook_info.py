"""What does Telegram say about our webhook?"""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from shopbot.kernel.commands import ShopCommand
from telegram_bot.asking import asking_telegram
from telegram_bot.registration import differences, wanted_webhook
from telegram_bot.sync_api import SyncApi


class Command(ShopCommand):
    """Show getWebhookInfo, and what of it is not as the shop wants it."""

    help = "Show what Telegram knows about the webhook, and what differs from the settings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the form of the output."""
        parser.add_argument("--json", action="store_true", help="print JSON for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 where Telegram does not answer or has it otherwise than wanted."""
        with asking_telegram(), SyncApi() as api:
            info = api.call("getWebhookInfo", {})
        found = differences(wanted_webhook(), info)
        if options["json"]:
            report = {"webhook": info, "differences": [str(each) for each in found]}
            self.write_json(report)
        else:
            self._print(info)
        if found:
            raise CommandError("\n".join(str(difference) for difference in found))

    def _print(self, info: dict[str, Any]) -> None:
        for name, value in info.items():
            shown = value
            if name.endswith("_date"):
                shown = datetime.fromtimestamp(value, tz=UTC).isoformat()
            self.stdout.write(f"{name:32} {shown}")
