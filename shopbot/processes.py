"""How are the shop's processes kept together: all of them run, or none does?"""

from __future__ import annotations

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shopbot.settings.environment import BASE_DIR

#: What a process gets to finish its work after it was asked to stop.
GRACE_SECONDS: Final = 10
#: A process that has not come up by then never will, also on a small machine that is busy.
START_SECONDS: Final = 180
LOG_LINES_SHOWN: Final = 15

_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True)
class Program:
    """One process of the shop; ``log`` is where its output goes, ``None`` to the terminal.

    An ``errand`` does something and ends: that is no fault, and its output is its answer.
    """

    name: str
    command: tuple[str, ...]
    log: Path | None = None
    is_errand: bool = False


class Troupe:
    """The running processes, each in a session of its own.

    Ctrl-C reaches this process alone, so that every other is stopped once and in order.
    """

    def __init__(self) -> None:
        self._running: list[tuple[Program, subprocess.Popen[bytes]]] = []

    def start(self, program: Program) -> subprocess.Popen[bytes]:
        """Start one process."""
        log = None
        if program.log is not None:
            program.log.parent.mkdir(parents=True, exist_ok=True)
            log = program.log.open("wb")
        process = subprocess.Popen(  # noqa: S603  our own programs
            program.command,
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program.is_errand else log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        if log is not None:
            log.close()
        self._running.append((program, process))
        return process

    def first_dead(self) -> str:
        """Say which process has ended, and how; empty while all of them run."""
        for program, process in self._running:
            code = process.poll()
            if code is not None and not (program.is_errand and code == 0):
                return _obituary(program, code)
        return ""

    def stop(self) -> None:
        """Ask every process to finish, the last started first, and wait until all have."""
        for _, process in reversed(self._running):
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for _, process in self._running:
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self._running.clear()


def wait_until(
    is_true: Callable[[], bool], *, troupe: Troupe, stopping: threading.Event
) -> str:
    """Wait for a condition; return why it will not come true, or an empty text when it did."""
    deadline = time.monotonic() + START_SECONDS
    while not is_true():
        if stopping.is_set():
            return "stopped"
        if dead := troupe.first_dead():
            return dead
        if time.monotonic() > deadline:
            return (
                f"The shop did not come up within {START_SECONDS} seconds. The machine may be"
                " too busy: try again, or look into the logs in DATA_DIR."
            )
        stopping.wait(0.05)
    return ""


def stops_on_signals() -> threading.Event:
    """Return an event that Ctrl-C and a polite kill set."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def port_is_free(host: str, port: int) -> bool:
    """Say whether a server could listen there."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(port: int, path: str = "/") -> bool:
    """Say whether a web server on this machine answers, whatever it says."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
        try:
            connection.request("GET", path)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
    return True


def manage(*arguments: str) -> tuple[str, ...]:
    """Return the command line of one of our own management commands."""
    return (sys.executable, str(BASE_DIR / "manage.py"), *arguments)


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """Return the command line of an installed module."""
    return (sys.executable, "-m", name, *arguments)


def _obituary(program: Program, code: int) -> str:
    how = (
        f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    )
    text = f"The {program.name} {how}."
    if program.log is None:
        return text
    lines = program.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join([text, *_indented(lines[-LOG_LINES_SHOWN:]), f"All of it: {program.log}"])


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _end_with_parent() -> None:
    """Have the kernel stop this child when the parent dies without a word."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        os._exit(1)
