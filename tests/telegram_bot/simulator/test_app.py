"""The web application: who may talk to it, what it streams, who answers beside it."""

import json
from collections.abc import Iterator

import pytest
import requests
from aiohttp import web

from telegram_bot.simulator.app import Guest
from telegram_bot.simulator.client import Person, Simulator, SimulatorRefused
from telegram_bot.simulator.testing import running_simulator


@pytest.mark.parametrize("path", ["/", "/control/snapshot", "/files/x", "/stripe-api/x"])
def test_a_name_that_leads_here_from_elsewhere_is_refused(sim: Simulator, path: str):
    answer = requests.get(f"{sim.url}{path}", headers={"Host": "evil.example"}, timeout=5)

    assert answer.status_code == 403


def test_orders_from_other_sites_are_refused(sim: Simulator):
    answer = requests.post(
        f"{sim.url}/control/reset", json={}, headers={"Sec-Fetch-Site": "cross-site"}, timeout=5
    )

    assert answer.status_code == 403


def test_orders_must_be_json_by_name(sim: Simulator, anna: Person):
    answer = requests.post(
        f"{sim.url}/control/reset",
        data="{}",
        headers={"Content-Type": "text/plain"},
        timeout=5,
    )

    assert answer.json() == {"error": "Send JSON with Content-Type: application/json."}
    assert [user["first_name"] for user in sim.get("/control/users")] == ["Anna"]


@pytest.mark.parametrize("body", ["{broken", "[]"])
def test_what_cannot_be_read_is_said_in_one_line(sim: Simulator, body: str):
    answer = requests.post(
        f"{sim.url}/control/users",
        data=body,
        headers={"Content-Type": "application/json"},
        timeout=5,
    )

    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/control/users", {"first_name": " "}, "needs a first name"),
        ("/control/users/7/send", {"text": "x"}, "no user 7"),
        ("/control/timing", {"tempo": 1}, "no timing 'tempo'"),
        ("/control/faults", {"where": "moon", "kind": "429"}, "api"),
        ("/control/faults", {"where": "api", "kind": "429", "color": 1}, "no such detail"),
        ("/control/groups", {"title": ""}, "has a title"),
        ("/control/groups/1/bot", {"status": "king"}, "administrator, member"),
        ("/control/clock", {"days": "many"}, "can't be read"),
        ("/control/charges/x/charge_back", {}, "no such payment"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    sim: Simulator, path: str, body: dict[str, object], reason: str
):
    with pytest.raises(SimulatorRefused, match=reason):
        sim.post(path, body)


def test_a_start_parameter_keeps_to_telegrams_letters(sim: Simulator, anna: Person):
    for parameter in ("x" * 65, "a b", "ä", "a.b"):
        with pytest.raises(SimulatorRefused, match="start parameter"):
            anna.start(parameter)

    assert anna.start("p-signals_1").text == "/start p-signals_1"
    assert len(anna.messages()) == 1


def test_a_button_is_found_by_text_or_place(sim: Simulator, bot: object, anna: Person):
    anna.start()
    rows = [
        [{"text": "Signals · $20", "url": "https://x.org"}],
        [{"text": "Signals", "url": "u:"}],
    ]
    rows[1][0]["url"] = "https://y.org"
    sim.call("sendMessage", chat_id=anna.id, text="x", reply_markup={"inline_keyboard": rows})

    assert anna.press("Signals").url == "https://y.org"
    assert anna.press("$20").url == "https://x.org"
    with pytest.raises(SimulatorRefused, match="No message has a button 'Courses'"):
        anna.press("Courses")


def test_changes_are_streamed(sim: Simulator, anna: Person):
    with requests.get(f"{sim.url}/control/events", stream=True, timeout=5) as stream:
        lines = stream.iter_lines()
        assert next(lines) == b"retry: 1000"
        anna.send("hello")
        kinds: list[str] = []
        while "message" not in kinds:
            line = next(lines)
            if line.startswith(b"data: "):
                event = json.loads(line.removeprefix(b"data: "))
                kinds.append(event["kind"])

    assert event["message"]["body"]["text"] == "hello"


@pytest.fixture
def guest() -> Iterator[tuple[Simulator, list[str]]]:
    """A simulator beside another application that says when it starts and ends."""
    life: list[str] = []

    async def live(_: web.Application):
        life.append("started")
        yield
        life.append("ended")

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"path": request.path})

    app = web.Application()
    app.cleanup_ctx.append(live)
    app.router.add_get("/stripe-api/{rest:.*}", answer)
    with running_simulator(guests=[Guest(("/stripe-api/",), app)]) as simulator:
        yield simulator, life
    assert life == ["started", "ended"]


def test_another_application_answers_under_its_paths_only(guest: tuple[Simulator, list[str]]):
    simulator, life = guest

    own = requests.get(f"{simulator.url}/stripe-api/v1/refunds", timeout=5)
    other = requests.get(f"{simulator.url}/stripe-pay/x", timeout=5)

    assert own.json() == {"path": "/stripe-api/v1/refunds"}
    assert other.status_code == 404
    assert simulator.call("getMe")["ok"]
    assert life == ["started"]
