"""The one typed list of environment variables that the shop reads."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parents[2]


class Environment(BaseSettings):
    """What the environment (or ``.env``) says."""

    model_config = SettingsConfigDict(env_file=BASE_DIR / ".env", extra="ignore")

    debug: bool = Field(default=False)
    data_dir: Path = Field(default=BASE_DIR / "var")
    database_url: str = Field(default="")
    redis_url: str = Field(default="")
    port: int = Field(default=8000, ge=1, le=65534)
    public_url: str = Field(default="")
    secret_key: SecretStr = Field(default=SecretStr(""))
    telegram_bot_token: SecretStr = Field(default=SecretStr(""))
    telegram_webhook_key: SecretStr = Field(default=SecretStr(""))
    telegram_api_url: str = Field(default="")
    stripe_secret_key: SecretStr = Field(default=SecretStr(""))
    stripe_webhook_secret: SecretStr = Field(default=SecretStr(""))
    stripe_api_url: str = Field(default="")


def read_environment() -> Environment:
    """Read every variable, or stop with one line that names the first wrong one."""
    try:
        return Environment()
    except ValidationError as error:
        first = error.errors()[0]
        raise ImproperlyConfigured(f"{str(first['loc'][0]).upper()}: {first['msg']}") from None


def database_from_url(url: str) -> dict[str, object]:
    """Turn ``postgresql://user:password@host:port/name?option=value`` into Django's form."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL: only postgresql:// addresses are understood")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(query),
    }


__all__ = ["BASE_DIR", "Environment", "database_from_url", "os", "read_environment"]
