"""How does Stripe say no?"""

from typing import Any


class StripeRefusal(Exception):
    """One error answer of the API, with the status, type, code and words that Stripe uses."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.extra = extra or {}

    def body(self) -> dict[str, Any]:
        """Return the JSON of the answer."""
        error = {"message": self.message, "type": self.kind}
        if self.code:
            error["code"] = self.code
        if self.param:
            error["param"] = self.param
        return {"error": {**error, **self.extra}}


def missing(kind: str, identifier: str, *, param: str = "id") -> StripeRefusal:
    """Return the refusal of an id that names nothing."""
    return StripeRefusal(
        f"No such {kind}: '{identifier}'",
        status=404,
        code="resource_missing",
        param=param,
    )
