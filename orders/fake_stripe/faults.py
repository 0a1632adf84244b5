"""How does a test make this Stripe fail?"""

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What goes wrong with one request."""

    ERROR_500 = "500"
    TOO_MANY = "429"
    CONFLICT = "409"
    #: Nothing happened, nobody answered.
    TIMEOUT_BEFORE = "timeout_before"
    #: It happened, and the answer was lost.
    TIMEOUT_AFTER = "timeout_after"


class NoAnswer(Exception):
    """The connection broke: the caller cannot know whether anything happened."""


@dataclass(slots=True)
class Fault:
    """Something to go wrong ``times`` times, in requests whose operation begins so."""

    operation: str
    kind: FaultKind
    times: int = 1


class Faults:
    """The faults that were asked for and have not happened yet."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def ask(self, operation: str, kind: FaultKind | str, *, times: int = 1) -> None:
        """Let the next requests fail whose "METHOD /path" begins with ``operation``."""
        self.waiting.append(Fault(operation, FaultKind(kind), times))

    def take(self, operation: str) -> FaultKind | None:
        """Return what goes wrong with this request, once for each time asked."""
        for fault in self.waiting:
            if operation.startswith(fault.operation):
                fault.times -= 1
                if fault.times == 0:
                    self.waiting.remove(fault)
                return fault.kind
        return None
