"""How does code on an event loop reach the database? Here, and nowhere else.

One synchronous block per call runs in a small shared pool, each of whose threads keeps one
Django connection. Where a synchronous caller waits below (``async_to_sync``: tests, sweeps),
the block runs on that caller's thread and connection instead, inside its transaction.
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import AsyncToSync, sync_to_async
from django.db import connections
from django.utils import translation

P = ParamSpec("P")
T = TypeVar("T")

#: Two are enough to keep one core busy; more only adds waiting connections.
THREADS = 4


def in_db(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Return ``function`` as a coroutine function that runs where the database may be used."""

    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        block = partial(_on_connection, function, *args, **kwargs)
        if getattr(AsyncToSync.executors, "current", None) is not None:
            return await sync_to_async(block, thread_sensitive=True)()
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            _pool(), context.run, _in_language, translation.get_language(), block
        )

    return call


def _in_language(language: str | None, block: Callable[[], T]) -> T:
    """Run in the customer's language, which asgiref shows only to the thread that chose it.

    Nothing is put back afterwards: the context is a copy of this call's own.
    """
    if language is None:
        translation.deactivate_all()
    else:
        translation.activate(language)
    return block()


def _on_connection(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Outside a request nobody else drops a connection that the server has closed.

    Within a transaction it must stay: closing it would end the caller's (a test's) work.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
    return function(*args, **kwargs)


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="bot-db")
