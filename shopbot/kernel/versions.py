"""Is a process's copy of the catalog or the prices still the one in the database?

Triggers in the database (``TrackVersion`` of ``shopbot.kernel.operations``) raise the version,
so no writer can forget to: admin, import, shell, bulk update and plain SQL all count.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from shopbot.kernel.statements import fetch_all

T = TypeVar("T")


def current_version(name: str) -> int:
    """Return the version called ``name``, 0 before its first change; one query."""
    rows = fetch_all("SELECT number FROM kernel_dataversion WHERE name = %s", (name,))
    return int(rows[0][0]) if rows else 0


def current_versions() -> dict[str, int]:
    """Return every version there is by its name, 0 for any other; one query."""
    rows = fetch_all("SELECT name, number FROM kernel_dataversion", ())
    return defaultdict(int, rows)


class VersionedCache(Generic[T]):
    """A process's copy of something expensive, read again when its version has moved.

    ``load`` must read at or after the version that it is called for. Two threads may load at
    once; both results are right, the later one stays.
    """

    every: ClassVar[list["VersionedCache[Any]"]] = []

    def __init__(self, name: str, load: Callable[[int], T]) -> None:
        self.name = name
        self._load = load
        self._held: tuple[int, T] | None = None
        self.every.append(self)

    def get(self) -> T:
        """Return the present copy: one query, plus the load's own when it moved."""
        return self.get_at(current_version(self.name))

    def get_at(self, version: int) -> T:
        """Return the copy for a version the caller has just read: no query while it holds."""
        held = self._held
        if held is not None and held[0] == version:
            return held[1]
        value = self._load(version)
        self._held = (version, value)
        return value

    def at_hand(self, version: int) -> T | None:
        """Return the copy if it is of this version already; never a query."""
        held = self._held
        return held[1] if held is not None and held[0] == version else None

    def clear(self) -> None:
        """Forget the copy."""
        self._held = None
