"""The commands with which operators look after the shop."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import CommandError

from shopbot import doctor
from shopbot.first_start import admin_access
from shopbot.health import Finding
from shopbot.kernel.events import record
from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import sweeps
from shopbot.settings.tasks import SWEEPS, beat_schedule
from shopbot.tasks import run_sweep_until_done
from telegram_bot.doctor import webhook_findings

pytestmark = pytest.mark.django_db


def _run(*arguments):
    said = io.StringIO()
    call_command(*arguments, stdout=said, stderr=said)
    return said.getvalue()


def test_a_sweep_runs_until_nothing_is_due(now):
    for number in range(3):
        record("nobody.listens", subject=f"order:{number}", actor="beat", at=now)

    said = _run("sweep", "relay-events")

    assert said == "relay-events: 3 handled\n"
    assert not Event.objects.filter(dispatched_at=None).exists()


def test_an_unknown_sweep_is_refused_with_the_names_there_are():
    with pytest.raises(CommandError, match="relay-events") as refused:
        _run("sweep", "sweep-the-floor")

    assert refused.value.returncode == 2


def test_without_a_name_the_sweeps_are_listed_with_what_they_do():
    said = _run("sweep")

    assert [line.split()[0] for line in said.splitlines()] == list(sweeps())


def test_beat_starts_every_sweep_and_each_interval_has_its_reason():
    assert set(SWEEPS) == set(sweeps())
    assert all(beat.reason.endswith(".") for beat in SWEEPS.values())


def test_a_message_of_beat_waits_no_longer_than_until_the_next(settings):
    for name, entry in beat_schedule().items():
        assert entry["args"] == (name,)
        assert entry["task"] == run_sweep_until_done.name
        assert entry["options"]["expires"] >= entry["schedule"]


def test_the_task_handles_all_that_is_due_and_then_nothing(now):
    for number in range(2):
        record("nobody.listens", subject=f"order:{number}", actor="beat", at=now)

    assert [run_sweep_until_done("relay-events") for _ in range(2)] == [2, 0]


def test_the_doctor_says_what_is_well_and_what_to_do_where_it_is_not():
    assert doctor.told(Finding("database")) == "ok       database"
    assert doctor.told(Finding("broker", "does not answer", "Start Redis.")).splitlines() == [
        "problem  broker: does not answer",
        "         → Start Redis.",
    ]


def test_the_doctor_ends_with_1_and_answers_programs_too():
    said = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", stdout=said)

    answer = json.loads(said.getvalue())
    assert (ended.value.code, answer["ok"]) == (1, False)
    assert {
        "check": "staff",
        "fault": "nobody may enter the admin",
        "remedy": "Run `manage.py createsuperuser`.",
    } in answer["findings"]


def test_the_doctor_misses_somebody_who_may_enter_the_admin():
    before = {finding.check: finding for finding in doctor.examine()}
    User.objects.create_superuser("owner", password="owner")
    after = {finding.check: finding for finding in doctor.examine()}

    assert before["staff"].remedy == "Run `manage.py createsuperuser`."
    assert after["staff"].is_well


def test_the_doctor_notices_that_no_worker_hands_events_on(now):
    record("order.paid", subject="order:17", actor="stripe", at=now)

    found = {finding.check: finding for finding in doctor.examine()}

    assert found["worker"].fault.startswith("1 events have waited")


def test_the_first_start_makes_one_owner_and_remembers_the_password(settings, tmp_path):
    settings.DATA_DIR = tmp_path

    first, second = admin_access(), admin_access()

    assert first == second
    assert User.objects.get().check_password(first.password)
    assert oct((tmp_path / "admin-password").stat().st_mode)[-3:] == "600"


def test_a_password_that_was_changed_is_not_told_again(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    admin_access()
    user = User.objects.get()
    user.set_password("my own")
    user.save(update_fields=["password"])

    assert admin_access().password == ""
    assert User.objects.get().check_password("my own")


def test_a_shop_with_an_owner_of_its_own_gets_no_other(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    User.objects.create_superuser("olga", password="olga")

    assert admin_access().name == ""
    assert User.objects.get().username == "olga"


def test_the_doctor_says_that_telegram_does_not_answer(settings):
    settings.TELEGRAM_API_URL = "http://127.0.0.1:9"

    (finding,) = webhook_findings()

    assert finding.fault.startswith("Telegram does not answer: getWebhookInfo")
    assert settings.TELEGRAM_BOT_TOKEN not in finding.fault


OWN_COMMANDS = sorted(
    name
    for name, app in get_commands().items()
    if (Path(__file__).parents[2] / str(app).split(".")[0]).is_dir()
)


def test_the_commands_of_the_shop_are_found():
    assert {"demo", "doctor", "quote", "set_webhook", "simulator", "up"} <= set(OWN_COMMANDS)


@pytest.mark.parametrize("name", OWN_COMMANDS)
def test_a_wrong_option_is_refused_in_one_line_with_2(name, capsys):
    own = str(get_commands()[name])

    with pytest.raises(SystemExit) as refused:
        load_command_class(own, name).run_from_argv(["manage.py", name, "--no-such-option"])

    said = capsys.readouterr().err
    assert refused.value.code == 2
    assert len(said.splitlines()) == 1
    assert said.startswith(f"{name}: ")


def test_a_refusal_begins_with_the_name_of_its_command(capsys):
    own = str(get_commands()["sweep"])

    with pytest.raises(SystemExit) as refused:
        load_command_class(own, "sweep").run_from_argv(["manage.py", "sweep", "nonsense"])

    said = capsys.readouterr().err
    assert refused.value.code == 2
    assert said.startswith("sweep: no sweep is called 'nonsense'; there are: ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("since", ["0001-01-01", "4000d", "999999999d"])
def test_reconciling_reaches_back_ten_years_and_no_further(since):
    with pytest.raises(CommandError, match="reaches back 3660 days at most") as refused:
        _run("reconcile", "--since", since)

    assert refused.value.returncode == 2


def test_a_program_is_told_what_a_sweep_did(now):
    record("nobody.listens", subject="order:1", actor="beat", at=now)

    assert json.loads(_run("sweep", "relay-events", "--json")) == {
        "sweep": "relay-events",
        "handled": 1,
    }


def _manage(folder, *arguments, **environment):
    """Run a command as an operator does, in a shop of its own on SQLite."""
    settings = {"DATA_DIR": str(folder), "ENV_FILE": os.devnull, "DEBUG": "1"}
    keys = {"SECRET_KEY": "k" * 40, "TELEGRAM_WEBHOOK_KEY": "k" * 40}
    return subprocess.run(  # noqa: S603  our own program
        [sys.executable, "manage.py", *arguments],
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"], **keys, **settings, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PORT": "none"}, "PORT: "),
        ({"DATABASE_URL": "postgresql://shop@127.0.0.1:99999/shop"}, "DATABASE_URL: "),
        ({"REDIS_URL": "nonsense"}, "REDIS_URL: give an address like redis://"),
        ({"DATA_DIR": os.devnull, "SECRET_KEY": ""}, "DATA_DIR: /dev/null: "),
    ],
)
def test_a_wrong_setting_is_named_in_one_line_with_2(tmp_path, environment, said):
    ended = _manage(tmp_path, "sweep", **environment)

    assert ended.returncode == 2
    assert ended.stderr.startswith(said)
    assert len(ended.stderr.splitlines()) == 1


def test_a_database_that_does_not_answer_is_one_line_with_1(tmp_path):
    (tmp_path / "shop.sqlite3").mkdir()

    ended = _manage(tmp_path, "quote", "signals/premium")

    assert (ended.returncode, ended.stderr) == (
        1,
        "quote: The database does not answer: unable to open database file."
        " Start it, or correct DATABASE_URL.\n",
    )


@pytest.mark.parametrize("arguments", [("quote", "signals/premium"), ("migrate",)])
def test_a_server_that_is_away_is_named_with_its_reason_at_once(tmp_path, arguments):
    ended = _manage(tmp_path, *arguments, DATABASE_URL="postgresql://shop@127.0.0.1:1/shop")

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{arguments[0]}: The database does not answer: ")
    assert "Connection refused" in ended.stderr
    assert ended.stderr.endswith(". Start it, or correct DATABASE_URL.\n")
    assert len(ended.stderr.splitlines()) == 1


def test_tables_that_are_not_there_yet_are_one_line_with_1(tmp_path):
    ended = _manage(tmp_path, "quote", "signals/premium")

    assert ended.returncode == 1
    assert ended.stderr.endswith(" migrations are not applied. Run `manage.py migrate`.\n")
    assert len(ended.stderr.splitlines()) == 1
