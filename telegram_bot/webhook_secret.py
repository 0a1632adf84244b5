"""Was this request sent by the Telegram that we told our secret to?

The secret is derived from a key of its own, per bot and version, so it rotates: raise the
version in ``TELEGRAM_WEBHOOK_VERSIONS``, keep the old one beside it, run ``set_webhook``, then
drop the old one.
"""

import hashlib
import hmac
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def webhook_secret(*, bot_id: int, version: int) -> str:
    """Return the secret for one bot and key version: 64 hexadecimal digits.

    Raises:
        ImproperlyConfigured: there is no key, so nobody could be told apart.
    """
    return _derive(settings.TELEGRAM_WEBHOOK_KEY, bot_id, version)


def is_genuine(*, bot_id: int, secret: bytes) -> bool:
    """Tell whether a request's secret is one of the bot's, in constant time.

    Bytes, because ``compare_digest`` raises on non-ASCII text, and no early exit, because the
    time taken would tell which version matched.
    """
    is_known = False
    for version in settings.TELEGRAM_WEBHOOK_VERSIONS:
        expected = webhook_secret(bot_id=bot_id, version=version).encode()
        is_known |= hmac.compare_digest(secret, expected)
    return is_known


@lru_cache(maxsize=64)
def _derive(key: str, bot_id: int, version: int) -> str:
    if not key:
        raise ImproperlyConfigured(
            "TELEGRAM_WEBHOOK_KEY is empty: the webhook cannot be guarded"
        )
    message = f"tg-webhook:v{version}:{bot_id}".encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()
