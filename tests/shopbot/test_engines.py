"""The servers that tests start for themselves leave nothing behind."""

import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import redis
from pytest_socket import SocketConnectBlockedError

from tests import engines
from tests.code_rules import ROOT


def _wait_until(is_true):
    deadline = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_server_ends_with_its_test_run_and_its_files_are_removed():
    engine = engines.Engine("valkey")
    server = redis.Redis.from_url(engine.url)
    assert server.ping()

    engine.stop()

    assert not engine.home.exists()
    with pytest.raises(redis.ConnectionError):
        server.ping()


def test_a_server_ends_even_when_its_test_run_is_killed():
    code = textwrap.dedent(
        """
        import sys, time
        from tests.engines import Engine
        print(Engine("valkey").home, flush=True)
        time.sleep(60)
        """
    )
    run = subprocess.Popen(  # noqa: S603  our own text
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    home = Path(run.stdout.readline().strip())
    assert home.is_dir()

    run.send_signal(signal.SIGKILL)
    run.communicate()

    _wait_until(lambda: not home.exists())


def test_two_test_runs_have_servers_of_their_own():
    first, second = engines.Engine("valkey"), engines.Engine("valkey")

    assert first.url != second.url

    first.stop()
    second.stop()


def test_nothing_leaves_this_machine():
    with pytest.warns(UserWarning, match="192.0.2.1"), pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=0.1)
