"""What can go wrong in the shop, as codes that never change their meaning."""

from typing import Any, ClassVar


class ShopError(Exception):
    """A refusal that the person or program at the edge can act on.

    ``code`` is stable and safe to show to programs; the message is for logs. ``context`` holds
    JSON values that an edge may weave into its own words (a limit, a currency, a date).
    """

    code: ClassVar[str] = "shop_error"
    #: HTTP status that an API edge answers with.
    status: ClassVar[int] = 400

    def __init__(self, message: str = "", **context: Any) -> None:
        super().__init__(message or self.code)
        self.context = context


class InvalidInput(ShopError):
    """What was typed or sent cannot be read."""

    code = "invalid_input"
    status = 400


class NotFound(ShopError):
    """What was named does not exist, or not for this customer."""

    code = "not_found"
    status = 404


class Refused(ShopError):
    """A rule of the shop forbids it."""

    code = "refused"
    status = 403


class Conflict(ShopError):
    """It no longer fits the present state: read again, then decide again."""

    code = "conflict"
    status = 409


class IllegalTransition(Conflict):
    """The status table has no such move."""

    code = "illegal_transition"


class Busy(ShopError):
    """A lock was not had in time; the same call may succeed in a moment."""

    code = "busy"
    status = 503


class Unavailable(ShopError):
    """Something outside the shop did not answer; the same call may succeed later."""

    code = "unavailable"
    status = 503
