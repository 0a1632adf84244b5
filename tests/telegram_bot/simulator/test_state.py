"""Chats, money and waiting updates outlive the process."""

import asyncio
import threading
from pathlib import Path

import pytest

from telegram_bot.simulator.client import Simulator
from telegram_bot.simulator.core import fresh_state
from telegram_bot.simulator.store import Store
from telegram_bot.simulator.testing import running_simulator
from tests.telegram_bot.simulator.toy_bot import invoice, toy_bot


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "simulator.json"


def test_a_restart_keeps_chats_stars_and_the_clock(path: Path):
    with running_simulator(state_path=path) as sim, toy_bot(sim) as bot:
        bot.sell()
        anna = sim.user("Anna", language="de")
        anna.start("ref_1")
        sim.call("sendInvoice", **invoice(anna.id, 100))
        assert anna.pay().ok
        sim.advance(days=10)
        moment = sim.now()

    with running_simulator(state_path=path) as sim:
        anna = sim.user("Anna")
        assert [message.text for message in anna.messages()][0] == "/start ref_1"
        assert anna.stars == 2400
        assert sim.call("getStarTransactions")["result"]["transactions"][0]["amount"] == 100
        assert sim.now() >= moment


def test_a_restart_keeps_what_was_not_delivered(path: Path):
    with running_simulator(state_path=path) as sim:
        sim.user("Anna").send("are you there?")
        [before] = sim.pending()

    with running_simulator(state_path=path) as sim, toy_bot(sim) as bot:
        assert sim.settle()
        assert bot.texts() == ["are you there?"]
        assert bot.updates[0]["update_id"] == before["update_id"]


def test_a_restart_keeps_files(path: Path):
    store = Store(path)
    store.put_content("f1", b"content")

    assert Store(path).content("f1") == b"content"
    with pytest.raises(KeyError):
        Store(path).content("f2")


def test_a_state_of_another_version_is_put_aside(path: Path):
    path.write_text('{"not": "ours"}')

    with running_simulator(state_path=path) as sim:
        assert sim.get("/control/users") == []

    assert path.with_suffix(".unreadable.json").read_text() == '{"not": "ours"}'


def test_the_file_is_replaced_as_a_whole(path: Path):
    store = Store(path)
    store.save(fresh_state("7:token"))
    assert [file.name for file in path.parent.iterdir()] == ["simulator.json"]

    assert store.load() == Store(path).load()
    assert store.load() is not None


def test_a_late_write_never_replaces_the_last_state(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    store, state = Store(path), fresh_state("7:token")
    has_begun, may_go_on = threading.Event(), threading.Event()
    write_bytes = Path.write_bytes

    def dawdle(file: Path, content: bytes) -> int:
        if threading.current_thread() is not threading.main_thread():
            has_begun.set()
            may_go_on.wait(10)
        return write_bytes(file, content)

    async def stop_while_writing() -> None:
        store.touch()
        saving = asyncio.create_task(store.keep_saving(state))
        await asyncio.to_thread(has_begun.wait, 10)
        saving.cancel()
        state.bot.name = "Renamed"
        threading.Timer(0.1, may_go_on.set).start()
        store.save(state)

    monkeypatch.setattr(Path, "write_bytes", dawdle)
    asyncio.run(stop_while_writing())

    loaded = Store(path).load()
    assert loaded is not None
    assert loaded.bot.name == "Renamed"


def test_forgetting_leaves_nothing(sim: Simulator):
    sim.user("Anna").send("hello")

    sim.reset()

    assert sim.get("/control/users") == []
    assert sim.pending() == []


def test_the_page_is_told_of_every_change_in_one_snapshot(sim: Simulator):
    anna = sim.user("Anna")
    anna.send("hello")

    snapshot = sim.get("/control/snapshot")

    assert [user["first_name"] for user in snapshot["users"]] == ["Anna"]
    assert [message["body"]["text"] for message in snapshot["messages"]] == ["hello"]
    assert snapshot["bot"]["username"] == "shopbot_demo_bot"
