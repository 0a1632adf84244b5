"""What the API refuses by itself; everything else comes from the services."""

from shopbot.kernel.errors import Conflict, InvalidInput, NotFound, Refused, ShopError


class UnknownCustomer(NotFound):
    """Nobody with this Telegram id has ever met the bot."""

    code = "unknown_customer"


class KeyReused(Conflict):
    """The idempotency key carried another request before."""

    code = "idempotency_key_reused"


class KeyNeeded(InvalidInput):
    """The call changes something, so it needs an ``Idempotency-Key`` header."""

    code = "idempotency_key_needed"


class BadInitData(ShopError):
    """The Mini App's start data is not Telegram's, is too old, or is malformed."""

    code = "bad_init_data"
    status = 401


class BadSession(ShopError):
    """The Mini App's session has ended or was never ours."""

    code = "bad_session"
    status = 401


class ScopeMissing(Refused):
    """The key does not cover this call."""

    code = "scope_missing"
