"""The face that a bot sees: ``/bot<token>/<method>`` and ``/file/bot<token>/<path>``."""

import hmac

import orjson
from aiohttp import web

from telegram_bot.simulator.errors import ApiError, LostResponse
from telegram_bot.simulator.keys import API, CORE
from telegram_bot.simulator.parameters import read_parameters
from telegram_bot.simulator.state import Json

routes = web.RouteTableDef()


def _answer(status: int, body: Json) -> web.Response:
    headers = {}
    retry_after = body.get("parameters", {}).get("retry_after")
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return web.Response(
        status=status,
        body=orjson.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def _check_token(request: web.Request) -> None:
    given = request.match_info["token"].encode()
    if not hmac.compare_digest(given, request.app[CORE].token.encode()):
        raise ApiError(401, "Unauthorized")


@routes.route("*", "/bot{token}/{method}")
async def call_method(request: web.Request) -> web.Response:
    """Answer one call; an answer that is to be lost closes the connection instead."""
    try:
        _check_token(request)
        given = await read_parameters(request)
        status, body = await request.app[API].call(request.match_info["method"], given, "http")
    except ApiError as error:
        return _answer(error.code, error.body())
    except LostResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    return _answer(status, body)


@routes.get("/file/bot{token}/{path:.+}")
async def download(request: web.Request) -> web.Response:
    """Give a file that getFile named."""
    core = request.app[CORE]
    try:
        _check_token(request)
    except ApiError as error:
        return _answer(error.code, error.body())
    for file in core.state.files.values():
        if file.path == request.match_info["path"]:
            return web.Response(body=core.store.content(file.unique_id), content_type=file.mime)
    return _answer(404, ApiError(404, "Not Found").body())
