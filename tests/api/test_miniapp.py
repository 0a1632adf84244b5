"""A Mini App proves who its user is with Telegram's start data, and nothing less."""

import json
from datetime import timedelta

import pytest

from shopbot.kernel import clock

LOGIN = "/api/v1/miniapp/session/"


@pytest.fixture
def log_in(client, db):
    def post(data):
        return client.post(LOGIN, json.dumps({"init_data": data}), "application/json")

    return post


def test_start_data_opens_a_session_that_shows_what_its_owner_has(
    log_in, client, holder, init_data
):
    session = log_in(init_data()).json()

    body = client.get(
        "/api/v1/miniapp/entitlements/",
        headers={"Authorization": f"Bearer {session['token']}"},
    ).json()

    assert session["telegram_id"] == 42
    assert body["entitlements"]["signals"]["is_active"] is True


@pytest.mark.parametrize(
    "spoil",
    [
        lambda make: make(token="1:someone-elses"),
        lambda make: make(at=clock.now() - timedelta(minutes=61)),
        lambda make: make(at=clock.now() + timedelta(minutes=5)),
        lambda make: make(auth_date="soon"),
        lambda make: make(auth_date="1" * 400),
        lambda make: make(user=""),
        lambda make: make(user={"id": "42"}),
        lambda make: make(user={"id": True}),
        lambda make: make(user=[]),
        lambda make: make() + "&auth_date=1",
        lambda make: make().replace("hash=", "hash=%C3%A9"),
        lambda make: make().replace("hash=", "has="),
        lambda make: make().replace("Ada", "Eve"),
        lambda make: "hash",
        lambda make: "&" * 100,
        lambda make: "a=%ED%A0%80&hash=" + "0" * 64,
    ],
)
def test_start_data_that_is_not_telegrams_opens_nothing(log_in, init_data, spoil):
    answer = log_in(spoil(init_data))

    assert (answer.status_code, answer.json()["code"]) == (401, "bad_init_data")


def test_start_data_without_end_is_refused_unread(log_in):
    assert log_in("a=" + "b" * 5000).status_code == 400


@pytest.mark.parametrize("sent", ["", "Bearer nothing", "Bearer é", "Api-Key a.b"])
def test_no_session_no_answer(client, holder, sent):
    answer = client.get("/api/v1/miniapp/entitlements/", headers={"Authorization": sent})

    assert (answer.status_code, answer.json()["code"]) == (401, "bad_session")


def test_a_session_ends(log_in, client, holder, init_data, time_machine):
    token = log_in(init_data()).json()["token"]
    time_machine.move_to(clock.now() + timedelta(hours=2, seconds=1))

    answer = client.get(
        "/api/v1/miniapp/entitlements/", headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 401
