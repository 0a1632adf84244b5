"""Staff make a program's key, which is shown once, and replace it without a gap."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from api.models import ApiKey, Scope
from shopbot.kernel import clock

pytestmark = pytest.mark.django_db

KEY = re.compile(r"[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}")
LIST = "/admin/api/apikey/"


def opens(plain):
    program = Client(headers={"Authorization": f"Api-Key {plain}"})
    return program.get("/api/v1/catalog/").status_code == 200


def rotated(admin_client, key):
    """Replace a key by the list's action; return the new one as it is shown."""
    form = {"action": "rotate", "_selected_action": [key.pk]}
    page = admin_client.post(LIST, form, follow=True).content.decode()
    [shown] = set(KEY.findall(page))
    return shown


def test_a_replaced_key_works_beside_the_new_one_for_seven_days(
    admin_client, make_program, time_machine
):
    old = make_program(Scope.CATALOG).plain_key

    new = rotated(admin_client, ApiKey.objects.get())

    assert (opens(old), opens(new)) == (True, True)
    time_machine.move_to(clock.now() + timedelta(days=7, minutes=5))
    assert (opens(old), opens(new)) == (False, True)


def test_a_new_key_has_what_the_old_one_had_and_is_kept_as_a_hash(admin_client, make_program):
    make_program(Scope.CATALOG, rate_per_minute=7)
    old = ApiKey.objects.get()

    new = rotated(admin_client, old)

    made = ApiKey.objects.exclude(pk=old.pk).get()
    assert (made.scopes, made.rate_per_minute, made.name) == (old.scopes, 7, old.name)
    assert new not in str(vars(made))
    assert new not in admin_client.get(LIST).content.decode()


def test_a_key_limited_in_time_has_a_successor_limited_to_as_long(
    admin_client, make_program, time_machine
):
    make_program(Scope.CATALOG)
    old, today = ApiKey.objects.get(), clock.now()
    time_machine.move_to(today, tick=False)
    ApiKey.objects.update(
        created=today - timedelta(days=80), expiry_date=today + timedelta(days=10)
    )

    rotated(admin_client, old)

    made = ApiKey.objects.exclude(pk=old.pk).get()
    assert made.expiry_date == today + timedelta(days=90)


def test_a_revoked_key_is_not_replaced(admin_client, make_program):
    make_program(Scope.CATALOG)
    ApiKey.objects.update(revoked=True)

    admin_client.post(
        LIST, {"action": "rotate", "_selected_action": [ApiKey.objects.get().pk]}, follow=True
    )

    assert ApiKey.objects.count() == 1
