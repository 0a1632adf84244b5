"""Who wants to know that something changed: open pages, and tests that wait?"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from telegram_bot.simulator.state import Json

T = TypeVar("T")
# A page that stopped reading loses its backlog and is told to look at everything again.
BACKLOG = 2000


class Hub:
    """Hands events to every open page and wakes those who wait for a change."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[Json]] = set()
        self._changed = asyncio.Event()

    def publish(self, kind: str, **data: object) -> None:
        """Tell everyone about one change."""
        event: Json = {"kind": kind, **data}
        for page in list(self._pages):
            if page.full():
                while not page.empty():
                    page.get_nowait()
                page.put_nowait({"kind": "resync"})
            page.put_nowait(event)
        self._changed.set()
        self._changed = asyncio.Event()

    @contextlib.contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Json]]:
        """A queue of the events from now on."""
        page: asyncio.Queue[Json] = asyncio.Queue(BACKLOG)
        self._pages.add(page)
        try:
            yield page
        finally:
            self._pages.discard(page)

    async def wait_for(self, look: Callable[[], T | None], timeout: float) -> T | None:  # noqa: ASYNC109
        """Return what ``look`` finds, now or after a change; None after ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            changed = self._changed
            found = look()
            if found is not None:
                return found
            pause = deadline - time.monotonic()
            if pause <= 0:
                return None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), pause)
