"""``manage.py simulator``: a Telegram of our own, on this machine."""

import asyncio
import importlib.util
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from aiohttp import web
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from telegram_bot.simulator.app import Guest, build_app

LOOPBACK = ("127.0.0.1", "::1", "localhost")
STRIPE_PATHS = ("/stripe-api/", "/stripe-pay/", "/stripe-control/")


class Command(BaseCommand):
    """Run the simulator until interrupted."""

    help = "Run a simulated Telegram: a Bot API server and a chat page. Development only."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen and what to remember."""
        parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
        parser.add_argument("--port", type=int, default=settings.PORT + 1)
        parser.add_argument(
            "--state",
            type=Path,
            default=settings.DATA_DIR / "simulator.json",
            help="file that keeps chats over a restart",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse what would expose it, then serve."""
        if not settings.DEBUG:
            raise CommandError("The simulator runs only with DEBUG on.", returncode=2)
        if options["host"] not in LOOPBACK:
            raise CommandError("The simulator listens on loopback only.", returncode=2)
        app = build_app(
            state_path=options["state"], token=settings.TELEGRAM_BOT_TOKEN, guests=_guests()
        )
        try:
            asyncio.run(self._serve(app, options["host"], options["port"]))
        except OSError as error:
            reason = (
                f"Port {options['port']} on {options['host']} can't be used: {error.strerror}."
            )
            raise CommandError(reason, returncode=2) from error
        except KeyboardInterrupt:
            self.stdout.write("Simulator stopped.")

    async def _serve(self, app: web.Application, host: str, port: int) -> None:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            self.stdout.write(
                f"Simulator: http://{host}:{port}/ (no real Telegram, no real money)"
            )
            await _until_told_to_stop()
        finally:
            await runner.cleanup()


async def _until_told_to_stop() -> None:
    """Return on SIGTERM, so that the state is saved; Ctrl-C ends the run by itself."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


def _guests() -> list[Guest]:
    """The fake Stripe, where it is part of the installation."""
    if importlib.util.find_spec("orders.fake_stripe") is None:
        return []
    module = importlib.import_module("orders.fake_stripe.app")
    return [Guest(prefixes=STRIPE_PATHS, app=module.build_app())]
