"""Open the shop on this machine: every process that it needs, in one command."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from catalog.models import Product
from shopbot import demo, first_start, health
from shopbot.kernel import clock
from shopbot.processes import (
    Program,
    Troupe,
    answers,
    manage,
    module,
    port_is_free,
    stops_on_signals,
    wait_until,
)


class Command(BaseCommand):
    """Migrate, fill an empty shop with the demo, start everything, and stop it together."""

    help = "Open the shop: web server, simulator, Celery worker and beat. Ctrl-C stops it all."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C, or until one of the processes dies."""
        self._refuse_used_ports()
        stopping = stops_on_signals()
        self._prepare_database()
        access = self._prepare_shop()
        connection.close()
        troupe = Troupe()
        try:
            self._start(troupe, stopping)
            self._greet(access)
            self._watch(troupe, stopping)
        finally:
            if stopping.is_set():
                self._say("\nClosing the shop …")
            troupe.stop()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _refuse_used_ports(self) -> None:
        wanted = [(settings.LISTEN_ON, settings.PORT)]
        if settings.SIMULATOR_ENABLED:
            wanted.append(("127.0.0.1", settings.PORT + 1))
        for host, port in wanted:
            if not port_is_free(host, port):
                raise CommandError(
                    f"Port {port} is in use: stop what uses it, or choose another,"
                    f" as in `PORT={settings.PORT + 10} make run`.",
                    returncode=2,
                )

    def _prepare_database(self) -> None:
        database, *rest = health.findings()
        if not database.is_well:
            raise CommandError(f"The database {database.fault}. {database.remedy}")
        if any(not finding.is_well for finding in rest if finding.check == "migrations"):
            self._say("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)

    def _prepare_shop(self) -> first_start.AdminAccess | None:
        if not settings.DEBUG:
            return None
        if not Product.objects.exists():
            self._say("Loading the demo shop …")
            demo.load(clock.now())
        return first_start.admin_access()

    def _start(self, troupe: Troupe, stopping: threading.Event) -> None:
        self._say("Starting the web server, the worker and what else the shop needs …")
        for program in self._front():
            troupe.start(program)
        self._await(lambda: answers(settings.PORT, "/healthz"), troupe, stopping)
        if settings.SIMULATOR_ENABLED and _has_command("simulator"):
            self._await(lambda: answers(settings.PORT + 1), troupe, stopping)
        for program in self._back():
            troupe.start(program)
        self._set_webhook()

    def _await(self, is_true: Any, troupe: Troupe, stopping: threading.Event) -> None:
        fault = wait_until(is_true, troupe=troupe, stopping=stopping)
        if fault and not stopping.is_set():
            raise CommandError(fault)

    def _front(self) -> Iterator[Program]:
        """List what the first visitor waits for."""
        yield _program(
            "web server",
            *module("uvicorn", "shopbot.asgi:application", "--host", settings.LISTEN_ON),
            *("--port", str(settings.PORT), "--no-access-log", "--log-level", "warning"),
        )
        if settings.SIMULATOR_ENABLED and _has_command("simulator"):
            yield _program("simulator", *manage("simulator", "--port", str(settings.PORT + 1)))

    def _back(self) -> Iterator[Program]:
        """List what works behind the counter."""
        celery = module("celery", "--app", "shopbot.celery", "--quiet")
        yield _program(
            "worker",
            *(*celery, "worker", "--pool", "threads", "--concurrency", "4"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            *("--loglevel", "WARNING"),
        )
        yield _program("beat", *celery, "beat", "--pidfile", "", "--loglevel", "WARNING")
        if _needs_polling() and _has_command("run_polling"):
            yield _program("bot", *manage("run_polling"))

    def _set_webhook(self) -> None:
        if _needs_polling() or not _has_command("set_webhook"):
            return
        said = io.StringIO()
        try:
            call_command("set_webhook", stdout=said, stderr=said)
        except CommandError as error:
            self._say(f"The webhook was not set: {error}")

    def _greet(self, access: first_start.AdminAccess | None) -> None:
        lines = ["", "The shop is open."]
        if settings.SIMULATOR_ENABLED:
            lines.append(f"  Chat   {settings.SIMULATOR_URL}/")
        lines.append(f"  Admin  {settings.PUBLIC_URL}/admin/{_sign_in(access)}")
        lines.append(f"  API    {settings.PUBLIC_URL}/api/docs/")
        lines.append("Ctrl-C closes it; what was sold stays.")
        self._say("\n".join(lines))

    def _watch(self, troupe: Troupe, stopping: threading.Event) -> None:
        while not stopping.wait(0.3):
            if dead := troupe.first_dead():
                raise CommandError(f"{dead}\nThe rest of the shop was closed with it.")


def _program(name: str, *command: str) -> Program:
    """Keep a trial's terminal readable; elsewhere the supervisor collects the output."""
    folder: Path = settings.DATA_DIR / "logs"
    log = folder / f"{name.replace(' ', '-')}.log" if settings.DEBUG else None
    return Program(name=name, command=command, log=log)


def _has_command(name: str) -> bool:
    return name in get_commands()


def _needs_polling() -> bool:
    """Say whether Telegram could not reach us: a real bot without a public address."""
    host = urlsplit(settings.PUBLIC_URL).hostname
    return not settings.SIMULATOR_ENABLED and host in {"127.0.0.1", "localhost"}


def _sign_in(access: first_start.AdminAccess | None) -> str:
    if access is None or not access.name:
        return ""
    if not access.password:
        return f"   user {access.name}, with the password that was set for it"
    return f"   user {access.name}, password {access.password}"
