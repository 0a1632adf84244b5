"""The bot: its token, its webhook's key, and the simulator that stands in for Telegram."""

from __future__ import annotations

from shopbot.settings.loaded import env

__all__ = [
    "SIMULATOR_ENABLED",
    "SIMULATOR_URL",
    "STAFF_CHAT_ID",
    "STARS_ENABLED",
    "TELEGRAM_API_URL",
    "TELEGRAM_BOT_ID",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_WEBHOOK_KEY",
    "TELEGRAM_WEBHOOK_VERSIONS",
]

_token = env.telegram_bot_token.get_secret_value()

SIMULATOR_ENABLED = env.debug and not _token
SIMULATOR_URL = f"http://127.0.0.1:{env.port + 1}"
# The simulator knows this bot and no other; its token opens nothing anywhere else.
TELEGRAM_BOT_TOKEN = _token or "1000001:DEMO-TOKEN-NOT-A-REAL-BOT-000000000"
TELEGRAM_BOT_ID = int(TELEGRAM_BOT_TOKEN.partition(":")[0])
TELEGRAM_API_URL = env.telegram_api_url or (
    SIMULATOR_URL if SIMULATOR_ENABLED else "https://api.telegram.org"
)
TELEGRAM_WEBHOOK_KEY = env.telegram_webhook_key.get_secret_value()
#: The newest first.
TELEGRAM_WEBHOOK_VERSIONS = tuple(
    int(version) for version in env.telegram_webhook_versions.split(",")
)
STARS_ENABLED = env.stars_enabled
STAFF_CHAT_ID = env.staff_chat_id
