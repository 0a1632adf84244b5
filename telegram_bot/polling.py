"""How does a shop without a public address get its updates? It asks; the intake is the same."""

import asyncio
import logging
from typing import Any, Final, cast

import orjson

from shopbot.kernel import clock
from telegram_bot import intake
from telegram_bot.answers import Call
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.bots import bot_of_loop, call_telegram
from telegram_bot.envelope import SHOP_UPDATES, Json
from telegram_bot.session import JsonSession

logger = logging.getLogger(__name__)

#: Telegram holds an empty answer back for so many seconds; the session waits a little longer.
WAIT_SECONDS: Final = 25
_PATIENCE_SECONDS: Final = WAIT_SECONDS + 10.0

_PAUSE_SECONDS: Final = 3.0


async def poll_once(
    *, offset: int, wait_seconds: int = WAIT_SECONDS, pause_seconds: float = _PAUSE_SECONDS
) -> int:
    """Fetch updates from ``offset`` on, take each in, return the offset to go on from.

    An update that could not be stored is asked for again after a pause: only the next call
    confirms those before it. An empty answer confirmed all of them, so there is nothing to go
    on from: after a week of silence the next number may be a lower one, and an offset above it
    would drop it.

    Raises:
        TelegramRefused, TelegramSilent: none were fetched.
    """
    params: Json = {
        "offset": offset,
        "timeout": wait_seconds,
        "allowed_updates": list(SHOP_UPDATES),
    }
    bot = bot_of_loop()
    session = cast(JsonSession, bot.session)
    updates: list[Json] = await session.call(
        bot, "getUpdates", params, patience=_PATIENCE_SECONDS
    )
    if not updates:
        return 0
    for update in updates:
        answer = await intake.accept(bot_id=bot.id, body=orjson.dumps(update), now=clock.now())
        if answer.status == 503:
            # The update is there at once; asking on and on would not bring the database back.
            await asyncio.sleep(pause_seconds)
            break
        await _carry_out(answer.body)
        await intake.answered(answer, now=clock.now())
        offset = int(update["update_id"]) + 1
    return offset


async def poll_for_ever() -> None:
    """Fetch and take in updates until cancelled; a Telegram that is away is asked again.

    Raises:
        TelegramRefused: it knows no bot with this token, from the start.
    """
    offset, is_alone = 0, False
    while True:
        try:
            if not is_alone:
                # It hands out no updates while it delivers them.
                await call_telegram("deleteWebhook", {})
                is_alone = True
            offset = await poll_once(offset=offset)
        except (TelegramRefused, TelegramSilent) as problem:
            if isinstance(problem, TelegramRefused) and problem.is_unknown_bot and not is_alone:
                raise
            logger.warning("no updates: %s", problem)
            await asyncio.sleep(_PAUSE_SECONDS)


async def _carry_out(body: bytes) -> None:
    """There is no response here for a call to ride in: it is made."""
    if not body:
        return
    reply: dict[str, Any] = orjson.loads(body)
    await intake.call_quietly(Call(reply.pop("method"), reply))
