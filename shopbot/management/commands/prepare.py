"""Get the shop ready to open: tables, a demo for an empty trial, somebody who may sign in."""

from __future__ import annotations

import io
import time
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.models import Product
from shopbot import demo, first_start, health
from shopbot.kernel import clock
from shopbot.kernel.commands import ShopCommand, require_database
from shopbot.processes import answers
from shopbot.settings.addresses import is_local

SIMULATOR_SECONDS = 180


class Command(ShopCommand):
    """Safe to repeat: what is there already is left alone."""

    help = "Migrate; in a trial also load the demo shop, make the admin user, set the webhook."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer an answer for programs."""
        parser.add_argument("--json", action="store_true", help="print how to sign in as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, speaking of what takes longer than a second."""
        self._prepare_database()
        access = self._prepare_trial() if settings.DEBUG else None
        self._set_webhook()
        if options["json"]:
            self.write_json(asdict(access) if access else {})

    def _say(self, text: str) -> None:
        self.stderr.write(text)

    def _prepare_database(self) -> None:
        require_database()
        if any(not found.is_well for found in health.findings() if found.check == "migrations"):
            self._say("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)

    def _prepare_trial(self) -> first_start.AdminAccess:
        if not Product.objects.exists():
            self._say("Loading the demo shop …")
            demo.load(clock.now())
        return first_start.admin_access()

    def _set_webhook(self) -> None:
        if settings.SIMULATOR_ENABLED:
            _await_simulator()
        elif is_local(settings.PUBLIC_URL):
            return
        said = io.StringIO()
        try:
            call_command("set_webhook", stdout=said)
        except CommandError as error:
            self._say(f"The webhook is not as it should be: {error}")


def _await_simulator() -> None:
    deadline = time.monotonic() + SIMULATOR_SECONDS
    while not answers(settings.PORT + 1):
        if time.monotonic() > deadline:
            raise CommandError("the simulator did not come up")
        time.sleep(0.05)
