"""The fake behind Stripe's own SDK, without a port."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from orders.fake_stripe.api import Api, Request
from orders.fake_stripe.faults import NoAnswer


class FakeHTTPClient(stripe.HTTPClient):
    """Hand the SDK's requests to an ``Api``; retries are the SDK's own, without its naps."""

    name = "fake-stripe"

    def __init__(self, api: Api) -> None:
        super().__init__()
        self.api = api

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Answer one attempt.

        Raises:
            APIConnectionError: the fake was asked to break the connection.
        """
        parts = urlsplit(url)
        request = Request(
            method=method.upper(),
            path=parts.path[parts.path.index("/v1") :],
            query=parts.query,
            body=post_data or "",
            headers={name.lower(): value for name, value in (headers or {}).items()},
        )
        try:
            answer = self.api.answer(request)
        except NoAnswer:
            raise stripe.APIConnectionError("Timed out.", should_retry=True) from None  # type: ignore[no-untyped-call]
        return answer.body, answer.status, {k.lower(): v for k, v in answer.headers.items()}

    def _sleep_time_seconds(self, *_args: Any, **_kwargs: Any) -> float:
        return 0.0

    def close(self) -> None:
        """Nothing is open."""
