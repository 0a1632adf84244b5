"""How does a call reach Telegram? As one JSON post over kept connections, and nothing more.

aiogram's own session builds a multipart form and validates each answer; a shop's screens are
plain JSON whose answer is hardly ever read.
"""

from typing import Any

import orjson
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, FormData
from pydantic import TypeAdapter

from telegram_bot.api_answers import TelegramSilent, read_answer

#: A customer waits; what takes longer is left to the retry.
TIMEOUT_SECONDS = 8.0

_JSON = {"Content-Type": "application/json"}


class JsonSession(AiohttpSession):
    """One event loop's connections to the Bot API; after ``close`` another loop may use it."""

    async def create_session(self) -> ClientSession:
        """Return the open connections; no cookie is kept and no packed answer asked for."""
        if self._session is None or self._session.closed:
            self._session = ClientSession(
                connector=self._connector_type(**self._connector_init),
                cookie_jar=DummyCookieJar(),
                skip_auto_headers=("Accept", "Accept-Encoding"),
            )
        return self._session

    async def call(
        self,
        bot: Bot,
        method: str,
        params: dict[str, Any],
        *,
        patience: float = TIMEOUT_SECONDS,
    ) -> Any:
        """Post one method and return its ``result``; ``patience`` is in seconds.

        Raises:
            TelegramRefused: Telegram declined.
            TelegramSilent: no readable answer came in time.
        """
        return await self._post(bot, method, orjson.dumps(params), _JSON, patience)

    async def send_photo(self, bot: Bot, params: dict[str, Any], content: bytes) -> Any:
        """Send a picture of ours (PNG) and return the message; raises as ``call``."""
        form = FormData()
        for name, value in params.items():
            written = value if isinstance(value, str) else orjson.dumps(value).decode()
            form.add_field(name, written)
        form.add_field("photo", content, filename="picture.png", content_type="image/png")
        return await self._post(bot, "sendPhoto", form, {}, TIMEOUT_SECONDS)

    async def _post(
        self,
        bot: Bot,
        method: str,
        body: bytes | FormData,
        headers: dict[str, str],
        patience: float,
    ) -> Any:
        session = await self.create_session()
        url = self.api.api_url(token=bot.token, method=method)
        timeout = ClientTimeout(total=patience)
        try:
            async with session.post(
                url, data=body, headers=headers, timeout=timeout
            ) as response:
                content = await response.read()
            answer = orjson.loads(content)
        except (TimeoutError, ClientError, orjson.JSONDecodeError) as error:
            raise TelegramSilent(f"{method}: {type(error).__name__}") from None
        return read_answer(method, answer)

    async def close(self) -> None:
        """Close the connections and wait for nothing else: aiohttp ends TLS itself by now.

        aiogram sleeps a quarter of a second here, which each sweep would wait for.
        """
        if self._session is not None:
            await self._session.close()

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109  (aiogram's)
    ) -> TelegramType:
        """Serve aiogram's own methods (``bot.me()``) over the same post."""
        params = method.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        result = await self.call(bot, method.__api_method__, params)
        adapter: TypeAdapter[TelegramType] = TypeAdapter(method.__returning__)
        return adapter.validate_python(result, context={"bot": bot})
