"""Other software asks who is entitled to what, and why."""

import base64
import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from entitlements.models import EntitlementType
from entitlements.services import NewGrant, block, grant_all, revoke_source
from shopbot.kernel import clock

PATH = "/api/v1/customers/42/"


def test_a_customer_has_a_tier(program, holder):
    body = program.get(PATH).json()

    assert (body["telegram_id"], body["tier"], body["is_premium"]) == (42, "premium", True)


def test_the_map_says_everything_a_service_needs(program, holder, calls):
    body = program.get(f"{PATH}entitlements/").json()

    signals = body["entitlements"]["signals"]
    assert body["tier"] == "premium"
    assert {key: signals[key] for key in ("is_active", "tier", "will_renew", "source")} == {
        "is_active": True, "tier": "premium", "will_renew": False, "source": "order-line:1",
    }  # fmt: skip
    assert signals["expires_at"] > signals["starts_at"]
    privilege = body["privileges"]["calls"]
    assert (privilege["limit"], privilege["used"], privilege["remaining"]) == (10, 0, 10)


def test_an_unchanged_map_is_not_sent_again(program, holder):
    first = program.get(f"{PATH}entitlements/")
    again = program.get(f"{PATH}entitlements/", headers={"If-None-Match": first["ETag"]})
    revoke_source(source="order-line:1", reason="refund", actor="test", now=clock.now())
    changed = program.get(f"{PATH}entitlements/", headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert changed.json()["entitlements"] == {}


def test_any_moment_may_be_asked_about(program, holder):
    later = {"as_of": (clock.now() + timedelta(days=60)).isoformat()}

    now = program.get(f"{PATH}entitlements/signals/").json()
    then = program.get(f"{PATH}entitlements/signals/?{urlencode(later)}").json()

    assert (now["is_active"], then["is_active"]) == (True, False)


def test_a_check_costs_one_query_beside_the_key(program, holder, django_assert_num_queries):
    with django_assert_num_queries(2):
        program.get(f"{PATH}entitlements/signals/")


def test_the_map_costs_the_same_for_one_and_for_many(
    program, holder, calls, tier, django_assert_max_num_queries
):
    with django_assert_max_num_queries(11) as for_one:
        program.get(f"{PATH}entitlements/")
    for number in range(3):
        type_ = EntitlementType.objects.create(code=f"type-{number}", name="More")
        given = NewGrant(
            type_id=type_.pk, level="vip", source=f"line:{number}", months=1, tier_id=tier.pk
        )
        grant_all(customer_id=holder.pk, grants=[given], now=clock.now(), actor="test")

    with django_assert_max_num_queries(len(for_one)):
        body = program.get(f"{PATH}entitlements/").json()

    assert len(body["entitlements"]) == 4


@pytest.mark.parametrize("level", ["vip", "enterprise"])
def test_a_lower_level_does_not_open_what_needs_a_higher(program, holder, level):
    answer = program.get(f"{PATH}entitlements/signals/?level={level}")

    assert answer.json()["is_active"] is False


def test_strangers_and_unknown_entitlements_are_simply_not_entitled(program, holder):
    for path in ("customers/43/entitlements/signals/", "customers/42/entitlements/gold/"):
        answer = program.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["is_active"]) == (200, False)


def test_a_block_closes_and_the_explanation_names_it(program, holder):
    block(
        customer_id=holder.pk, kind="fraud", source="staff:1", reason="stolen card",
        actor="staff:1", now=clock.now(),
    )  # fmt: skip

    body = program.get(f"{PATH}entitlements/signals/explanation/").json()

    assert (body["has_access"], body["verdict"]) == (False, "blocked")
    assert body["text"]
    assert program.get(f"{PATH}entitlements/signals/").json()["is_active"] is False


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("as_of=yesterday", "invalid_input"),
        ("as_of=2026-01-01", "invalid_input"),
        ("as_of=9999-12-31T23:59:59%2B14:00", "invalid_input"),
        ("level=gold", "invalid_input"),
    ],
)
def test_a_question_that_makes_no_sense_is_a_clear_problem(program, holder, query, code):
    answer = program.get(f"{PATH}entitlements/signals/?{query}")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code


def test_nobody_has_a_clear_problem_too(program):
    answer = program.get("/api/v1/customers/99/entitlements/")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")


def parts(token):
    return [
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")
    ]


def verify(token, key_set):
    """Check a token as another program would, from RFC 8037 alone; return its claims."""
    header, claims, signature = parts(token)
    kid = json.loads(header)["kid"]
    jwk = next(key for key in key_set["keys"] if key["kid"] == kid)
    public = Ed25519PublicKey.from_public_bytes(parts(jwk["x"])[0])
    public.verify(signature, token.rpartition(".")[0].encode())
    return json.loads(claims)


def test_an_offline_token_verifies_against_the_published_keys(program, client, holder, send):
    token = send("customers/42/token/").json()["token"]

    claims = verify(token, client.get("/api/v1/jwks.json").json())

    assert (claims["sub"], claims["tier"]) == ("42", "premium")
    assert claims["entitlements"]["signals"]["tier"] == "premium"
    assert claims["exp"] - claims["iat"] == 600


def test_a_token_of_the_key_before_still_verifies_and_a_forged_one_never(
    program, client, holder, send, settings
):
    token = send("customers/42/token/").json()["token"]
    settings.API_TOKEN_PREVIOUS_KEY = settings.API_TOKEN_KEY
    settings.API_TOKEN_KEY = "the-next-key-the-next-key-the-next-key"
    key_set = client.get("/api/v1/jwks.json").json()

    assert verify(token, key_set)["sub"] == "42"
    head, claims, signature = token.split(".")
    forged = base64.urlsafe_b64encode(parts(token)[1].replace(b"premium", b"vip")).decode()
    with pytest.raises(InvalidSignature):
        verify(f"{head}.{forged.rstrip('=')}.{signature}", key_set)
