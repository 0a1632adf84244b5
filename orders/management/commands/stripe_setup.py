"""Make Stripe deliver to this shop exactly the events that it uses."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError

from orders.card_findings import webhook_url
from orders.gateways.protocol import GatewayError
from orders.gateways.stripe import from_settings
from orders.gateways.stripe_account import Ensured, Outcome, delete_endpoint, ensure_endpoint
from orders.gateways.stripe_events import API_VERSION, EVENTS
from shopbot.kernel.commands import REFUSED, ShopCommand
from shopbot.kernel.errors import InvalidInput


class Command(ShopCommand):
    """Create or update the webhook endpoint; safe to repeat."""

    help = "Create or update Stripe's webhook endpoint of this shop, and print the next step."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Another address, and the end of a change of version."""
        parser.add_argument(
            "--url", default="", help="the webhook's address, if not PUBLIC_URL"
        )
        parser.add_argument(
            "--retire",
            action="store_true",
            help="delete endpoints of other versions here, once the new secret is in use",
        )
        parser.add_argument("--json", action="store_true", help="write JSON for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say what is left to do."""
        if not settings.STRIPE_SECRET_KEY:
            raise CommandError(
                "STRIPE_SECRET_KEY: is not set (see docs/payments.md)", returncode=REFUSED
            )
        gateway = from_settings()
        url = options["url"] or webhook_url()
        if not (urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc):
            raise InvalidInput(f"{url!r} is not an address such as https://shop.example.com/")
        try:
            ensured = ensure_endpoint(gateway.client, url=url)
            if options["retire"]:
                for endpoint_id in ensured.older:
                    delete_endpoint(gateway.client, endpoint_id=endpoint_id)
        except GatewayError as error:
            # Stripe's own words run over several lines.
            raise CommandError(" ".join(str(error).split())) from error
        mode = "test" if gateway.is_test else "live"
        retired = ensured.older if options["retire"] else ()
        if options["json"]:
            self.write_json(_document(ensured, mode=mode, retired=retired))
            return
        for endpoint_id in retired:
            self.stdout.write(f"Deleted the older endpoint {endpoint_id}.")
        self.stdout.write(
            f"The {mode} endpoint {ensured.endpoint.id} is {ensured.outcome}: {url},"
            f" {len(EVENTS)} kinds of events, API version {API_VERSION}."
        )
        self.stdout.write(_next_step(ensured, is_retired=options["retire"]))


def _document(ensured: Ensured, *, mode: str, retired: tuple[str, ...]) -> dict[str, Any]:
    return {
        "endpoint": ensured.endpoint.id,
        "url": ensured.endpoint.url,
        "mode": mode,
        "outcome": ensured.outcome,
        "webhook_secret": _secrets(ensured),
        "older": [each for each in ensured.older if each not in retired],
        "retired": list(retired),
    }


def _secrets(ensured: Ensured) -> str:
    """Return the new value of STRIPE_WEBHOOK_SECRET; empty where it stays what it is."""
    if ensured.outcome is not Outcome.CREATED:
        return ""
    present = settings.STRIPE_WEBHOOK_SECRET if ensured.older else ""
    return ",".join(filter(None, (ensured.secret, present)))


def _next_step(ensured: Ensured, *, is_retired: bool) -> str:
    if ensured.outcome is Outcome.CREATED:
        return (
            "Next: put this line into .env and restart; Stripe shows the secret only now.\n"
            f"STRIPE_WEBHOOK_SECRET={_secrets(ensured)}"
        )
    if ensured.older and not is_retired:
        return "Next: once the new secret is in use, run manage.py stripe_setup --retire."
    return "Next: run manage.py stripe_check."
