"""How does the shop call Telegram about money? A tiny synchronous client of the Bot API.

Only what the Stars gateway needs. The bot itself has its own asynchronous client; this one can
be used from a management command or a worker without loading it.
"""

from __future__ import annotations

from typing import Any, Final

import requests

from orders.gateways.protocol import GatewayError

# Connecting, then waiting for the answer, in seconds.
TIMEOUT: Final = (3.05, 10)


class BotApiError(GatewayError):
    """Telegram refused a call; ``description`` is its own word for why."""

    code = "telegram_refused"

    def __init__(
        self, description: str, *, permanent: bool, retry_after: int | None = None
    ) -> None:
        super().__init__(description, permanent=permanent)
        self.description = description
        self.retry_after = retry_after


class BotApi:
    """The Bot API of one bot."""

    def __init__(self, *, token: str, base_url: str) -> None:
        self._token = token
        self._base_url = base_url.rstrip("/")

    def call(self, method: str, **parameters: Any) -> Any:
        """Call one method and return its ``result``, as plain JSON values.

        Raises:
            BotApiError: Telegram refused (permanent), was busy, or was not reached.
        """
        try:
            response = requests.post(
                f"{self._base_url}/bot{self._token}/{method}", json=parameters, timeout=TIMEOUT
            )
            answer = response.json()
        except (requests.RequestException, ValueError) as error:
            # The error's own text holds the address, and the address holds the token.
            raise BotApiError(f"{method}: {type(error).__name__}", permanent=False) from None
        if answer.get("ok"):
            return answer["result"]
        raise self._refusal(method, response.status_code, answer)

    @staticmethod
    def _refusal(method: str, status: int, answer: dict[str, Any]) -> BotApiError:
        error_code = int(answer.get("error_code", status))
        parameters = answer.get("parameters") or {}
        return BotApiError(
            f"{method}: {answer.get('description', 'no description')}",
            permanent=error_code != 429 and error_code < 500,
            retry_after=parameters.get("retry_after"),
        )
