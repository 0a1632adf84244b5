"""How is a server under measurement started, and what does it cost while it runs?"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 300


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _proc(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()


class Server:
    """One process that listens on a port, with what it has cost so far."""

    def __init__(self, command: list[str], *, port: int, env: Mapping[str, str]) -> None:
        self.port = port
        self._command = [self.python(), *command]
        self._env = {**os.environ, **env}

    def __enter__(self) -> Self:
        self._launch()
        self._wait()
        return self

    def _launch(self) -> None:
        self._process = subprocess.Popen(self._command, cwd=ROOT, env=self._env)  # noqa: S603

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(self._command)} did not start")
            time.sleep(0.05)

    @staticmethod
    def side_by_side(stack: ExitStack, servers: Sequence["Server"]) -> None:
        """Start several at once, and wait for all; ``stack`` ends them."""
        for server in servers:
            server._launch()
            stack.push(server)
        for server in servers:
            server._wait()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @staticmethod
    def python() -> str:
        """Return the interpreter that everything is measured with."""
        return sys.executable

    @property
    def pid(self) -> int:
        """The process, for a profiler."""
        return self._process.pid

    def cpu_seconds(self) -> float:
        """Return the CPU time, user and system, of it and its children so far."""
        found = 0
        for pid in self._family():
            fields = _proc(pid, "stat").rpartition(")")[2].split()
            found += int(fields[11]) + int(fields[12])
        return found / _TICKS

    def memory_mb(self) -> float:
        """Return its resident memory."""
        status = _proc(self.pid, "status").splitlines()
        line = next(line for line in status if "VmRSS" in line)
        return int(line.split()[1]) / 1024

    def _family(self) -> list[int]:
        tasks = Path(f"/proc/{self.pid}/task").glob("*/children")
        children = [int(pid) for task in tasks for pid in task.read_text().split()]
        return [self.pid, *children]

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
