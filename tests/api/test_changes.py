"""Programs change things once, however often they ask."""

import pytest

from api.models import ApiKey, Scope, StoredAnswer
from api.sweeps import prune_api_answers
from entitlements.models import EntitlementType, Grant, PrivilegeMeter
from shopbot.kernel import clock

GRANTS = "customers/42/grants/"
USES = "customers/42/privileges/calls/uses/"


def test_the_same_call_grants_once_and_is_answered_alike(send, customer, signals):
    wish = {"entitlement": "signals", "months": 1}

    first, second = (send(GRANTS, wish) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotent-Replay"] == "true"
    assert Grant.objects.get().source.startswith("api:")


def test_another_key_extends_from_the_old_end(send, customer, signals):
    wish = {"entitlement": "signals", "months": 1}

    first, second = send(GRANTS, wish, key="a").json(), send(GRANTS, wish, key="b").json()

    assert second["starts_at"] == first["expires_at"]


def test_one_key_carries_one_request(send, customer, signals):
    send(GRANTS, {"entitlement": "signals", "months": 1})

    answer = send(GRANTS, {"entitlement": "signals", "lifetime": True})

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert Grant.objects.count() == 1


LONG = "charge-for-month-of-a-very-long-name-" * 3


def test_long_keys_that_begin_alike_grant_each_their_own(send, customer, signals):
    wish = {"entitlement": "signals", "months": 1}

    first, second = (send(GRANTS, wish, key=f"{LONG}{end}").json() for end in "ab")

    assert second["starts_at"] == first["expires_at"]
    assert Grant.objects.count() == 2


def test_long_keys_count_a_use_each_and_once(send, holder, calls):
    answers = [send(USES, {"amount": 3}, key=f"{LONG}{end}") for end in "aab"]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert PrivilegeMeter.objects.get().used == 6


def test_an_entitlement_of_the_longest_name_is_granted(send, customer):
    EntitlementType.objects.create(code="s" * 60, name="Signals")

    assert send(GRANTS, {"entitlement": "s" * 60, "months": 1}).status_code == 201


def test_keys_of_two_programs_do_not_meet(send, make_program, customer, signals):
    wish = {"entitlement": "signals", "months": 1}
    send(GRANTS, wish)

    assert send(GRANTS, wish, client=make_program("grants")).status_code == 201
    assert Grant.objects.count() == 2


def test_a_change_without_a_key_is_refused_and_changes_nothing(program, customer, signals):
    answer = program.post(
        f"/api/v1/{GRANTS}", {"entitlement": "signals", "months": 1}, "application/json"
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_needed")
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"entitlement": "signals"},
        {"entitlement": "signals", "months": 1, "lifetime": True},
        {"entitlement": "signals", "months": 0},
        {"entitlement": "gold", "months": 1},
        {"entitlement": "signals", "until": "2001-01-01T00:00:00Z"},
        {"entitlement": "sig\x00nals", "months": 1},
        {"entitlement": "signals", "months": 1, "level": "gold"},
    ],
)
def test_what_cannot_be_granted_leaves_nothing_behind(send, customer, signals, wish):
    answer = send(GRANTS, wish)

    assert answer.status_code in {400, 404}
    assert not Grant.objects.exists()
    assert not StoredAnswer.objects.exists()


def test_a_revoked_grant_ends_at_once(send, holder, program):
    grant = Grant.objects.get()

    answer = send(f"grants/{grant.pk}/revocation/", {"reason": "asked for it"})

    assert answer.json() == {"revoked": 1}
    check = program.get("/api/v1/customers/42/entitlements/signals/").json()
    assert check["is_active"] is False


def test_uses_count_once_each_and_stop_at_the_limit(send, holder, calls):
    answers = [send(USES, {"amount": 6}, key=key) for key in ("a", "a", "b", "c")]

    assert [answer.status_code for answer in answers] == [200, 200, 403, 403]
    assert answers[1].json() == answers[0].json()
    assert answers[2].json()["code"] == "privilege_used_up"
    assert PrivilegeMeter.objects.get().used == 6


def test_a_refused_call_may_be_sent_again_under_its_key(send, customer, signals):
    assert send(GRANTS, {"entitlement": "gold", "months": 1}).status_code == 404

    assert send(GRANTS, {"entitlement": "signals", "months": 1}).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_ten_calls_with_one_key_at_once_grant_once(send, make_program, customer, signals, race):
    wish = {"entitlement": "signals", "months": 1}

    answers = race([lambda: send(GRANTS, wish)] * 10)

    assert {answer.status_code for answer in answers} == {201}
    assert Grant.objects.count() == 1


def test_answers_are_forgotten_after_a_day(send, customer, signals):
    send(GRANTS, {"entitlement": "signals", "months": 1})
    answer = StoredAnswer.objects.get()
    now = clock.now()

    assert prune_api_answers(now=now, limit=10) == 0
    StoredAnswer.objects.update(created_at=answer.created_at.replace(year=2020))
    assert prune_api_answers(now=now, limit=10) == 1


@pytest.mark.parametrize(
    ("needed", "method", "path"),
    [
        ("catalog", "get", "catalog/"),
        ("catalog", "post", "quotes/"),
        ("customers", "get", "customers/42/"),
        ("customers", "get", "customers/42/entitlements/"),
        ("customers", "get", "customers/42/entitlements/signals/"),
        ("customers", "get", "customers/42/entitlements/signals/explanation/"),
        ("consume", "post", "customers/42/privileges/calls/uses/"),
        ("grants", "post", "customers/42/grants/"),
        ("grants", "post", "grants/1/revocation/"),
        ("orders", "get", "orders/"),
        ("orders", "get", "orders/2026-1/"),
        ("tokens", "post", "customers/42/token/"),
    ],
)
def test_a_key_opens_only_what_its_scopes_cover(make_program, customer, needed, method, path):
    program = make_program(*(scope for scope in Scope.values if scope != needed))

    answer = getattr(program, method)(f"/api/v1/{path}")

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize("state", ["unknown", "revoked", "expired", "garbage", "missing"])
def test_a_key_that_is_not_valid_opens_nothing(make_program, client, customer, state):
    program = make_program("customers")
    if state == "revoked":
        ApiKey.objects.update(revoked=True)
    if state == "expired":
        ApiKey.objects.update(expiry_date=clock.now().replace(year=2020))
    sent = {
        "unknown": f"Api-Key {program.plain_key[:-1]}x",
        "garbage": "Api-Key \x00é",
        "missing": "",
    }.get(state, f"Api-Key {program.plain_key}")

    answer = client.get("/api/v1/customers/42/", headers={"Authorization": sent})

    assert answer.status_code == 401


def test_each_key_has_a_rate_of_its_own(make_program, customer):
    slow, fast = make_program("customers", rate_per_minute=2), make_program("customers")

    statuses = [slow.get("/api/v1/customers/42/").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert fast.get("/api/v1/customers/42/").status_code == 200
