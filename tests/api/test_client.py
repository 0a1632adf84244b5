"""The client in the documentation does what it says, against the running server."""

import runpy
from pathlib import Path

import pytest

CLIENT = Path(__file__).resolve().parents[2] / "docs" / "api-client" / "shopbot_client.py"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client_module():
    return runpy.run_path(str(CLIENT))


@pytest.fixture
def shop(client_module, live_server, program):
    return client_module["Shop"](live_server.url, program.plain_key)


def test_a_service_checks_counts_and_grants_with_it(shop, client_module, holder, calls):
    assert shop.has(42, "signals")
    assert not shop.has(42, "signals", level="vip")
    assert shop.entitlements(42)["tier"] == "premium"
    assert shop.entitlements(42)["tier"] == "premium"
    assert shop.consume(42, "calls", 4, key="a").used == 4
    assert shop.consume(42, "calls", 4, key="a").used == 4
    with pytest.raises(client_module["ShopProblem"]) as refused:
        shop.consume(42, "calls", 7)
    assert refused.value.code == "privilege_used_up"
    shop.grant(42, "signals", level="vip", months=1, key="gift")
    assert shop.has(42, "signals", level="vip")
