"""How do updates that arrive at once share one commit?

While one statement is under way, those that come in gather; the next statement stores all of
them. Nobody waits who comes alone, and none is answered before its own row is committed.
"""

import asyncio
from collections.abc import Sequence
from typing import Final
from weakref import WeakKeyDictionary

from django.db import DatabaseError, DataError, IntegrityError

from telegram_bot import inbox
from telegram_bot.bridge import in_db
from telegram_bot.inbox import Letter, Stored

#: More in one statement save nothing further and make the first of them wait.
_MOST: Final = 100

Waiting = tuple[Letter, "asyncio.Future[Stored]"]


class Storing:
    """One event loop's updates on their way into the inbox."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def store(self, letter: Letter) -> Stored:
        """Keep an update for good.

        Raises:
            DatabaseError: this one could not be kept.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Stored] = loop.create_future()
        self._waiting.append((letter, future))
        if self._writer is None:
            # It begins after this turn of the loop, and so takes all that came in it.
            self._writer = loop.create_task(self._write())
        return await future

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await _write_together(batch)
        finally:
            self._writer = None


async def _write_together(batch: Sequence[Waiting]) -> None:
    try:
        found = await in_db(inbox.store)([letter for letter, _ in batch])
    except (DataError, IntegrityError) as problem:
        # The database is there and refuses one of them: the others must not suffer for it.
        await _write_apart(batch, problem)
    except Exception as problem:  # noqa: BLE001  handed to each that waits for it
        _fail(batch, problem)
    else:
        for (_, future), stored in zip(batch, found, strict=True):
            if not future.done():
                future.set_result(stored)


async def _write_apart(batch: Sequence[Waiting], problem: DatabaseError) -> None:
    if len(batch) == 1:
        _fail(batch, problem)
        return
    for each in batch:
        await _write_together([each])


def _fail(batch: Sequence[Waiting], problem: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(problem)


_storing: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Storing]] = WeakKeyDictionary()


async def store(letter: Letter) -> Stored:
    """Keep an update for good, with those that came at the same time.

    Raises:
        DatabaseError: this one could not be kept.
    """
    return await _storing.setdefault(asyncio.get_running_loop(), Storing()).store(letter)
