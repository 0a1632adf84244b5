"""When is an update marked done? A moment after its answer, many in one statement.

A mark that a crash loses only repeats idempotent work. The pause also keeps the mark behind the
answer: whoever dies between the two leaves the update to the retry sweep.
"""

import asyncio
import logging
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

from asgiref.sync import AsyncToSync
from django.db import DatabaseError, InterfaceError

from shopbot.kernel import clock
from telegram_bot import inbox
from telegram_bot.bridge import in_db

logger = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 0.05

#: One statement's worth; a rush is written sooner than the pause ends.
_FULL: Final = 500


class DoneMarks:
    """One event loop's marks that wait to be written."""

    def __init__(self) -> None:
        self._waiting: list[int] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Task[None]] = set()

    def add(self, pk: int) -> None:
        """Write this mark within the pause."""
        self._waiting.append(pk)
        if len(self._waiting) >= _FULL:
            self._start()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(PAUSE_SECONDS, self._start)

    async def flush(self) -> None:
        """Write what waits and what is being written, before the process ends."""
        if self._waiting:
            self._start()
        await asyncio.gather(*self._writing)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pks, self._waiting = self._waiting, []
        task = asyncio.get_running_loop().create_task(_write(pks))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


async def _write(pks: list[int]) -> None:
    try:
        await in_db(inbox.mark_done)(pks=pks, now=clock.now())
    except (DatabaseError, InterfaceError):
        logger.warning("%s updates stay unmarked and will be handled again", len(pks))


_marks: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, DoneMarks]] = WeakKeyDictionary()


def marks_of_loop() -> DoneMarks:
    """Return the running loop's marks."""
    return _marks.setdefault(asyncio.get_running_loop(), DoneMarks())


async def note_done(pk: int, *, now: datetime) -> None:
    """Mark an update done: soon, or at once where the loop ends with its caller."""
    if getattr(AsyncToSync.executors, "current", None) is not None:
        await in_db(inbox.mark_done)(pks=[pk], now=now)
        return
    marks_of_loop().add(pk)
