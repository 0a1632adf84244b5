"""What the shop reads from its environment, and what it refuses to start with."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from shopbot.settings.database import database
from shopbot.settings.document import DOCUMENT, document
from shopbot.settings.environment import (
    BASE_DIR,
    EnvironmentInvalid,
    read_environment,
    trial_file,
    variables,
)
from shopbot.settings.tasks import broker
from shopbot.settings.trial import prepare_trial

LONG = "a-secret-of-at-least-thirty-two-characters"
COMPLETE = {
    "SECRET_KEY": LONG,
    "TELEGRAM_WEBHOOK_KEY": LONG,
    "TELEGRAM_BOT_TOKEN": "123456789:AA-a-token",
    "PUBLIC_URL": "https://shop.example.com",
}


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Give the process exactly these variables, an empty data folder and no file."""

    def give(**values):
        for variable in variables():
            monkeypatch.delenv(variable.name, raising=False)
            monkeypatch.delenv(f"{variable.name}_FILE", raising=False)
        monkeypatch.setenv("ENV_FILE", str(tmp_path / "none.env"))
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return give


def test_a_complete_environment_is_read(environment):
    environment(**COMPLETE, PORT="9000", DEBUG="")

    found = read_environment()

    assert (found.port, found.debug, found.public_url) == (
        9000,
        False,
        "https://shop.example.com",
    )


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_stops_with_the_name_of_what_is_missing(environment, name):
    environment(**{**COMPLETE, name: ""})

    with pytest.raises(EnvironmentInvalid) as stopped:
        read_environment()

    assert str(stopped.value) == f"{name}: is required and not set (see docs/settings.md)"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "no number"),
        ("PORT", "70000"),
        ("PUBLIC_URL", "shop.example.com"),
        ("PUBLIC_URL", "https://shop.example.com/"),
        ("SECRET_KEY", "short"),
        ("TELEGRAM_BOT_TOKEN", "no-token"),
        ("TELEGRAM_WEBHOOK_VERSIONS", "two"),
        ("LOG_LEVEL", "LOUD"),
        ("STAFF_TIME_ZONE", "Mars"),
        ("STAFF_TIME_ZONE", "../UTC"),
        ("ORDER_TTL_MINUTES", "0"),
    ],
)
def test_stops_with_the_name_of_what_is_wrong_and_never_its_value(environment, name, value):
    environment(**{**COMPLETE, name: value})

    with pytest.raises(EnvironmentInvalid) as stopped:
        read_environment()

    text = str(stopped.value)
    assert text.startswith(f"{name}: ")
    assert "\n" not in text
    assert value not in text


def test_stripe_needs_both_of_its_keys(environment):
    environment(**COMPLETE, STRIPE_SECRET_KEY="sk_live_1")

    with pytest.raises(EnvironmentInvalid, match="^STRIPE_WEBHOOK_SECRET: is required"):
        read_environment()


def test_a_secret_may_stand_in_a_file(environment, tmp_path):
    secret = tmp_path / "key"
    secret.write_text(f"{LONG}-from-a-file\n")
    environment(**{**COMPLETE, "SECRET_KEY": "", "SECRET_KEY_FILE": str(secret)})

    assert read_environment().secret_key.get_secret_value() == f"{LONG}-from-a-file"


