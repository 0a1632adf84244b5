"""``manage.py simulator``: a Telegram of our own, on this machine."""

import asyncio
import signal
import socket
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from aiohttp import web
from django.conf import settings
from django.core.management.base import CommandError

from orders.fake_stripe import app as stripe_app
from shopbot.kernel.commands import ShopCommand
from telegram_bot.simulator.app import Guest, build_app

LOOPBACK = ("127.0.0.1", "::1", "localhost")
STRIPE_PATHS = ("/stripe-api/", "/stripe-pay/", "/stripe-control/")


class Command(ShopCommand):
    """Run the simulator until interrupted."""

    help = "Run a simulated Telegram: a Bot API server and a chat page. Development only."

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
        if options["state"].is_dir():
            raise CommandError(f"--state {options['state']} is a folder.", returncode=2)
        _make_folder(options["state"].parent)
        # First the port, then the state: a second simulator must not touch the first one's.
        listener = _listen(options["host"], options["port"])
        app = build_app(
            state_path=options["state"],
            token=settings.TELEGRAM_BOT_TOKEN,
            guests=_guests(),
            clock_file=settings.CLOCK_FILE,
        )
        host, port = listener.getsockname()[:2]
        self.stdout.write(f"Simulator: http://{host}:{port}/ (no real Telegram, no real money)")
        self.stdout.flush()
        try:
            asyncio.run(_serve(app, listener))
        except KeyboardInterrupt:
            self.stdout.write("Simulator stopped.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"--state: {folder}: {error.strerror}.", returncode=2) from error


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=_family(host))
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).rstrip(".")
        raise CommandError(f"Port {port} can't be used: {reason}.", returncode=2) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


async def _serve(app: web.Application, listener: socket.socket) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        await _until_told_to_stop()
    finally:
        await runner.cleanup()


async def _until_told_to_stop() -> None:
    """Return on SIGTERM, so that the state is saved; Ctrl-C ends the run by itself."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


def _guests() -> list[Guest]:
    """Return the card pages of a Stripe without money."""
    return [Guest(prefixes=STRIPE_PATHS, app=stripe_app.build_app())]
