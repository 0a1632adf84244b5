"""The commands: what they print, and that they refuse in one line with exit code 2."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from entitlements.models import Grant
from entitlements.selectors import has_entitlement
from shopbot.kernel.models import Event

pytestmark = pytest.mark.django_db

FAR = "2999-01-01"


@pytest.fixture
def run(customer, signals):
    """Run a command about the customer and the entitlement, unless told others."""

    def call(name: str, *options: str, **changes: str) -> str:
        named = {"customer": str(customer.telegram_id), "entitlement": "signals"} | changes
        out = StringIO()
        given = [part for key, value in named.items() for part in (f"--{key}", value)]
        call_command(name, *given, *options, stdout=out)
        return out.getvalue()

    return call


def refusal(run, *args, **changes) -> str:
    with pytest.raises(CommandError) as refused:
        run(*args, **changes)
    assert refused.value.returncode == 2
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    return message


def test_grants_until_a_day(run, customer):
    said = run("grant", "--until", FAR, "--level", "vip", "--reason", "sorry")

    row = Grant.objects.get()
    assert (row.customer, row.level, row.note) == (customer, "vip", "sorry")
    assert row.ends_at.isoformat() == "2999-01-01T00:00:00+00:00"
    assert row.source.startswith("goodwill:")
    assert "has signals vip from" in said
    assert said.strip().endswith("until 2999-01-01 00:00 UTC")
    assert Event.objects.get(kind="grant.granted").actor == "command"


def test_a_key_longer_than_a_source_may_be_is_refused(run):
    assert (
        refusal(run, "grant", "--lifetime", key="x" * 92) == "--key has at most 91 characters"
    )
    assert not Grant.objects.exists()

    run("grant", "--lifetime", key="x" * 91)
    assert Grant.objects.get().source == f"goodwill:{'x' * 91}"


def test_a_long_reason_of_a_revocation_revokes_all_the_same(run):
    run("grant", "--lifetime")

    run("revoke", "--reason", "x" * 5000)

    assert Grant.objects.get().revoked_at is not None


@pytest.mark.parametrize("length", [("--months", "2"), ("--days", "3"), ("--lifetime",)])
def test_grants_other_lengths(run, length):
    run("grant", *length)

    assert Grant.objects.get().level == "premium"


def test_a_key_grants_once(run):
    for _ in range(2):
        run("grant", "--months", "1", "--key", "ticket-7")

    assert Grant.objects.get().source == "goodwill:ticket-7"


def test_programs_read_what_was_granted(run, customer):
    told = json.loads(run("grant", "--lifetime", "--key", "a", "--json"))

    row = Grant.objects.get()
    assert told == {
        "grant_id": row.pk,
        "customer": customer.telegram_id,
        "entitlement": "signals",
        "level": "premium",
        "source": "goodwill:a",
        "starts_at": row.starts_at.isoformat(),
        "ends_at": None,
    }


@pytest.mark.parametrize(
    ("options", "changes", "says"),
    [
        (("--until", "soon"), {}, "'soon' is not a date"),
        (("--until", "2020-01-01"), {}, "the end must lie after now"),
        (("--months", "0"), {}, "--months is a number from 1 to 1200"),
        (("--months", "many"), {}, "invalid int value"),
        (("--months", "1", "--lifetime"), {}, "not allowed with"),
        ((), {}, "required"),
        (("--lifetime", "--level", "gold"), {}, "invalid choice"),
        (("--lifetime",), {"customer": "5"}, "no customer has the Telegram id 5"),
        (("--lifetime",), {"entitlement": "gold"}, "no entitlement is called 'gold'"),
    ],
)
def test_a_grant_is_refused_in_one_line_and_nothing_is_written(run, options, changes, says):
    assert says in refusal(run, "grant", *options, **changes)
    assert not Grant.objects.exists()


def test_revokes_all_and_says_what_is_left(run, grant, customer, now):
    grant(months=None)

    assert "1 revoked" in run("revoke", "--reason", "left")

    assert Grant.objects.get().revoked_reason == "left"
    assert not has_entitlement(customer.pk, "signals", Grant.objects.get().revoked_at)


def test_revokes_one_source(run, grant):
    grant(source="order-line:1", months=None)
    grant(source="order-line:2", months=None)

    told = json.loads(run("revoke", "--source", "order-line:1", "--json"))

    assert (told["revoked"], told["has_access"]) == (1, True)
    assert Grant.objects.live().get().source == "order-line:2"


def test_an_empty_source_revokes_nothing_in_place_of_everything(run, grant):
    grant(months=None)

    with pytest.raises(CommandError, match="--source is empty") as refused:
        run("revoke", "--source", "")

    assert refused.value.returncode == 2
    assert Grant.objects.live().count() == 1


def test_a_source_of_somebody_else_is_refused(run, grant, stranger):
    grant(customer=stranger, source="order-line:1")

    message = refusal(run, "revoke", "--source", "order-line:1")

    assert "has granted this customer no such entitlement" in message
    assert Grant.objects.live().count() == 1


def test_explains_in_words(run, grant):
    grant(source="order-line:1")

    said = run("explain", "--at", "2026-03-20")

    assert said.splitlines()[0] == "Signals: access on March 20, 2026, 00:00 UTC."


def test_explains_for_programs(run, grant, customer):
    grant(level="premium")

    told = json.loads(run("explain", "--at", "2026-03-20", "--level", "vip", "--json"))

    assert (told["customer"], told["verdict"]) == (customer.telegram_id, "level_too_low")
    assert told["has_access"] is False


@pytest.mark.parametrize(
    ("options", "changes", "says"),
    [
        (("--at", "yesterday"), {}, "'yesterday' is not a date"),
        ((), {"customer": "5"}, "no customer has the Telegram id 5"),
        ((), {"entitlement": "gold"}, "no entitlement is called 'gold'"),
        ((), {"customer": "five"}, "invalid int value"),
    ],
)
def test_an_explanation_is_refused_in_one_line(run, options, changes, says):
    assert says in refusal(run, "explain", *options, **changes)
