"""Where is the customer's chat with the shop?"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core.cache import cache

from customers.models import Customer
from orders.gateways.bot_api import BotApi
from orders.gateways.protocol import GatewayError

_KEY: Final = "orders.bot-username"
_KEPT_SECONDS: Final = 24 * 60 * 60
_RETRY_SECONDS: Final = 60


def chat_link(*, customer: Customer | None) -> str:
    """Return the address of the chat; "" when Telegram did not tell the bot's name."""
    if settings.SIMULATOR_ENABLED:
        return f"{settings.SIMULATOR_URL}/?user={customer.telegram_id}" if customer else ""
    username = bot_username()
    return f"https://t.me/{username}" if username else ""


def bot_username() -> str:
    """Return the bot's name, asked of Telegram once a day."""
    known: str | None = cache.get(_KEY)
    if known is not None:
        return known
    api = BotApi(token=settings.TELEGRAM_BOT_TOKEN, base_url=settings.TELEGRAM_API_URL)
    try:
        username = str(api.call("getMe").get("username", ""))
    except GatewayError:
        username = ""
    cache.set(_KEY, username, _KEPT_SECONDS if username else _RETRY_SECONDS)
    return username
