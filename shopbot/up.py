"""How is the whole shop opened on one machine?

This process loads no Django: it starts what must be there first at once, side by side, and then
watches. ``manage.py up`` is the way in.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

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
from shopbot.settings.addresses import is_local
from shopbot.settings.environment import Environment, read_environment

LOOPBACK: Final = "127.0.0.1"


class CannotOpen(Exception):
    """The shop stays closed; the message says why."""

    def __init__(self, message: str, *, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def main() -> int:
    """Open the shop and keep it open until Ctrl-C; return the exit code."""
    env = read_environment()
    stopping = stops_on_signals()
    troupe = Troupe()
    try:
        refuse_used_ports(env)
        _open(Plan(env), troupe, stopping)
        _watch(troupe, stopping)
    except CannotOpen as fault:
        sys.stderr.write(f"{fault}\n")
        return fault.code
    finally:
        if stopping.is_set():
            _say("\nClosing the shop …")
        troupe.stop()
    return 0


def refuse_used_ports(env: Environment) -> None:
    """Stop before anything is touched where something else listens already.

    Raises:
        CannotOpen: with exit code 2.
    """
    wanted = [(env.listen_on, env.port)]
    if _is_simulated(env):
        wanted.append((LOOPBACK, env.port + 1))
    for host, port in wanted:
        if not port_is_free(host, port):
            raise CannotOpen(
                f"Port {port} is in use: stop what uses it, or choose another,"
                f" as in `PORT={env.port + 10} make run`.",
                code=2,
            )


@dataclass(frozen=True, slots=True)
class Plan:
    """Which processes this environment asks for."""

    env: Environment

    def web(self) -> Program:
        """Say what answers the webhook, the admin and the API."""
        return self._program(
            "web server",
            *module("uvicorn", "shopbot.asgi:application", "--host", self.env.listen_on),
            *("--port", str(self.env.port), "--no-access-log", "--log-level", "warning"),
        )

    def preparation(self) -> Program:
        """Say what migrates and fills the shop; it speaks to the terminal."""
        return Program("preparation", manage("prepare", "--json"), is_errand=True)

    def helpers(self) -> Iterator[Program]:
        """List what a first visitor need not wait for."""
        celery = module("celery", "--app", "shopbot.celery", "--quiet")
        yield self._program(
            "worker",
            *(*celery, "worker", "--pool", "threads", "--concurrency", "4"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            *("--loglevel", "WARNING"),
        )
        yield self._program("beat", *celery, "beat", "--pidfile", "", "--loglevel", "WARNING")
        if not _is_simulated(self.env) and is_local(self.public_url):
            # A real bot without a public address fetches what Telegram cannot deliver.
            yield self._program("bot", *manage("run_polling"))

    def simulator(self) -> Iterator[Program]:
        """List what stands in for Telegram."""
        if _is_simulated(self.env):
            port = str(self.env.port + 1)
            yield self._program("simulator", *manage("simulator", "--port", port))

    @property
    def public_url(self) -> str:
        """Say where the shop is reached."""
        return self.env.public_url or f"http://{LOOPBACK}:{self.env.port}"

    def _program(self, name: str, *command: str) -> Program:
        """Keep a trial's terminal readable; elsewhere the supervisor collects the output."""
        log = self.env.data_dir.absolute() / "logs" / f"{name.replace(' ', '-')}.log"
        return Program(name, command, log if self.env.debug else None)


def _is_simulated(env: Environment) -> bool:
    return env.debug and not env.telegram_bot_token.get_secret_value()


def _open(plan: Plan, troupe: Troupe, stopping: threading.Event) -> None:
    _say("Opening the shop …")
    preparation = troupe.start(plan.preparation())
    troupe.start(plan.web())
    for program in plan.simulator():
        troupe.start(program)

    def is_open() -> bool:
        return preparation.poll() is not None and answers(plan.env.port, "/healthz")

    fault = wait_until(is_open, troupe=troupe, stopping=stopping)
    if stopping.is_set():
        return
    if fault:
        raise CannotOpen(fault)
    for program in plan.helpers():
        troupe.start(program)
    _say(_greeting(plan, _heard(preparation)))


def _heard(preparation: subprocess.Popen[bytes]) -> dict[str, str]:
    """Read what the preparation answered: how to sign in."""
    said = preparation.stdout.read() if preparation.stdout is not None else b""
    answer: dict[str, str] = json.loads(said or b"{}")
    return answer


def _greeting(plan: Plan, sign_in: dict[str, str]) -> str:
    lines = ["", "The shop is open."]
    if _is_simulated(plan.env):
        lines.append(f"  Chat   http://{LOOPBACK}:{plan.env.port + 1}/")
    lines.append(f"  Admin  {plan.public_url}/admin/{_how(sign_in)}")
    lines.append(f"  API    {plan.public_url}/api/docs/")
    lines.append("Ctrl-C closes it; what was sold stays.")
    return "\n".join(lines)


def _how(sign_in: dict[str, str]) -> str:
    name, password = sign_in.get("name"), sign_in.get("password")
    if not name:
        return ""
    secret = f"password {password}" if password else "with the password that was set for it"
    return f"   user {name}, {secret}"


def _watch(troupe: Troupe, stopping: threading.Event) -> None:
    while not stopping.wait(0.3):
        if dead := troupe.first_dead():
            raise CannotOpen(f"{dead}\nThe rest of the shop was closed with it.")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
