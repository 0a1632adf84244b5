"""Collect the shop's texts from the code and compile their translations."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from shopbot.kernel.commands import ShopCommand
from telegram_bot import texts


class Command(ShopCommand):
    """Update and compile ``locale/``; with ``--check`` only say what is missing."""

    help = "Update locale/ from the code and compile it; --check only tells what is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to change anything."""
        parser.add_argument(
            "--check", action="store_true", help="change nothing, exit 1 if due"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 while something is missing in any language."""
        if not options["check"]:
            template = texts.extract()
            for language in texts.languages():
                texts.update(language, template)
        found = list(texts.problems())
        for problem in found:
            self.stdout.write(str(problem))
        if found:
            raise CommandError(f"{len(found)} texts need a translator")
        self.stdout.write("All texts are there in every language.")
