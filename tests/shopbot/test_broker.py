"""A trial's broker carries messages whole, however many write while it reads."""

import json
import threading
from queue import Empty

import pytest
from kombu import Connection
from kombu.transport import filesystem

from shopbot import broker

MESSAGES = 300


@pytest.fixture
def carry(tmp_path):
    """Write and read at the same time over a transport; return what the reader made of it."""

    def run(transport):
        options = {
            "data_folder_in": str(tmp_path),
            "data_folder_out": str(tmp_path),
            "control_folder": str(tmp_path / "control"),
        }
        (tmp_path / "control").mkdir(exist_ok=True)
        with Connection(transport=transport, transport_options=options) as connection:
            writer, reader = connection.channel(), connection.channel()
            write = threading.Thread(target=lambda: _write(writer))
            write.start()
            outcome = _read(reader)
            write.join()
        return outcome

    return run


def _write(channel):
    for number in range(MESSAGES):
        channel._put("jobs", {"number": number, "padding": "x" * 20_000})


def _read(channel):
    """Return the numbers read, and how many messages could not be read."""
    numbers, broken, tries = [], 0, 0
    while len(numbers) + broken < MESSAGES and tries < 2_000_000:
        tries += 1
        try:
            numbers.append(channel._get("jobs")["number"])
        except Empty:
            continue
        except json.JSONDecodeError:
            broken += 1
    return sorted(numbers), broken


def test_every_message_arrives_whole(carry):
    assert carry(broker.Transport) == (list(range(MESSAGES)), 0)


def test_control_the_packages_own_transport_hands_out_half_messages(carry):
    # Which thread runs when is the machine's choice; one meeting among many rounds is enough.
    rounds = (carry(filesystem.Transport) for _ in range(50))

    assert any(broken > 0 for _, broken in rounds)
