"""The commands with which operators look after the shop."""

import io
import json

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
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


def test_the_doctor_expects_no_webhook_where_telegram_could_not_deliver(settings):
    settings.SIMULATOR_ENABLED = False
    settings.PUBLIC_URL = "http://127.0.0.1:8000"

    (finding,) = webhook_findings()

    assert finding.is_well
