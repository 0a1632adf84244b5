"""What does the web server run?

Paths of ``ASGI_ROUTES`` are answered ahead of Django, whose empty view alone costs more than a
whole webhook may; everything else is Django. Entering and leaving ``ASGI_LIFESPANS`` gives
parts of the shop a place for what lives as long as the server's event loop. What
``ASGI_ON_DEMAND`` names is imported in a thread by the first request below its path, so that
updates are answered meanwhile.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from importlib import import_module
from typing import Any, cast

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Lifespan = Callable[[], AbstractAsyncContextManager[object]]


class OneThreadHandler(ASGIHandler):
    """Django, with the middleware and the view of a request in one thread.

    Django's own runs what may be asynchronous in the event loop and all else in a thread, so it
    changes threads at nearly each middleware, twice. That was half of what a request cost.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the chain as for WSGI, whatever is asked for."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the request's thread; an asynchronous view still has the server's loop."""
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


class Gate:
    """Sends each request to the application that answers its path."""

    def __init__(
        self,
        django: Application,
        routes: Mapping[str, Application],
        lifespans: Sequence[Lifespan],
        on_demand: Mapping[str, str],
    ) -> None:
        """Take the applications; longer prefixes are asked first."""
        self._django = django
        self._routes = sorted(routes.items(), key=lambda route: -len(route[0]))
        self._lifespans = tuple(lifespans)
        self._on_demand = dict(on_demand)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or the server's own life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        application = self._application_for(scope)
        if application is self._django:
            await self._load(scope.get("path", ""))
        await application(scope, receive, send)

    async def _load(self, path: str) -> None:
        for prefix, module in tuple(self._on_demand.items()):
            if path.startswith(prefix):
                await asyncio.to_thread(import_module, module)
                self._on_demand.pop(prefix, None)

    def _application_for(self, scope: Scope) -> Application:
        path = scope.get("path", "")
        for prefix, application in self._routes:
            if path.startswith(prefix):
                return application
        return self._django

    async def _live(self, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as stack:
            await receive()
            try:
                for lifespan in self._lifespans:
                    await stack.enter_async_context(lifespan())
            except Exception as error:  # process boundary: the server must be told why
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                raise
            # What is loaded by now stays for good: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def build() -> Gate:
    """Load Django and everything that the settings name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopbot.settings.production")
    django.setup(set_prefix=False)
    return Gate(
        cast("Application", OneThreadHandler()),
        {prefix: import_string(path) for prefix, path in settings.ASGI_ROUTES.items()},
        [import_string(path) for path in settings.ASGI_LIFESPANS],
        settings.ASGI_ON_DEMAND,
    )


application = build()
