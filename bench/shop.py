"""The shop as it would run in production, filled with the demo shop, and the load it knows.

Run as a script it prepares the database that the environment names and prints, as JSON, what
the load needs to know: the webhook's secret and the buttons of the screens.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from bench.servers import ROOT, Server, free_port
from bench.webhook import TOKEN, Script, Step, Variant


def environment(*, database: str, api: str, **more: str) -> dict[str, str]:
    """Return the variables of a production process."""
    return {
        "DJANGO_SETTINGS_MODULE": "shopbot.settings.production",
        "ENV_FILE": os.devnull,
        "DATABASE_URL": database,
        "SECRET_KEY": "only-for-benchmarks-only-for-benchmarks-only-for",
        "TELEGRAM_WEBHOOK_KEY": "only-for-benchmarks-only-for-benchmarks-only-for",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": api,
        "PUBLIC_URL": "https://shop.example",
        "LOG_LEVEL": "ERROR",
        # The load speaks plain HTTP, as a proxy in front does.
        "BEHIND_PROXY": "1",
        **more,
    }


def prepare(env: Mapping[str, str]) -> dict[str, Any]:
    """Migrate, load the demo shop, and return what the load needs to know."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.shop"],
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def inside(part: str, rows: int = 0, *, env: Mapping[str, str]) -> dict[str, float]:
    """Measure a part of ``bench.inside`` in a process of its own and return what it found."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bench.inside", part, "--rows", str(rows)],
        cwd=ROOT,
        env={**os.environ, **env, "DATABASE_STATEMENT_TIMEOUT_MS": "0"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def variant(
    name: str, *, env: Mapping[str, str], facts: Mapping[str, Any], processes: int = 1
) -> Variant:
    """Describe a shop of one or more web processes; enter its server to start it."""
    port = free_port()
    command = [
        "-m", "uvicorn", "shopbot.asgi:application", "--host", "127.0.0.1", "--port", str(port),
        "--log-level", "warning", "--no-access-log", "--workers", str(processes),
    ]  # fmt: skip
    server = Server(command, port=port, env=env)
    return Variant(name, server, facts["secret"], script(facts))


def script(facts: Mapping[str, Any]) -> Script:
    """Return the load in the shop's own buttons."""
    checkout = facts["checkout"]
    return Script(
        tuple(map(Step, facts["browse"])),
        # Each press is on a screen of its own, so each makes an order of its own.
        lambda number: Step(checkout.replace("NONCE", f"{number:x}")),
    )


def _main() -> None:
    """Prepare the database and print the facts."""
    import django  # noqa: PLC0415  configured by the environment of this process alone

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from bench.shop_facts import facts  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("demo", stdout=sys.stderr)
    print(json.dumps(facts()))


if __name__ == "__main__":
    _main()
