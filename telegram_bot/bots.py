"""Which Bot may this event loop use? One each: connections belong to the loop they began on."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final, cast
from weakref import WeakKeyDictionary

from aiogram import Bot
from aiogram.client.telegram import TelegramAPIServer
from django.conf import settings
from django.utils.module_loading import import_string

from telegram_bot.session import JsonSession

#: ``TELEGRAM_SESSION`` names another one where there is no Telegram (tests).
_SESSION: Final = "telegram_bot.session.JsonSession"

_bots: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Bot]] = WeakKeyDictionary()
#: Closed sessions of loops that ended. A new one reads every certificate authority: 40 ms.
_spare: Final[defaultdict[type[JsonSession], list[JsonSession]]] = defaultdict(list)


def bot_of_loop() -> Bot:
    """Return the running loop's Bot, made at its first use."""
    loop = asyncio.get_running_loop()
    bot = _bots.get(loop)
    if bot is None:
        bot = _bots[loop] = Bot(settings.TELEGRAM_BOT_TOKEN, session=_session())
    return bot


def _session() -> JsonSession:
    kind: type[JsonSession] = import_string(getattr(settings, "TELEGRAM_SESSION", _SESSION))
    try:
        session = _spare[kind].pop()
    except IndexError:  # asked for so, since the worker's threads take from one list
        session = kind()
    session.api = TelegramAPIServer.from_base(settings.TELEGRAM_API_URL)
    return session


async def call_telegram(method: str, params: Mapping[str, object]) -> object:
    """Call the Bot API over the running loop's connections; raises as ``JsonSession.call``."""
    bot = bot_of_loop()
    return await cast(JsonSession, bot.session).call(bot, method, dict(params))


async def send_photo(params: Mapping[str, object], content: bytes) -> object:
    """Send a picture over the running loop's connections; raises as ``JsonSession.call``."""
    bot = bot_of_loop()
    return await cast(JsonSession, bot.session).send_photo(bot, dict(params), content)


async def close_bot() -> None:
    """Close the running loop's connections, and keep their session for the next loop."""
    bot = _bots.pop(asyncio.get_running_loop(), None)
    if bot is not None:
        session = cast(JsonSession, bot.session)
        await session.close()
        _spare[type(session)].append(session)


@asynccontextmanager
async def bot_for_a_while() -> AsyncIterator[Bot]:
    """Lend a Bot to a loop that ends soon, and close its connections with it."""
    try:
        yield bot_of_loop()
    finally:
        await close_bot()
