"""Screens that only read: drawn from the visit alone, without aiogram's objects or a query.

Nine updates of ten are such screens. Registered here they are ordinary aiogram handlers and
also found by a dictionary: the dispatcher draws them without validating the update into
hundreds of fields and without asking every router in turn, which costs more than the screen.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from aiogram import F, Router
from aiogram.filters import Command, CommandObject
from aiogram.filters.callback_data import CallbackData

from telegram_bot.answers import Screen
from telegram_bot.visit import Visit

B = TypeVar("B", bound=CallbackData)

ButtonScreen = Callable[[Visit, Any], Screen | None]
CommandScreen = Callable[[Visit], Screen]


class Browsing:
    """A router whose handlers are pure functions of a visit, with their short way."""

    def __init__(self, name: str) -> None:
        self.router: Final = Router(name=name)
        self.buttons: Final[dict[str, tuple[type[CallbackData], ButtonScreen]]] = {}
        self.commands: Final[dict[str, CommandScreen]] = {}

    def button(self, data: type[B]) -> Callable[[Callable[[Visit, B], Screen]], ButtonScreen]:
        """Draw this screen when a button carrying ``data`` is pressed."""

        def register(draw: Callable[[Visit, B], Screen]) -> ButtonScreen:
            async def handler(_event: object, callback_data: B, visit: Visit) -> Screen:
                return draw(visit, callback_data)

            self.router.callback_query.register(handler, data.filter())
            self.buttons[data.__prefix__] = (data, draw)
            return draw

        return register

    def shortcut(
        self, data: type[B]
    ) -> Callable[[Callable[[Visit, B], Screen | None]], ButtonScreen]:
        """Draw a screen that now and then needs the database.

        None leaves it to the aiogram handler that must stand beside this one.
        """

        def register(draw: Callable[[Visit, B], Screen | None]) -> ButtonScreen:
            self.buttons[data.__prefix__] = (data, draw)
            return draw

        return register

    def command(self, name: str) -> Callable[[CommandScreen], CommandScreen]:
        """Draw this screen for a command, whatever is typed after it."""

        def register(draw: CommandScreen) -> CommandScreen:
            async def handler(_event: object, command: CommandObject, visit: Visit) -> Screen:
                return draw(visit)

            self.router.message.register(handler, Command(name), F.chat.type == "private")
            self.commands[name] = draw
            return draw

        return register

    def draw_button(self, packed: str, visit: Visit) -> Screen | None:
        """Draw what a button's data asks for; None when it is no browsing button."""
        found = self.buttons.get(packed.partition(":")[0])
        if found is None:
            return None
        data, draw = found
        try:
            asked = data.unpack(packed)
        except (TypeError, ValueError):
            return None
        return draw(visit, asked)

    def draw_command(self, command: str, visit: Visit) -> Screen | None:
        """Draw a command's screen; None when it is no browsing command."""
        draw = self.commands.get(command)
        return draw(visit) if draw else None
