"""How does a test get a simulator of its own?

Use it as a fixture::

    @pytest.fixture
    def sim():
        with running_simulator() as simulator:
            yield simulator
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from aiohttp import web

from telegram_bot.simulator.app import Guest, build_app
from telegram_bot.simulator.client import Simulator
from telegram_bot.simulator.core import DEMO_TOKEN, Timing

START_SECONDS = 10
# Retries hundred times faster than Telegram's; everything else as in life.
FAST = {"retry_scale": 0.01}


class _Served:
    """An application that answers in a thread of its own, on a free port."""

    def __init__(self, app: web.Application) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)
        self.url = ""

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.2)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    def start(self) -> None:
        self._thread.start()
        if not self._started.wait(START_SECONDS):
            raise RuntimeError("the application did not start")

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)


@contextlib.contextmanager
def served(app: web.Application) -> Iterator[str]:
    """Serve any aiohttp application on a free port; yields its address."""
    server = _Served(app)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@contextlib.contextmanager
def running_simulator(
    *,
    state_path: Path | None = None,
    token: str = DEMO_TOKEN,
    timing: Timing | None = None,
    guests: Sequence[Guest] = (),
    clock_file: Path | None = None,
) -> Iterator[Simulator]:
    """Run a simulator with nobody in it; yields the client that drives it.

    Its Bot API is at ``simulator.url``, the token is ``simulator.token``.
    """
    app = build_app(
        state_path=state_path,
        token=token,
        timing=timing or Timing(**FAST),
        guests=guests,
        with_cast=False,
        clock_file=clock_file,
    )
    with served(app) as url:
        yield Simulator(url, token)
