"""What does the Stripe account itself say, and does its webhook listen to what we use?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final

import stripe

from orders.gateways.stripe_client import asking
from orders.gateways.stripe_events import API_VERSION, EVENTS

#: The version that the installed SDK was made for.
SDK_VERSION: Final = stripe.api_version
_MOST_ENDPOINTS: Final = 100
# The SDK wants each to be one of its literals, which only this list's own test can promise.
_KINDS: Final[Any] = sorted(EVENTS)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One webhook endpoint of the account."""

    id: str
    url: str
    api_version: str
    events: frozenset[str]
    is_enabled: bool

    @property
    def missing(self) -> frozenset[str]:
        """Kinds that the shop needs and this endpoint is not sent."""
        return frozenset() if "*" in self.events else frozenset(EVENTS) - self.events

    @property
    def superfluous(self) -> frozenset[str]:
        """Kinds that this endpoint is sent and the shop passes over."""
        return self.events - frozenset(EVENTS)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What Stripe answers about the account of the shop's key."""

    name: str
    may_charge: bool
    # Stripe's clock minus ours; None when the answer had no date.
    clock_skew: timedelta | None
    endpoints: tuple[Endpoint, ...]
    # Events of the last day that no endpoint has taken yet.
    undelivered: int


class Outcome(StrEnum):
    """What was done to have the right endpoint."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Ensured:
    """The endpoint that now listens to exactly what the shop uses.

    ``secret`` is known only of one just created; ``older`` are endpoints at the same address
    with another version of the API, to be deleted once the new secret is in use.
    """

    endpoint: Endpoint
    outcome: Outcome
    secret: str
    older: tuple[str, ...]


def account_facts(client: stripe.StripeClient, *, now: datetime) -> AccountFacts:
    """Ask what there is to know before the first customer pays.

    Raises:
        GatewayError: the key is wrong, or Stripe was not reached.
    """
    with asking("show the account"):
        answer = client.raw_request("get", "/v1/account")
        account = client.deserialize(answer, api_mode="V1")
        since = int((now - timedelta(days=1)).timestamp())
        undelivered = client.v1.events.list(
            {"delivery_success": False, "created": {"gte": since}, "limit": 100}
        )
    return AccountFacts(
        name=_name(account),
        may_charge=bool(account["charges_enabled"]),
        clock_skew=_skew(answer.headers, now),
        endpoints=endpoints(client),
        undelivered=sum(event.type in EVENTS for event in undelivered.data),
    )


def endpoints(client: stripe.StripeClient) -> tuple[Endpoint, ...]:
    """List every webhook endpoint of the account.

    Raises:
        GatewayError: as above.
    """
    with asking("list the webhook endpoints"):
        listed = client.v1.webhook_endpoints.list({"limit": _MOST_ENDPOINTS})
    return tuple(_endpoint(held) for held in listed.data)


def ensure_endpoint(client: stripe.StripeClient, *, url: str) -> Ensured:
    """Have one endpoint at ``url`` with our version and exactly our events; safe to repeat.

    Stripe never changes the version of an endpoint, so another version means a second one.

    Raises:
        GatewayError: Stripe refused the address, or was not reached.
    """
    here = [held for held in endpoints(client) if held.url == url]
    fitting = [held for held in here if held.api_version == API_VERSION]
    older = tuple(held.id for held in here if held not in fitting[:1])
    if not fitting:
        with asking("create the webhook endpoint"):
            made = client.v1.webhook_endpoints.create(
                {
                    "url": url,
                    "api_version": API_VERSION,
                    "enabled_events": _KINDS,
                    "description": "shopbot",
                }
            )
        return Ensured(_endpoint(made), Outcome.CREATED, made.secret or "", older)
    held = fitting[0]
    if held.is_enabled and held.events == frozenset(EVENTS):
        return Ensured(held, Outcome.UNCHANGED, "", older)
    with asking("update the webhook endpoint"):
        changed = client.v1.webhook_endpoints.update(
            held.id, {"enabled_events": _KINDS, "disabled": False}
        )
    return Ensured(_endpoint(changed), Outcome.UPDATED, "", older)


def delete_endpoint(client: stripe.StripeClient, *, endpoint_id: str) -> None:
    """Let an endpoint of an older version go.

    Raises:
        GatewayError: as above.
    """
    with asking("delete the webhook endpoint"):
        client.v1.webhook_endpoints.delete(endpoint_id)


def _endpoint(held: stripe.WebhookEndpoint) -> Endpoint:
    return Endpoint(
        id=held.id,
        url=held.url,
        api_version=held.api_version or "",
        events=frozenset(held.enabled_events),
        is_enabled=held.status == "enabled",
    )


def _name(account: Any) -> str:
    settings = getattr(account, "settings", None)
    dashboard = getattr(settings, "dashboard", None)
    return str(getattr(dashboard, "display_name", None) or account.id)


def _skew(headers: Any, now: datetime) -> timedelta | None:
    date = {name.lower(): value for name, value in headers.items()}.get("date")
    return parsedate_to_datetime(date) - now if date else None