def test_a_secret_file_that_is_not_there_is_named(environment, tmp_path):
    environment(**{**COMPLETE, "SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "none")})

    with pytest.raises(EnvironmentInvalid, match="^SECRET_KEY_FILE: .*No such file"):
        read_environment()


def test_the_process_wins_over_the_file(environment, tmp_path):
    file = tmp_path / "shop.env"
    file.write_text("PORT=9001\nORDER_TTL_MINUTES=45\n")
    environment(**COMPLETE, ENV_FILE=str(file), PORT="9002")

    found = read_environment()

    assert (found.port, found.order_ttl_minutes) == (9002, 45)


def test_a_machine_where_nothing_is_set_up_gets_a_trial_with_keys_of_its_own(
    environment, capsys
):
    environment()

    prepare_trial()

    found = read_environment()
    assert found.debug
    assert len(found.secret_key.get_secret_value()) >= 32
    assert found.secret_key != found.telegram_webhook_key
    assert oct(trial_file(found).stat().st_mode)[-3:] == "600"
    assert "local trial" in capsys.readouterr().err


def test_a_second_command_keeps_the_keys_of_the_trial(environment):
    environment()
    prepare_trial()
    first = read_environment()

    prepare_trial()

    assert read_environment() == first


@pytest.mark.parametrize(
    "given",
    [
        {"DEBUG": "0"},
        {"SECRET_KEY": LONG},
        {"PUBLIC_URL": "https://shop.example.com"},
    ],
    ids=["debug is off", "a key is set", "the address is public"],
)
def test_nothing_that_looks_like_a_deployment_becomes_a_trial(environment, tmp_path, given):
    environment()
    prepare_trial()
    environment(**given)

    prepare_trial()

    with pytest.raises(EnvironmentInvalid):
        read_environment()


def test_the_document_lists_every_variable_and_no_other():
    text = DOCUMENT.read_text(encoding="utf-8")

    assert text == document(text), "run `make docs`"


def test_every_example_of_the_env_file_is_a_variable():
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    named = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}

    assert named - {variable.name for variable in variables()} == set()


def test_postgresql_gives_up_waiting_for_locks(environment):
    environment(**COMPLETE, DATABASE_URL="postgresql://me:p%40ss@db:5433/shop?sslmode=require")

    found = database(read_environment())

    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "me",
        "p@ss",
        "db",
        "5433",
        "shop",
    )
    assert found["OPTIONS"]["sslmode"] == "require"
    assert "lock_timeout=3000" in found["OPTIONS"]["options"]
    assert "statement_timeout=15000" in found["OPTIONS"]["options"]


@pytest.mark.parametrize(
    "address",
    ["mysql://db/shop", "nonsense", "postgresql://", "postgresql://db:99999/shop"],
)
def test_what_is_no_database_s_address_is_refused(environment, address):
    environment(**COMPLETE, DATABASE_URL=address)

    with pytest.raises(EnvironmentInvalid, match="^DATABASE_URL: "):
        database(read_environment())


def test_redis_hands_the_messages_of_a_killed_worker_to_another(environment):
    environment(**COMPLETE, REDIS_URL="redis://cache:6379/0")

    address, options = broker(read_environment())

    assert address == "redis://cache:6379/0"
    assert options["visibility_timeout"] == 300
    assert options["unacked_restore_interval"] == 10
    assert options["unacked_restore_throttle"] == 1


@pytest.mark.parametrize("address", ["nonsense", "http://cache", "redis://cache:99999/0"])
def test_what_is_no_redis_s_address_is_refused(environment, address):
    environment(**COMPLETE, REDIS_URL=address)

    with pytest.raises(EnvironmentInvalid, match="^REDIS_URL: "):
        broker(read_environment())


@pytest.mark.parametrize("address", ["https:shop", "https://shop:99999", "ftp://shop"])
def test_what_is_no_web_address_is_refused(environment, address):
    environment(**COMPLETE | {"PUBLIC_URL": address})

    with pytest.raises(EnvironmentInvalid, match="^PUBLIC_URL: "):
        read_environment()


@pytest.mark.parametrize("token", ["nonsense", "123:", "123:ÄÖ", "١٢٣:AA"])
def test_what_is_no_token_of_a_bot_is_refused(environment, token):
    environment(**COMPLETE | {"TELEGRAM_BOT_TOKEN": token})

    with pytest.raises(EnvironmentInvalid, match="^TELEGRAM_BOT_TOKEN: "):
        read_environment()


def test_without_redis_messages_go_through_files(environment, tmp_path):
    environment(**COMPLETE)

    address, options = broker(read_environment())

    assert address == "filesystem://"
    assert options["polling_interval"] == 0.1
    assert (tmp_path / "data" / "broker" / "messages").is_dir()


def test_the_tests_are_the_same_whatever_the_environment_says():
    assert settings.TELEGRAM_BOT_ID == 1000001
    assert settings.STRIPE_SECRET_KEY == ""
    assert not settings.DATA_DIR.is_relative_to(BASE_DIR)


def test_a_wrong_setting_is_one_line_on_the_terminal(tmp_path):
    given = {
        "PATH": os.environ["PATH"],
        "DEBUG": "0",
        "DATA_DIR": str(tmp_path),
        "ENV_FILE": os.devnull,
    }

    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=BASE_DIR,
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr == "SECRET_KEY: is required and not set (see docs/settings.md)\n"
    assert list(tmp_path.iterdir()) == []
