"""``manage.py simulator`` starts where it may, and says in one line where it may not."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command
from pytest_django import Settings


def test_it_refuses_to_run_without_debug(settings: Settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="only with DEBUG on") as refused:
        call_command("simulator", "--port", "0")

    assert refused.value.returncode == 2


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "::"])
def test_it_listens_on_loopback_only(settings: Settings, host: str):
    settings.DEBUG = True

    with pytest.raises(CommandError, match="loopback only") as refused:
        call_command("simulator", "--host", host)

    assert refused.value.returncode == 2


def test_a_busy_port_is_named_and_the_state_left_alone(settings: Settings, tmp_path: Path):
    settings.DEBUG = True
    state = tmp_path / "simulator.json"
    state.write_text("precious")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(CommandError, match=f"Port {port} can't be used") as refused:
            call_command("simulator", "--port", str(port), "--state", str(state))

    assert refused.value.returncode == 2
    assert state.read_text() == "precious"


def test_a_state_that_cannot_be_written_is_refused_before_anything_listens(
    settings: Settings, tmp_path: Path
):
    settings.DEBUG = True
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match="--state: .*file: ") as refused:
        call_command("simulator", "--port", "0", "--state", str(tmp_path / "file" / "s.json"))

    assert refused.value.returncode == 2


def test_it_serves_until_told_to_stop_and_keeps_its_state(tmp_path: Path):
    state = tmp_path / "simulator.json"
    command = [sys.executable, "manage.py", "simulator", "--port", "0", "--state", str(state)]
    with subprocess.Popen(  # noqa: S603  our own command
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={"DEBUG": "1", "DATA_DIR": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert address is not None
        people = requests.get(f"{address[0]}/control/users", timeout=5).json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0

    names = [person["first_name"] for person in people]
    assert names == ["Anna", "Ivan", "Greta", "Carlos"]
    kept = json.loads(state.read_text())
    assert [person["first_name"] for person in kept["users"].values()] == names
