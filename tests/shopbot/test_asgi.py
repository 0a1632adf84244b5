"""Who answers a request, and what lives as long as the server does."""

import asyncio
import sys
import threading
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import iscoroutinefunction
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils.decorators import sync_and_async_middleware

from shopbot.asgi import Gate, OneThreadHandler, build


def _named(name, heard):
    async def application(scope, receive, send):
        heard.append((name, scope.get("path")))

    return application


def _ask(gate, *paths):
    async def ask():
        for each in paths:
            await gate({"type": "http", "path": each}, None, None)

    asyncio.run(ask())


def test_a_path_is_answered_by_the_longest_prefix_that_names_it():
    heard = []
    routes = {"/telegram/": _named("bot", heard), "/telegram/fast/": _named("fast", heard)}
    gate = Gate(_named("django", heard), routes, [], {})

    _ask(gate, "/telegram/1/webhook/", "/telegram/fast/1/", "/telegramx", "/admin/")

    assert heard == [
        ("bot", "/telegram/1/webhook/"),
        ("fast", "/telegram/fast/1/"),
        ("django", "/telegramx"),
        ("django", "/admin/"),
    ]


def test_what_an_address_stands_on_is_imported_by_the_first_request_to_it():
    heard = []
    gate = Gate(_named("django", heard), {}, [], {"/admin/": "wsgiref.types"})
    sys.modules.pop("wsgiref.types", None)

    _ask(gate, "/healthz")
    assert "wsgiref.types" not in sys.modules

    _ask(gate, "/admin/", "/admin/orders/")
    assert "wsgiref.types" in sys.modules
    assert [path for _, path in heard] == ["/healthz", "/admin/", "/admin/orders/"]


_where = []


@sync_and_async_middleware
def _note(get_response):
    # An asynchronous chain changes threads here.
    assert not iscoroutinefunction(get_response)

    def middleware(request):
        _where.append(threading.get_ident())
        response = get_response(request)
        _where.append(threading.get_ident())
        return response

    return middleware


def _view(request):
    _where.append(threading.get_ident())
    return HttpResponse("plain")


async def _async_view(request):
    _where.append(id(asyncio.get_running_loop()))
    return HttpResponse("async")


urlpatterns = [path("plain/", _view), path("async/", _async_view)]


def _get(handler, address):
    scope = {"type": "http", "method": "GET", "path": address, "headers": []}
    sent, gone = [], asyncio.Event()

    async def receive():
        if sent or receive.asked:
            await gone.wait()
        receive.asked = True
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    async def ask():
        receive.asked = False
        await handler(scope, receive, send)
        return id(asyncio.get_running_loop()), threading.get_ident()

    loop, thread = asyncio.run(ask())
    return b"".join(each.get("body", b"") for each in sent), loop, thread


def test_a_request_stays_in_one_thread_and_an_async_view_in_the_servers_loop():
    middleware = [f"{__name__}._note", "django.middleware.common.CommonMiddleware"] * 2
    with override_settings(MIDDLEWARE=middleware, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"]):
        handler = OneThreadHandler()
        _where.clear()
        body, _, server = _get(handler, "/plain/")
        assert body == b"plain"
        assert len(_where) == 5
        assert len(set(_where)) == 1
        assert server not in _where

        _where.clear()
        body, loop, _ = _get(handler, "/async/")
        assert body == b"async"
        assert _where[2] == loop
        assert len({*_where[:2], *_where[3:]}) == 1


def _lifespan(name, happened):
    @asynccontextmanager
    async def live():
        happened.append(f"{name} in")
        try:
            yield
        finally:
            happened.append(f"{name} out")

    return live


async def _live(gate, happened):
    messages = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive():
        return {"type": next(messages)}

    async def send(message):
        happened.append(message["type"])

    await gate({"type": "lifespan"}, receive, send)


def test_what_lives_with_the_server_is_entered_before_it_serves_and_left_after():
    happened = []
    gate = Gate(None, {}, [_lifespan("bot", happened), _lifespan("pool", happened)], {})

    asyncio.run(_live(gate, happened))

    assert happened == [
        "bot in",
        "pool in",
        "lifespan.startup.complete",
        "pool out",
        "bot out",
        "lifespan.shutdown.complete",
    ]


def test_a_server_that_cannot_start_says_so_and_leaves_what_it_entered():
    happened = []

    @asynccontextmanager
    async def broken():
        raise RuntimeError("no bot")
        yield

    gate = Gate(None, {}, [_lifespan("pool", happened), broken], {})

    with pytest.raises(RuntimeError, match="no bot"):
        asyncio.run(_live(gate, happened))

    assert happened == ["pool in", "lifespan.startup.failed", "pool out"]


@override_settings(
    ASGI_ROUTES={"/fast/": "shopbot.settings.document.listed"},
    ASGI_LIFESPANS=["shopbot.settings.document.main"],
)
def test_the_settings_name_what_stands_ahead_of_django():
    gate = build()

    assert [prefix for prefix, _ in gate._routes] == ["/fast/"]
    assert len(gate._lifespans) == 1
