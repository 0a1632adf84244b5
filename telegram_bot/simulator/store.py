"""How does the state outlive the process?

One JSON file, replaced as a whole, so that a reader sees either the old state or the new one.
Contents of files lie in a folder beside it.
"""

import asyncio
import contextlib
import itertools
import os
import threading
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from telegram_bot.simulator.state import State

SAVE_EVERY_SECONDS = 0.25
_STATE = TypeAdapter(State)


class Store:
    """Keeps the state on disk; without a path, only in memory."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._contents: dict[str, bytes] = {}
        self._is_dirty = asyncio.Event()
        # The last save does not wait for a write that is still under way off the loop.
        self._turns = itertools.count(1)
        self._written = 0
        self._writing = threading.Lock()

    def load(self) -> State | None:
        """The state that was saved last, or None when there is none that can be read."""
        if self.path is None or not self.path.exists():
            return None
        try:
            return _STATE.validate_json(self.path.read_bytes())
        except ValidationError:
            # Another version wrote it. Keep it for whoever wants to look, and start afresh.
            self.path.replace(self.path.with_suffix(".unreadable.json"))
            return None

    def touch(self) -> None:
        """Say that the state changed; it is written soon."""
        self._is_dirty.set()

    def save(self, state: State) -> None:
        """Write the state now."""
        self._is_dirty.clear()
        if self.path is not None:
            self._write(_STATE.dump_json(state), next(self._turns))

    async def keep_saving(self, state: State) -> None:
        """Write the state whenever it changed, at most a few times each second."""
        while True:
            await self._is_dirty.wait()
            self._is_dirty.clear()
            if self.path is not None:
                # Serialized on the loop, so that nothing changes underneath; written off it.
                content = _STATE.dump_json(state)
                await asyncio.to_thread(self._write, content, next(self._turns))
            await asyncio.sleep(SAVE_EVERY_SECONDS)

    def _write(self, content: bytes, turn: int) -> None:
        """Replace the file, unless a later state is there already."""
        if self.path is None:
            return
        with self._writing:
            if turn < self._written:
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_name(f"{self.path.name}.{os.getpid()}.draft")
            draft.write_bytes(content)
            draft.replace(self.path)
            self._written = turn

    def _file(self, unique_id: str) -> Path | None:
        return self.path.with_suffix(".files") / unique_id if self.path else None

    def put_content(self, unique_id: str, content: bytes) -> None:
        """Keep a file's bytes."""
        file = self._file(unique_id)
        if file is None:
            self._contents[unique_id] = content
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def content(self, unique_id: str) -> bytes:
        """A file's bytes.

        Raises:
            KeyError: there is no such file.
        """
        file = self._file(unique_id)
        if file is None:
            return self._contents[unique_id]
        with contextlib.suppress(FileNotFoundError):
            return file.read_bytes()
        raise KeyError(unique_id)
