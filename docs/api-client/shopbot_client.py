"""A small typed client of the shop's API: copy it into your program and make it yours.

shop = Shop("https://shop.example.com", key="…")
if shop.has(telegram_id=42, entitlement="signals"):
    ...
"""

import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


class ShopProblem(Exception):
    """The shop refused; act on ``code``, which never changes its meaning."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body.get('code')}: {body.get('title')}")
        self.status = status
        self.code: str = body.get("code", "")
        self.context: dict[str, Any] = body.get("context", {})


@dataclass(frozen=True)
class Use:
    """Where a limit stands after a use."""

    used: int
    limit: int | None
    is_over: bool


class Shop:
    """One shop, asked with one key."""

    def __init__(self, url: str, key: str, *, seconds: float = 5) -> None:
        self._url, self._key, self._seconds = url.rstrip("/"), key, seconds
        self._etags: dict[int, tuple[str, dict[str, Any]]] = {}

    def has(self, telegram_id: int, entitlement: str, *, level: str | None = None) -> bool:
        """Tell whether a customer has access now, at ``level`` or a higher one."""
        query = f"?{urlencode({'level': level})}" if level else ""
        path = f"customers/{telegram_id}/entitlements/{entitlement}/{query}"
        return bool(self._call("GET", path)[1]["is_active"])

    def entitlements(self, telegram_id: int) -> dict[str, Any]:
        """Return everything a customer has; an unchanged map is not sent twice."""
        etag, known = self._etags.get(telegram_id, ("", {}))
        headers, body = self._call(
            "GET", f"customers/{telegram_id}/entitlements/", headers={"If-None-Match": etag}
        )
        if body:
            known = body
            self._etags[telegram_id] = (headers["ETag"], body)
        return known

    def consume(
        self, telegram_id: int, privilege: str, amount: int = 1, *, key: str | None = None
    ) -> Use:
        """Count a use; pass your own ``key`` to be able to repeat the call safely.

        Raises:
            ShopProblem: with code ``privilege_used_up`` at a hard limit.
        """
        _, body = self._call(
            "POST",
            f"customers/{telegram_id}/privileges/{privilege}/uses/",
            {"amount": amount},
            headers={"Idempotency-Key": key or uuid.uuid4().hex},
        )
        return Use(used=body["used"], limit=body["limit"], is_over=body["is_over"])

    def grant(
        self, telegram_id: int, entitlement: str, *, level: str, months: int, key: str
    ) -> dict[str, Any]:
        """Grant for months; the same ``key`` grants once."""
        wish = {"entitlement": entitlement, "level": level, "months": months}
        headers = {"Idempotency-Key": key}
        return self._call("POST", f"customers/{telegram_id}/grants/", wish, headers=headers)[1]

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        headers: dict[str, str] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        request = Request(  # noqa: S310  the address is yours
            f"{self._url}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Api-Key {self._key}",
                "Content-Type": "application/json",
                **(headers or {}),
            },
        )
        try:
            with urlopen(request, timeout=self._seconds) as answer:  # noqa: S310
                return answer.headers, json.loads(answer.read())
        except HTTPError as refused:
            with refused:
                if refused.code == 304:
                    return refused.headers, {}
                raise ShopProblem(refused.code, json.loads(refused.read() or b"{}")) from None
