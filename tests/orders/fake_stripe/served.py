"""The fake on a real port, and an endpoint that hears what it delivers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

import requests
from aiohttp import web

from orders.fake_stripe.api import Api
from orders.fake_stripe.app import Endpoint, build_app
from orders.fake_stripe.checkout_pages import API


class Served:
    """The application in a thread of its own, on a free port."""

    def __init__(
        self,
        *,
        endpoint: Endpoint | None = None,
        state_file: Path | None = None,
        api: Api | None = None,
    ) -> None:
        self.app = build_app(
            base_url="http://127.0.0.1:1", endpoint=endpoint, state_file=state_file, api=api
        )
        self.api = self.app[API]
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._runner: web.AppRunner | None = None

    def __enter__(self) -> Served:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        assert self._runner is not None
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _start(self) -> None:
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self.api.world.pay_url = f"{self.url}/stripe-pay"

    def control(self, path: str, **said: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/stripe-control/{path}", json=said, timeout=5)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


class Listener:
    """A little server that keeps what is posted to it, and answers as told."""

    def __init__(self, answer: Callable[[], int] = lambda: 200) -> None:
        self.heard: list[tuple[bytes, dict[str, str]]] = []
        self.news = threading.Condition()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with listener.news:
                    listener.heard.append((body, dict(self.headers)))
                    listener.news.notify_all()
                self.send_response(answer())
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/payments/stripe/webhook/"

    def wait_for(self, count: int) -> list[tuple[bytes, dict[str, str]]]:
        with self.news:
            assert self.news.wait_for(lambda: len(self.heard) >= count, timeout=5)
            return list(self.heard)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
