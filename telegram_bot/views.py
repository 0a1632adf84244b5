"""The webhook as a Django view, for servers that do not route it ahead of Django."""

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from shopbot.kernel import clock
from telegram_bot import webhook
from telegram_bot.intake import Answer, answered


async def take_in(request: HttpRequest, bot_id: int) -> HttpResponse:
    """Take in one update; answers as ``telegram_bot.asgi`` does, one test suite says so."""
    turned_away = webhook.refusal(
        method=request.method or "",
        bot_id=bot_id,
        # Header bytes arrive as Latin-1 text (PEP 3333); this gives them back.
        secret=request.headers.get(webhook.SECRET_HEADER, "").encode("latin-1", "replace"),
        declared_bytes=_declared_bytes(request),
    )
    if turned_away is not None:
        return _response(turned_away)
    try:
        body = request.body
    except UnreadablePostError:
        return _response(Answer(400))
    answer = await webhook.receive(bot_id=bot_id, body=body)
    await answered(answer, now=clock.now())
    return _response(answer)


def _declared_bytes(request: HttpRequest) -> int:
    declared = request.headers.get("Content-Length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else 0


def _response(answer: Answer) -> HttpResponse:
    return HttpResponse(answer.body, status=answer.status, headers=webhook.headers(answer))
