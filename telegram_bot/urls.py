"""The bot's address in Django; ``shopbot.asgi`` takes it first where it is in front."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

app_name = "telegram"


@csrf_exempt
async def webhook(request: HttpRequest, bot_id: int) -> HttpResponse:
    """Take in one update.

    aiogram weighs seconds and 150 MB: it comes with the first update, not with every command
    that only looks at the addresses.
    """
    response: HttpResponse = await import_string("telegram_bot.views.take_in")(request, bot_id)
    return response


urlpatterns = [path("<int:bot_id>/webhook/", webhook, name="webhook")]
