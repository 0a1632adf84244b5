"""What is wrong with taking cards through Stripe, and what should the owner do about it?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from orders.gateways.protocol import GatewayError
from orders.gateways.stripe import StripeGateway, from_settings
from orders.gateways.stripe_account import (
    SDK_VERSION,
    AccountFacts,
    Endpoint,
    account_facts,
)
from orders.gateways.stripe_events import API_VERSION
from shopbot.health import Finding

#: A signature older than five minutes is refused; well before that somebody should know.
LARGEST_SKEW: Final = timedelta(seconds=60)
_SETUP: Final = "Run: manage.py stripe_setup"


def webhook_url() -> str:
    """Return where Stripe delivers its events to this shop."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/payments/stripe/webhook/"


def card_findings(*, now: datetime) -> Iterator[Finding]:
    """Yield what holds and what does not, first by ourselves, then by asking Stripe."""
    if not settings.STRIPE_SECRET_KEY:
        yield Finding(
            "stripe key",
            "STRIPE_SECRET_KEY is not set: no card payments",
            "Copy the secret key from Stripe (Developers, API keys) into .env.",
        )
        return
    gateway = from_settings()
    yield _key(gateway)
    yield _secret()
    yield _address()
    yield _version()
    try:
        facts = account_facts(gateway.client, now=now)
    except GatewayError as error:
        remedy = "Check the key and the network; the same key must be in .env and at Stripe."
        yield Finding("stripe account", str(error), remedy)
        return
    yield from _account(facts)
    yield from _endpoint(facts.endpoints)
    yield _delivery(facts)


def _key(gateway: StripeGateway) -> Finding:
    key = settings.STRIPE_SECRET_KEY
    if key.startswith(("pk_", "whsec_")):
        remedy = "STRIPE_SECRET_KEY begins with sk_ or rk_."
        return Finding("stripe key", "this is not the secret key", remedy)
    if settings.DEBUG and not gateway.is_test:
        remedy = "Use a test key (sk_test_) on this machine."
        return Finding("stripe key", "a live key while DEBUG is on: real money moves", remedy)
    if not settings.DEBUG and gateway.is_test:
        remedy = "Use the live key (sk_live_), then run manage.py stripe_setup."
        return Finding("stripe key", "a test key while DEBUG is off: no money moves", remedy)
    return Finding("stripe key")


def _secret() -> Finding:
    listed = [each.strip() for each in settings.STRIPE_WEBHOOK_SECRET.split(",")]
    wrong = [each for each in listed if not each.startswith("whsec_")]
    if wrong:
        return Finding(
            "stripe webhook secret",
            "STRIPE_WEBHOOK_SECRET is missing or not what stripe_setup printed",
            "It begins with whsec_; several have commas between them, the newest first.",
        )
    return Finding("stripe webhook secret")


def _address() -> Finding:
    if settings.STRIPE_API_URL and not settings.STRIPE_IS_SIMULATED:
        fault = f"asks {settings.STRIPE_API_URL} instead of Stripe"
        return Finding("stripe address", fault, "Remove STRIPE_API_URL from .env.")
    return Finding("stripe address")


def _version() -> Finding:
    if SDK_VERSION != API_VERSION:
        fault = f"the installed SDK speaks {SDK_VERSION}, the shop {API_VERSION}"
        return Finding("stripe version", fault, "Install what requirements.txt names.")
    return Finding("stripe version")


def _account(facts: AccountFacts) -> Iterator[Finding]:
    if facts.may_charge:
        yield Finding("stripe account")
    else:
        fault = f"{facts.name} may not charge yet"
        remedy = "Finish the account's activation in Stripe's dashboard."
        yield Finding("stripe account", fault, remedy)
    if facts.clock_skew is not None and abs(facts.clock_skew) > LARGEST_SKEW:
        seconds = int(facts.clock_skew.total_seconds())
        fault = f"this machine's clock is {seconds} seconds away from Stripe's"
        yield Finding("clock", fault, "Turn time synchronization (NTP) on.")
    else:
        yield Finding("clock")


def _endpoint(held: tuple[Endpoint, ...]) -> Iterator[Finding]:
    here = [each for each in held if each.url == webhook_url()]
    right = [each for each in here if each.api_version == API_VERSION]
    if not here:
        yield Finding("stripe webhook", f"no endpoint at {webhook_url()}", _SETUP)
    elif not right:
        fault = f"the endpoint speaks {here[0].api_version or 'the account’s version'}"
        yield Finding("stripe webhook", f"{fault}, the shop {API_VERSION}", _SETUP)
    elif not right[0].is_enabled:
        yield Finding("stripe webhook", "the endpoint is switched off", _SETUP)
    elif right[0].missing:
        listed = ", ".join(sorted(right[0].missing))
        yield Finding("stripe webhook", f"the endpoint is not sent: {listed}", _SETUP)
    elif right[0].superfluous:
        listed = ", ".join(sorted(right[0].superfluous))
        yield Finding("stripe webhook", f"the endpoint is also sent: {listed}", _SETUP)
    else:
        yield Finding("stripe webhook")
    if len(here) > 1:
        fault = f"{len(here)} endpoints at one address: every event arrives as often"
        yield Finding("stripe endpoints", fault, "Run: manage.py stripe_setup --retire")


def _delivery(facts: AccountFacts) -> Finding:
    if facts.undelivered:
        fault = f"{facts.undelivered} events of the last day were not taken"
        remedy = (
            "Look at the endpoint's log in Stripe's dashboard, then run: manage.py reconcile"
        )
        return Finding("stripe delivery", fault, remedy)
    return Finding("stripe delivery")
