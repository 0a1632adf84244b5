"""The face that a person sees: the chat page, from files of this package."""

from pathlib import Path

from aiohttp import web

from telegram_bot.simulator.errors import ActionRefused
from telegram_bot.simulator.keys import CORE

PAGE = Path(__file__).with_name("page")
# Nothing from elsewhere, no inline scripts; the one inline style is a progress bar's width.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
routes = web.RouteTableDef()


def _file(name: str) -> web.Response:
    path = PAGE / name
    if "/" in name or path.suffix not in TYPES or not path.is_file():
        raise web.HTTPNotFound
    return web.Response(
        body=path.read_bytes(),
        content_type=TYPES[path.suffix],
        charset="utf-8",
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"},
    )


@routes.get("/")
async def show_page(request: web.Request) -> web.Response:
    """The chat page."""
    return _file("index.html")


@routes.get("/page/{name}")
async def show_file(request: web.Request) -> web.Response:
    """A script, style or picture of the chat page."""
    return _file(request.match_info["name"])


@routes.get("/favicon.ico")
async def show_icon(request: web.Request) -> web.Response:
    """The page's icon, for browsers that ask without being told."""
    return _file("icon.svg")


@routes.get("/files/{file_id}")
async def show_sent_file(request: web.Request) -> web.Response:
    """A picture or document that the bot sent."""
    core = request.app[CORE]
    file = core.state.files.get(request.match_info["file_id"])
    if file is None:
        raise ActionRefused("There is no such file.")
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    is_picture = file.mime in ("image/png", "image/jpeg", "image/gif", "image/webp")
    if not is_picture:
        name = file.name.encode("ascii", "ignore").decode().replace('"', "")
        headers["Content-Disposition"] = f'attachment; filename="{name or "file"}"'
    return web.Response(
        body=core.store.content(file.unique_id), content_type=file.mime, headers=headers
    )
