"""Tell Telegram where to deliver updates, and which commands to show."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from shopbot.kernel.commands import ShopCommand
from telegram_bot.asking import asking_telegram
from telegram_bot.commands import command_list
from telegram_bot.registration import set_commands, set_webhook, webhook_address
from telegram_bot.sync_api import SyncApi


class Command(ShopCommand):
    """Set webhook and menus; to be run on every deploy, since repeating it changes nothing."""

    help = "Set the webhook and the command menus, read back what Telegram understood."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the form of the answer."""
        parser.add_argument("--json", action="store_true", help="write JSON for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 2 for a wrong address or token, 1 where Telegram has it otherwise."""
        with asking_telegram(), SyncApi() as api:
            found = set_webhook(api)
            set_commands(api, command_list())
        if found:
            raise CommandError("\n".join(str(difference) for difference in found))
        if options["json"]:
            self.write_json({"webhook": webhook_address(), "differences": []})
        else:
            self.stdout.write(f"Telegram delivers to {webhook_address()}; menus are set.")
