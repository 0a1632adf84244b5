"""Fixtures for every test: a fixed time, races, clean caches, and no network but loopback."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
import pytest_socket
from django.core.cache import cache
from django.core.management.color import no_style
from django.db import connection, connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from shopbot.kernel.versions import VersionedCache

#: Filled by the migrations, for every test alike.
LASTING_TABLES = {"django_migrations", "django_content_type", "auth_permission"}
LOOPBACK = ["127.0.0.1", "::1", "localhost"]


# How long an example takes says more about the machine than about the code.
settings.register_profile("shop", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shop")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what is imported for good out of every later search for garbage.

    It is most of the memory, and a tenth of the suite's time went into walking it.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Collect no garbage while the migrations make each model many times over."""
    gc.disable()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Collect garbage again, now that the tables are there."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> Generator[None]:
    """Empty only the tables that a test with threads has filled.

    Django empties all hundred and computes every permission anew: a seventh of a second a test.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: _empty())
        yield


def _empty() -> None:
    tables = set(connection.introspection.django_table_names(only_existing=True))
    quoted = {table: connection.ops.quote_name(table) for table in tables - LASTING_TABLES}
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {name})"  # noqa: S608
                for table, name in sorted(quoted.items())
            )
        )
        filled = [table for (table,) in cursor.fetchall()]
    emptying = connection.ops.sql_flush(no_style(), filled, allow_cascade=True)
    connection.ops.execute_sql_flush(emptying)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the browser tests of one folder to one worker: they share what is dear to open."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group(f"browser-{item.path.parent.name}"))


def pytest_runtest_setup() -> None:
    """Refuse every connection that would leave this machine."""
    pytest_socket.socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


@pytest.fixture
def now() -> datetime:
    """The instant at which a test happens."""
    return datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clean_caches() -> None:
    """Keep nothing from one test to the next."""
    cache.clear()
    for held in VersionedCache.every:
        held.clear()


@pytest.fixture
def race() -> Callable[..., list[Any]]:
    """Run calls at the same time, each in its own thread on its own connection.

    ``race(call, call, ...)`` or ``race([call, ...])`` returns what each call returned or, for a
    call that raised, the exception, in order. The test needs ``django_db(transaction=True)``.
    """

    def run(*calls: Callable[[], Any] | Sequence[Callable[[], Any]]) -> list[Any]:
        runners: list[Callable[[], Any]] = []
        for call in calls:
            runners.extend([call] if callable(call) else call)
        barrier = Barrier(len(runners))

        def at_once(call: Callable[[], Any]) -> Any:
            try:
                barrier.wait(timeout=10)
                return call()
            except Exception as error:  # noqa: BLE001  the outcome is what the test looks at
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(runners)) as pool:
            return list(pool.map(at_once, runners))

    return run
