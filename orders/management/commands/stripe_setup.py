"""Make Stripe deliver to this shop exactly the events that it uses."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from orders.card_findings import webhook_url
from orders.gateways.protocol import GatewayError
from orders.gateways.stripe import from_settings
from orders.gateways.stripe_account import Ensured, Outcome, delete_endpoint, ensure_endpoint
from orders.gateways.stripe_events import API_VERSION, EVENTS


class Command(BaseCommand):
    """Create or update the webhook endpoint; safe to repeat."""

    help = "Create or update Stripe's webhook endpoint of this shop, and print the next step."
    requires_system_checks: list[str] = []

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

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say what is left to do."""
        if not settings.STRIPE_SECRET_KEY:
            raise CommandError("STRIPE_SECRET_KEY is not set.")
        gateway = from_settings()
        url = options["url"] or webhook_url()
        try:
            ensured = ensure_endpoint(gateway.client, url=url)
            if options["retire"]:
                for endpoint_id in ensured.older:
                    delete_endpoint(gateway.client, endpoint_id=endpoint_id)
                    self.stdout.write(f"Deleted the older endpoint {endpoint_id}.")
        except GatewayError as error:
            raise CommandError(str(error)) from error
        mode = "test" if gateway.is_test else "live"
        self.stdout.write(
            f"The {mode} endpoint {ensured.endpoint.id} is {ensured.outcome}: {url},"
            f" {len(EVENTS)} kinds of events, API version {API_VERSION}."
        )
        self.stdout.write(_next_step(ensured, is_retired=options["retire"]))


def _next_step(ensured: Ensured, *, is_retired: bool) -> str:
    if ensured.outcome is Outcome.CREATED:
        present = settings.STRIPE_WEBHOOK_SECRET if ensured.older else ""
        value = ",".join(filter(None, (ensured.secret, present)))
        return (
            "Next: put this line into .env and restart; Stripe shows the secret only now.\n"
            f"STRIPE_WEBHOOK_SECRET={value}"
        )
    if ensured.older and not is_retired:
        return "Next: once the new secret is in use, run manage.py stripe_setup --retire."
    return "Next: run manage.py stripe_check."
