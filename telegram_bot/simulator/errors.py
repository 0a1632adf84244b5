"""How does the simulator say no: to a bot, and to whoever drives it?"""

from typing import Any


class ApiError(Exception):
    """A refusal in the Bot API's own form.

    ``hint`` is for people who read the inspector; Telegram would not send it, so neither do we.
    """

    def __init__(
        self, code: int, description: str, *, hint: str = "", **parameters: int
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.hint = hint
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The JSON that a bot receives."""
        answer: dict[str, Any] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


class LostResponse(Exception):
    """The call had its effect, and its answer is to be lost on the way."""


class ActionRefused(Exception):
    """A customer or a test asked for something that Telegram's own app would not allow."""


def bad_request(description: str, *, hint: str = "", **parameters: int) -> ApiError:
    """Build the commonest refusal: 400 with the prefix that every such answer has."""
    return ApiError(400, f"Bad Request: {description}", hint=hint, **parameters)


def forbidden(description: str) -> ApiError:
    """Build a 403: the bot may not write there."""
    return ApiError(403, f"Forbidden: {description}")
