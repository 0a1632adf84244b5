"""How is one call of a bot answered: checked, hit by a fault, acted out, recorded?"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

import structlog

from telegram_bot.simulator.core import Core, LogEntry
from telegram_bot.simulator.errors import ApiError, LostResponse
from telegram_bot.simulator.faults import Fault
from telegram_bot.simulator.methods.registry import METHODS
from telegram_bot.simulator.parameters import Parameters
from telegram_bot.simulator.state import Json
from telegram_bot.simulator.validation import check_call, find_method

logger = structlog.get_logger(__name__)
# Long polls would bury everything else in the inspector.
QUIET = frozenset({"getUpdates"})


class BotApi:
    """Answers calls in the Bot API's own form."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def call(self, name: str, given: Parameters, source: str = "") -> tuple[int, Json]:
        """Answer one call.

        Returns:
            The HTTP status and the body.

        Raises:
            LostResponse: a fault wants the answer to be lost; the call had its effect.
        """
        entry = self._entry(name, given, source)
        started = time.monotonic()
        is_lost = False
        try:
            body: Json = {"ok": True, "result": await self._result(name, given, entry)}
            status = 200
        except ApiError as error:
            body, status, entry.hint = error.body(), error.code, error.hint
        except LostResponse:
            body, status, is_lost = {"ok": True}, 200, True
            entry.hint = "The answer was lost on request."
        except Exception as error:  # the boundary: a bot must see 500, not a dead connection
            logger.exception("simulator failed", method=name)
            body = {"ok": False, "error_code": 500, "description": "Internal Server Error"}
            status, entry.hint = 500, f"The simulator itself failed: {error!r}"
        entry.code, entry.response = status, body
        entry.status = "ok" if status == 200 else "refused"
        entry.milliseconds = round((time.monotonic() - started) * 1000, 1)
        if name not in QUIET or status != 200:
            self._core.show(entry)
        if is_lost:
            raise LostResponse
        return status, body

    def _entry(self, name: str, given: Parameters, source: str) -> LogEntry:
        request = dict(given.values)
        request |= {key: f"<file {file.name}, {len(file.content)} bytes>"
                    for key, file in given.files.items()}  # fmt: skip
        if name in QUIET:
            return LogEntry(0, "call", name, self._core.clock.now(), request=request)
        return self._core.log_entry("call", name, request=request, source=source)

    async def _result(self, name: str, given: Parameters, entry: LogEntry) -> object:
        method = find_method(name)
        entry.title = method.name
        fault = self._core.strike("api", method.name)
        if fault is not None:
            await _fail_before(fault)
        call = check_call(name, given)
        entry.warnings = call.warnings
        action = METHODS.get(method.name)
        if action is None:
            raise ApiError(
                501, f"Not Implemented: the simulator does not act out {method.name}"
            )
        result: object | Awaitable[object] = action(self._core, call)
        if inspect.isawaitable(result):
            result = await result
        if fault is not None and fault.kind == "lost_response":
            raise LostResponse
        return result


async def _fail_before(fault: Fault) -> None:
    """Refuse or delay a call before it has any effect."""
    await asyncio.sleep(fault.seconds if fault.kind == "delay" else 0)
    seconds = max(int(fault.seconds), 1)
    refusals: dict[str, Callable[[], ApiError]] = {
        "429": lambda: ApiError(
            429, f"Too Many Requests: retry after {seconds}", retry_after=seconds
        ),
        "403": lambda: ApiError(403, "Forbidden: bot was blocked by the user"),
        "500": lambda: ApiError(500, "Internal Server Error"),
        "error": lambda: ApiError(fault.code, fault.description),
    }
    if fault.kind in refusals:
        raise refusals[fault.kind]()
