"""What time is it in the simulated Telegram, and how can a test make it later?"""

import asyncio
import contextlib
import time
from pathlib import Path


class Clock:
    """Real time plus an offset that only grows; sleepers wake when it jumps."""

    def __init__(self, offset: float = 0, file: Path | None = None) -> None:
        """Start ``offset`` seconds ahead; ``file`` tells other processes how far that is."""
        self._file = file
        self._jumped = asyncio.Event()
        self.set_offset(offset)

    def set_offset(self, offset: float) -> None:
        """Be so many seconds ahead of real time, and say so to who reads the file."""
        self.offset = offset
        if self._file is not None:
            aside = self._file.with_name(f"{self._file.name}.part")
            aside.write_text(f"{offset:.3f}")
            aside.replace(self._file)

    def now(self) -> float:
        """Unix seconds, simulated."""
        return time.time() + self.offset

    def timestamp(self) -> int:
        """Unix seconds as the Bot API writes dates."""
        return int(self.now())

    def jump_to(self, moment: float) -> None:
        """Make it ``moment``; a moment in the past changes nothing."""
        self.set_offset(max(self.offset, moment - time.time()))
        self.wake()

    def wake(self) -> None:
        """Let every sleeper look at the time again."""
        self._jumped.set()
        self._jumped = asyncio.Event()

    async def sleep_until(self, moment: float) -> None:
        """Return when it is ``moment``, or sooner if the clock jumped: callers look again."""
        pause = moment - self.now()
        if pause <= 0:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._jumped.wait(), pause)
