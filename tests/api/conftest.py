"""Programs with keys, and a small shop to ask about."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.test import Client

from api.models import ApiKey, Scope
from entitlements.models import EntitlementType, Privilege, TierGrant, TierPrivilege
from entitlements.services import NewGrant, grant_all
from shopbot.kernel import clock
from tests.catalog.factories import make_product
from tests.customers.factories import make_customer


@pytest.fixture
def make_program(db):
    """Return a program with a key of the given scopes."""

    def make(*scopes, **fields):
        _, plain = ApiKey.objects.create_key(name="billing", scopes=list(scopes), **fields)
        client = Client(headers={"Authorization": f"Api-Key {plain}"})
        client.plain_key = plain
        return client

    return make


@pytest.fixture
def program(make_program):
    """A program that may do everything."""
    return make_program(*Scope.values)


@pytest.fixture
def tier(db):
    return make_product(slug="signals", name="Signals").tiers.get()


@pytest.fixture
def signals(tier):
    signals = EntitlementType.objects.create(code="signals", name="Trading signals")
    TierGrant.objects.create(tier=tier, type=signals, level="premium")
    return signals


@pytest.fixture
def calls(tier):
    """A privilege of ten a day, hard."""
    calls = Privilege.objects.create(code="calls", name="Calls", kind="number", reset="day")
    TierPrivilege.objects.create(tier=tier, privilege=calls, value="10", limit="hard")
    return calls


@pytest.fixture
def customer(db):
    return make_customer(telegram_id=42, region="US")


@pytest.fixture
def holder(customer, signals, tier):
    """The customer, who holds a month of premium signals."""
    grant = NewGrant(
        type_id=signals.pk, level="premium", source="order-line:1", months=1, tier_id=tier.pk
    )
    grant_all(customer_id=customer.pk, grants=[grant], now=clock.now(), actor="test")
    return customer


@pytest.fixture
def send(program):
    """Post JSON under an idempotency key."""

    def post(path, body=None, *, key="first", client=program):
        return client.post(
            f"/api/v1/{path}",
            json.dumps(body or {}),
            content_type="application/json",
            headers={"Idempotency-Key": key},
        )

    return post


@pytest.fixture
def init_data():
    """Return start data as Telegram signs it."""

    def make(*, at=None, token=None, user=None, **fields):
        values = {
            "auth_date": str(int((at or clock.now()).timestamp())),
            "user": json.dumps({"id": 42, "first_name": "Ada"} if user is None else user),
            "query_id": "AAE",
            "signature": "c2lnbmF0dXJl",
            **fields,
        }
        token = token or django_settings.TELEGRAM_BOT_TOKEN
        key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
        lines = "\n".join(f"{name}={values[name]}" for name in sorted(values))
        values["hash"] = hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()
        return urlencode(values)

    return make
