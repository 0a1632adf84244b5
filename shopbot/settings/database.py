"""Where the shop keeps its rows."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from shopbot.settings.environment import Environment, EnvironmentInvalid

#: A request that waits longer than this for a lock is refused as busy and may be repeated.
LOCK_TIMEOUT_MS = 3_000
#: A server that is there answers sooner; ``connect_timeout`` in the address says otherwise.
CONNECT_SECONDS = 3


def database(env: Environment) -> dict[str, Any]:
    """Build Django's ``default`` database from the environment."""
    if url := env.database_url.get_secret_value():
        return _postgresql(env, url)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": env.data_dir / "shop.sqlite3",
        "OPTIONS": {
            # A transaction that reads before it writes would fail at once instead of waiting.
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def _postgresql(env: Environment, url: str) -> dict[str, Any]:
    parts, port = _split(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        raise EnvironmentInvalid(
            "DATABASE_URL: give an address like postgresql://shop:password@127.0.0.1:5432/shop"
            " (see docs/settings.md)"
        )
    query = dict(parse_qsl(parts.query))
    limits = {
        "lock_timeout": LOCK_TIMEOUT_MS,
        "statement_timeout": env.database_statement_timeout_ms,
        "idle_in_transaction_session_timeout": 60_000,
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": port,
        "OPTIONS": {
            "connect_timeout": CONNECT_SECONDS,
            **query,
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
            # For what asks for it (shopbot.kernel.statements); Django's own cursor never does.
            "prepare_threshold": 5,
            "pool": {"min_size": 1, "max_size": env.database_pool_size, "timeout": 5},
        },
    }


def _split(url: str) -> tuple[SplitResult, str]:
    try:
        parts = urlsplit(url)
        return parts, str(parts.port or "")
    except ValueError as error:  # a port out of range, or half of an IPv6 address
        raise EnvironmentInvalid(f"DATABASE_URL: {error} (see docs/settings.md)") from None
