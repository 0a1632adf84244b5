"""A demo gateway that fails, or dies, where it is told to."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

from orders.gateways import registry
from orders.gateways.demo import DemoGateway
from orders.gateways.protocol import GatewayError

# The registry's table is data; tests put an entry of their own into it.
GATEWAYS: dict[str, registry.Entry] = registry.GATEWAYS  # type: ignore[assignment]

_failures: defaultdict[str, deque[BaseException]] = defaultdict(deque)
calls: list[str] = []


class Killed(BaseException):
    """The process ends here; nothing may catch it."""


def reset() -> None:
    """Work again."""
    _failures.clear()
    calls.clear()


def fail_next(verb: str, *, times: int = 1, error: BaseException | None = None) -> None:
    """Let the next calls of a verb fail, as a provider that is away unless told otherwise."""
    for _ in range(times):
        _failures[verb].append(error or GatewayError("away", permanent=False))


class FaultyGateway(DemoGateway):
    """The demo gateway with faults; one named ``after:`` strikes once the verb has worked."""

    def open(self, order: Any) -> Any:
        return self._through("open", order)

    def fetch(self, payment: Any) -> Any:
        return self._through("fetch", payment)

    def refund(self, request: Any) -> Any:
        return self._through("refund", request)

    def cancel(self, payment: Any) -> Any:
        return self._through("cancel", payment)

    def _through(self, verb: str, *args: Any) -> Any:
        calls.append(verb)
        _strike(verb)
        result = getattr(super(), verb)(*args)
        _strike(f"after:{verb}")
        return result


def _strike(verb: str) -> None:
    if _failures[verb]:
        raise _failures[verb].popleft()


def from_settings() -> FaultyGateway:
    """Build the gateway."""
    return FaultyGateway(public_url="http://127.0.0.1")
