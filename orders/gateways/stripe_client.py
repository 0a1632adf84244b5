"""How is Stripe called, and what does each of its errors mean to the shop?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import stripe

from orders.gateways.protocol import GatewayError
from orders.gateways.stripe_events import API_VERSION

#: Seconds to connect and to wait for an answer; the SDK's 80 are too long for a customer.
TIMEOUT: Final = (3, 15)
#: The client's own default is none at all.
RETRIES: Final = 2

# The same request may succeed later; everything else is for a person to look at. A wrong key is
# among them: what waited is done once the owner has put the right one in.
_PASSING: Final = (
    stripe.APIConnectionError,
    stripe.APIError,
    stripe.RateLimitError,
    stripe.AuthenticationError,
    stripe.PermissionError,
)
_PASSING_CODES: Final = frozenset({"lock_timeout", "idempotency_key_in_use", "rate_limit"})


def build_client(
    api_key: str, *, api_url: str = "", http_client: stripe.HTTPClient | None = None
) -> stripe.StripeClient:
    """Return a client that waits briefly, repeats safely and speaks the pinned version."""
    return stripe.StripeClient(
        api_key,
        stripe_version=API_VERSION,
        max_network_retries=RETRIES,
        base_addresses={"api": api_url} if api_url else {},
        http_client=http_client or stripe.RequestsClient(timeout=TIMEOUT),
    )


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Turn the SDK's errors into the shop's while asking Stripe to do ``what``.

    Raises:
        GatewayError: permanent unless the same request may succeed later.
    """
    try:
        yield
    except stripe.StripeError as error:
        raise GatewayError(
            f"Stripe would not {what}: {error.user_message or error}",
            permanent=not may_pass(error),
            stripe_code=error.code or "",
            request_id=error.request_id or "",
        ) from error


def may_pass(error: stripe.StripeError) -> bool:
    """Whether the same request may succeed later."""
    if error.code in _PASSING_CODES or error.http_status in {409, 429}:
        return True
    return isinstance(error, _PASSING)


def is_missing(error: stripe.StripeError, param: str) -> bool:
    """Whether Stripe refused because what ``param`` names does not exist there."""
    return (
        isinstance(error, stripe.InvalidRequestError)
        and error.code == "resource_missing"
        and error.param == param
    )
