"""What should go wrong on request, and how often?"""

from dataclasses import asdict, dataclass
from typing import Literal

from telegram_bot.simulator.state import Json

ApiFaultKind = Literal["429", "403", "500", "error", "lost_response", "delay"]
DeliveryFaultKind = Literal["duplicate", "lost_response", "delay", "out_of_order", "drop"]
API_KINDS: tuple[str, ...] = ("429", "403", "500", "error", "lost_response", "delay")
DELIVERY_KINDS: tuple[str, ...] = (
    "duplicate", "lost_response", "delay", "out_of_order", "drop",
)  # fmt: skip
ALWAYS = -1


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    ``where`` is "api" (a bot's call; ``target`` is a method) or "delivery" (an update on its
    way; ``target`` is an update's kind); "*" hits any. The first ``after`` hits pass, the next
    ``times`` fail; -1 means until it is taken away.
    """

    id: int
    where: Literal["api", "delivery"]
    kind: str
    target: str = "*"
    after: int = 0
    times: int = 1
    seconds: float = 1
    copies: int = 2
    code: int = 400
    description: str = "Bad Request: the simulator was told to refuse this"

    def as_json(self) -> Json:
        """The fault as the control API shows it."""
        return asdict(self)


class Faults:
    """The faults that are switched on now."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._next_id = 1

    def add(self, where: Literal["api", "delivery"], kind: str, **details: object) -> Fault:
        """Switch one on.

        Raises:
            ValueError: the kind or a detail is unknown.
        """
        known = API_KINDS if where == "api" else DELIVERY_KINDS
        if kind not in known:
            raise ValueError(f"{where} has no fault {kind!r}; there are {', '.join(known)}")
        try:
            fault = Fault(id=self._next_id, where=where, kind=kind, **details)  # type: ignore[arg-type]
        except TypeError as error:
            raise ValueError(f"a fault has no such detail: {error}") from error
        self._next_id += 1
        self._faults.append(fault)
        return fault

    def remove(self, fault_id: int) -> None:
        """Switch one off."""
        self._faults = [fault for fault in self._faults if fault.id != fault_id]

    def clear(self) -> None:
        """Switch all off."""
        self._faults = []

    def all(self) -> list[Json]:
        """Those that may still strike."""
        return [fault.as_json() for fault in self._faults]

    def strike(self, where: str, target: str) -> Fault | None:
        """Take the fault that hits this call or update, if one does."""
        for fault in self._faults:
            if fault.where != where or fault.target.lower() not in ("*", target.lower()):
                continue
            if fault.after:
                fault.after -= 1
                continue
            if fault.times > 0:
                fault.times -= 1
            if fault.times == 0:
                self._faults.remove(fault)
            return fault
        return None
