"""How do the parts of the simulator make one web application?"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.web_urldispatcher import AbstractRuleMatching, MatchedSubAppResource

from telegram_bot.simulator import bot_routes, control_routes, page_routes, people_routes
from telegram_bot.simulator.api import BotApi
from telegram_bot.simulator.control_routes import as_json
from telegram_bot.simulator.core import DEMO_TOKEN, Core, Timing
from telegram_bot.simulator.delivery import Delivery
from telegram_bot.simulator.errors import ActionRefused
from telegram_bot.simulator.keys import API, CORE, DELIVERY, TIMELINE
from telegram_bot.simulator.people import add_cast
from telegram_bot.simulator.store import Store
from telegram_bot.simulator.timeline import Timeline

BODY_LIMIT = 60 << 20
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Guest:
    """Another application that answers under some paths of the simulator."""

    prefixes: tuple[str, ...]
    app: web.Application


class _UnderPrefixes(AbstractRuleMatching):
    def __init__(self, prefixes: tuple[str, ...]) -> None:
        self._prefixes = prefixes

    async def match(self, request: web.Request) -> bool:
        return request.path.startswith(self._prefixes)

    def get_info(self) -> dict[str, object]:  # type: ignore[override]
        return {"prefixes": self._prefixes}

    @property
    def canonical(self) -> str:
        return "|".join(self._prefixes)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only this machine's own pages and programs in.

    A page of the web could otherwise reach the simulator through the developer's browser,
    by a name of its own that leads to 127.0.0.1.
    """
    host = request.headers.get("Host", "").rpartition(":")
    if (host[0] or host[2]) not in LOOPBACK:
        return web.Response(status=403, text="The simulator answers this machine only.\n")
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method != "GET":
        return web.Response(
            status=403, text="The simulator takes no orders from other sites.\n"
        )
    return await handler(request)


@web.middleware
async def explain_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn a refused action into one clear line of JSON."""
    try:
        return await handler(request)
    except ActionRefused as refusal:
        return as_json({"error": str(refusal)}, status=400)
    except (ValueError, TypeError, IndexError) as error:
        if not request.path.startswith("/control/"):
            raise
        return as_json({"error": f"This can't be read: {error}"}, status=400)


@contextlib.asynccontextmanager
async def _running(job: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(job)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _run_parts(app: web.Application) -> AsyncIterator[None]:
    core = app[CORE]
    async with (
        _running(app[DELIVERY].run()),
        _running(app[TIMELINE].run()),
        _running(core.store.keep_saving(core.state)),
    ):
        yield
    core.store.save(core.state)


async def _say_goodbye(app: web.Application) -> None:
    """End the open event streams: the server would wait for them."""
    app[CORE].hub.publish("bye")


def _welcome(app: web.Application, guest: Guest) -> None:
    """Let another application answer under its paths, with its own start and end."""

    async def run_guest(_: web.Application) -> AsyncIterator[None]:
        await guest.app.startup()
        yield
        await guest.app.shutdown()
        await guest.app.cleanup()

    guest.app.pre_freeze()
    app.router.register_resource(
        MatchedSubAppResource(_UnderPrefixes(guest.prefixes), guest.app)
    )
    app.cleanup_ctx.append(run_guest)


def build_app(
    *,
    state_path: Path | None = None,
    token: str = DEMO_TOKEN,
    timing: Timing | None = None,
    guests: Sequence[Guest] = (),
    with_cast: bool = True,
    clock_file: Path | None = None,
) -> web.Application:
    """Put the simulator together; ``with_cast`` brings in four people on the first start.

    ``clock_file`` is where it says by how many seconds its clock is ahead.
    """
    app = web.Application(middlewares=[guard, explain_refusals], client_max_size=BODY_LIMIT)
    core = Core(Store(state_path), token, timing, clock_file)
    api = BotApi(core)
    delivery = Delivery(core, api.call)
    app[CORE], app[API], app[DELIVERY] = core, api, delivery
    app[TIMELINE] = Timeline(core, delivery)
    for module in (bot_routes, control_routes, people_routes, page_routes):
        app.add_routes(module.routes)
    for guest in guests:
        _welcome(app, guest)
    app.cleanup_ctx.append(_run_parts)
    app.on_shutdown.append(_say_goodbye)
    if with_cast and not core.state.users:
        add_cast(core)
    return app
