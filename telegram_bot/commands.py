"""Which commands are there, who may use them, and what does the menu say?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from catalog.snapshot import FALLBACK_LANGUAGE
from shopbot.kernel.versions import VersionedCache
from telegram_bot.models import TelegramCommand

#: The version that the database raises with every change to the command table.
VERSION: Final = "telegram"


@dataclass(frozen=True, slots=True)
class CommandView:
    """A command as staff set it."""

    command: str
    category: str
    descriptions: Mapping[str, str]
    requires_auth: bool
    requires_premium: bool
    is_enabled: bool
    is_in_menu: bool

    def description(self, language: str) -> str:
        """Return what the menu says in a language, else in English."""
        return self.descriptions.get(language) or self.descriptions.get(FALLBACK_LANGUAGE, "")


@dataclass(frozen=True, slots=True)
class CommandList:
    """All commands, in menu order."""

    commands: Mapping[str, CommandView]

    def find(self, command: str) -> CommandView | None:
        """Return a command by its name without the slash."""
        return self.commands.get(command)

    def is_enabled(self, command: str) -> bool:
        """The command exists and is switched on."""
        found = self.commands.get(command)
        return found is not None and found.is_enabled

    def enabled(self) -> tuple[CommandView, ...]:
        """Return the commands that are switched on."""
        return tuple(command for command in self.commands.values() if command.is_enabled)

    def menu(self, language: str) -> list[dict[str, str]]:
        """Return what setMyCommands wants for a language."""
        return [
            {"command": command.command, "description": command.description(language)}
            for command in self.enabled()
            if command.is_in_menu
        ]


def load_commands(version: int) -> CommandList:
    """Read the command table; one query. ``version`` is only the cache's."""
    rows = TelegramCommand.objects.all()
    return CommandList(commands={row.command: _view(row) for row in rows})


def command_list() -> CommandList:
    """Return the present commands: one query, and one more when they have changed."""
    return COMMANDS.get()


def _view(row: TelegramCommand) -> CommandView:
    texts = {code: getattr(row, f"description_{code}") for code, _ in settings.LANGUAGES}
    return CommandView(
        command=row.command,
        category=row.category,
        descriptions={code: text for code, text in texts.items() if text},
        requires_auth=row.requires_auth,
        requires_premium=row.requires_premium,
        is_enabled=row.is_enabled,
        is_in_menu=row.is_in_menu,
    )


COMMANDS: Final = VersionedCache(VERSION, load_commands)
