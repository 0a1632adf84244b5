"""How long does ``make run`` take until the shop answers?"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.servers import ROOT, free_port

#: Said when the web server has answered and its database is ready.
OPEN = b"The shop is open."


def starts() -> dict[str, float]:
    """Open the shop twice: the first time it makes and fills its database."""
    with tempfile.TemporaryDirectory() as folder:
        return {"first_seconds": _start(folder), "again_seconds": _start(folder)}


def _start(folder: str) -> float:
    port = free_port()
    unset = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "TELEGRAM_BOT_TOKEN")
    env = {name: value for name, value in os.environ.items() if name not in unset}
    env |= {"ENV_FILE": os.devnull, "DATA_DIR": folder, "PORT": str(port)}
    began = time.perf_counter()
    with _running([sys.executable, "manage.py", "up"], env) as process:
        for line in process.stdout or ():
            if OPEN in line:
                return time.perf_counter() - began
    raise RuntimeError("the shop did not open")


@contextmanager
def _running(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
