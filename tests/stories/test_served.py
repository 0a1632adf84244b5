"""The first purchase through real processes, over HTTP, on PostgreSQL with Redis."""

import os
import re
import uuid
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.browser.conftest import open_shop


@pytest.fixture
def database_url():
    """An empty PostgreSQL database of its own, on the server that the tests have."""
    server = os.environ.get("DATABASE_URL", "")
    name = f"served_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    parts = urlsplit(server)
    yield parts._replace(path=f"/{name}").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.skipif(
    os.environ.get("TEST_ENGINE") == "sqlite",
    reason="it is about PostgreSQL; SQLite has its own",
)
def test_a_referred_year_is_bought_over_http_on_postgresql_with_redis(
    tmp_path, database_url, valkey_url
):
    engines = {"DATABASE_URL": database_url, "REDIS_URL": valkey_url}
    with open_shop(tmp_path, **engines) as shop:
        telegram = shop.simulator
        friend = telegram.user("Rita")
        friend.start()
        friend.send("/account")
        invitation = friend.wait_for("Your tier: Free", seconds=15).text
        anna = telegram.user("Anna", language="en-US")
        anna.start(re.search(r"start=(r_[\w-]+)", invitation)[1])
        anna.wait_for("A friend has invited you", seconds=15)

        anna.send("/shop")
        anna.wait_for("What are you looking for?", seconds=15)
        for button in ("Trading", "Signals", "Premium", "12 months", "Buy for $172.80", "Yes"):
            anna.press(button, seconds=15)
        anna.press("Demo payment", seconds=15)
        anna.press("Pay $172.80", seconds=15)

        anna.wait_for("It is yours", seconds=15)
        anna.send("/account")
        anna.wait_for("Your tier: Premium", seconds=15)
