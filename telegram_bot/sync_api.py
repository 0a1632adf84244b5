"""How does a worker without an event loop call Telegram? One post at a time."""

from typing import Any

import orjson
import requests
from django.conf import settings

from telegram_bot.api_answers import TelegramSilent, read_answer

#: Seconds to connect, then to wait for the answer.
TIMEOUT = (5.0, 15.0)
#: Less than an outbox row is leased for.
UPLOAD_TIMEOUT = (5.0, 45.0)


class SyncApi:
    """The Bot API of the shop's bot, for sweeps and commands; use as a context manager."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._base = f"{settings.TELEGRAM_API_URL.rstrip('/')}/bot{settings.TELEGRAM_BOT_TOKEN}"

    def __enter__(self) -> "SyncApi":
        return self

    def __exit__(self, *_problem: object) -> None:
        self._session.close()

    def upload(self, method: str, params: dict[str, Any], files: dict[str, Any]) -> Any:
        """Post one method with files, for as long as that takes, and return its ``result``.

        Raises:
            TelegramRefused: Telegram declined.
            TelegramSilent: no readable answer came. The text never holds the token.
        """
        try:
            response = self._session.post(
                f"{self._base}/{method}", data=params, files=files, timeout=UPLOAD_TIMEOUT
            )
            answer = orjson.loads(response.content)
        except (requests.RequestException, orjson.JSONDecodeError) as error:
            raise TelegramSilent(f"{method}: {type(error).__name__}") from None
        return read_answer(method, answer)

    def call(self, method: str, params: dict[str, Any]) -> Any:
        """Post one method and return its ``result``.

        Raises:
            TelegramRefused: Telegram declined.
            TelegramSilent: no readable answer came. The text never holds the token.
        """
        try:
            response = self._session.post(
                f"{self._base}/{method}",
                data=orjson.dumps(params),
                headers={"Content-Type": "application/json"},
                timeout=TIMEOUT,
            )
            answer = orjson.loads(response.content)
        except (requests.RequestException, orjson.JSONDecodeError) as error:
            raise TelegramSilent(f"{method}: {type(error).__name__}") from None
        return read_answer(method, answer)
