"""How does a call reach Telegram? As one JSON post over kept connections, and nothing more.

aiogram's own session builds a multipart form and validates each answer; a shop's screens are
plain JSON whose answer is hardly ever read.
"""

from typing import Any, cast

import orjson
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiohttp import ClientError, ClientTimeout
from pydantic import TypeAdapter

#: A customer waits; what takes longer is left to the retry.
TIMEOUT_SECONDS = 8.0

_JSON = {"Content-Type": "application/json"}


class TelegramRefused(Exception):
    """Telegram answered, and said no."""

    def __init__(
        self, method: str, code: int, description: str, retry_after: int | None
    ) -> None:
        super().__init__(f"{method}: {code} {description}")
        self.code = code
        self.description = description
        #: Seconds to stay silent, with code 429.
        self.retry_after = retry_after

    @property
    def is_unreachable(self) -> bool:
        """The customer blocked the bot or is gone: no repetition will help."""
        gone = self.code == 400 and "chat not found" in self.description.lower()
        return self.code == 403 or gone

    @property
    def is_unchanged(self) -> bool:
        """The message looks like this already: as good as done."""
        return self.code == 400 and "message is not modified" in self.description

    @property
    def is_temporary(self) -> bool:
        """The same call may succeed later."""
        return self.code == 429 or self.code >= 500


class TelegramSilent(Exception):
    """No answer came: the call may have been carried out or not."""


class JsonSession(AiohttpSession):
    """One event loop's connections to the Bot API."""

    async def call(self, bot: Bot, method: str, params: dict[str, Any]) -> Any:
        """Post one method and return its ``result``.

        Raises:
            TelegramRefused: Telegram declined.
            TelegramSilent: no readable answer came in time.
        """
        session = await self.create_session()
        url = self.api.api_url(token=bot.token, method=method)
        timeout = ClientTimeout(total=TIMEOUT_SECONDS)
        try:
            async with session.post(
                url, data=orjson.dumps(params), headers=_JSON, timeout=timeout
            ) as response:
                content = await response.read()
            answer = orjson.loads(content)
        except (TimeoutError, ClientError, orjson.JSONDecodeError) as error:
            raise TelegramSilent(f"{method}: {type(error).__name__}") from None
        return read_answer(method, answer)

    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: int | None = None
    ) -> TelegramType:
        """Serve aiogram's own methods (``bot.me()``) over the same post."""
        params = method.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        result = await self.call(bot, method.__api_method__, params)
        adapter: TypeAdapter[TelegramType] = TypeAdapter(method.__returning__)
        return cast(TelegramType, adapter.validate_python(result, context={"bot": bot}))


def read_answer(method: str, answer: Any) -> Any:
    """Return the ``result`` of a Bot API answer.

    Raises:
        TelegramRefused: it says ``ok: false``.
        TelegramSilent: it is no Bot API answer at all.
    """
    if not isinstance(answer, dict):
        raise TelegramSilent(f"{method}: the answer is no object")
    if answer.get("ok"):
        return answer.get("result")
    parameters = answer.get("parameters") or {}
    raise TelegramRefused(
        method,
        int(answer.get("error_code") or 0),
        str(answer.get("description") or ""),
        parameters.get("retry_after"),
    )
