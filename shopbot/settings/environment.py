"""Which environment variables does the shop read, and what do they say?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shopbot.settings.addresses import is_address, is_local

BASE_DIR = Path(__file__).resolve().parents[2]

#: Shorter keys can be guessed by trying.
SHORTEST_KEY = 32


class EnvironmentInvalid(SystemExit):
    """The shop cannot start; the message is the one line that the operator reads."""


def _variable(
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    example: str = "",
    required: str = "",
    **limits: Any,
) -> Any:
    """Describe a variable; ``required`` says when it may not be empty."""
    extra: JsonDict = {"unit": unit, "example": example, "required": required}
    return Field(default=default, description=meaning, json_schema_extra=extra, **limits)


_EMPTY = SecretStr("")


class Environment(BaseSettings):
    """Everything that the environment says; ``docs/settings.md`` lists it for people."""

    model_config = SettingsConfigDict(
        extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    env_file: Path = _variable(
        BASE_DIR / ".env",
        "File of further variables, one NAME=value a line; the process's own win.",
        example="/etc/shopbot.env",
    )
    debug: bool = _variable(
        False,
        "Local trial mode: simulator, demo payments, detailed error pages. Never on a public"
        " address.",
        example="1",
    )
    data_dir: Path = _variable(
        BASE_DIR / "var",
        "Folder of what the shop writes to disk: SQLite file, uploads, local broker.",
        example="/srv/shopbot",
    )
    secret_key: SecretStr = _variable(
        _EMPTY,
        "Signs sessions and links; at least 32 characters.",
        required="always; a local trial makes its own",
        example="a long random text",
    )
    public_url: str = _variable(
        "",
        "Address under which the world reaches the shop, without a slash at the end. The"
        " default is http://127.0.0.1:PORT in a local trial.",
        required="without DEBUG",
        example="https://shop.example.com",
    )
    port: int = _variable(
        8000,
        "Port of the web server; a local trial also uses the next one for the simulator.",
        ge=1,
        le=65534,
        example="9000",
    )
    listen_on: str = _variable(
        "127.0.0.1",
        "Address of this machine on which `manage.py up` opens the web server; the simulator"
        " always stays on the loopback.",
        example="0.0.0.0",  # noqa: S104
    )
    allowed_hosts: str = _variable(
        "",
        "Further host names that the web server answers to, separated by commas; the host of"
        " PUBLIC_URL always is one.",
        example="shop.internal,10.0.0.5",
    )
    behind_proxy: bool = _variable(
        False,
        "A proxy of yours ends TLS, and sets X-Forwarded-Proto and X-Forwarded-For itself.",
        example="1",
    )
    database_url: SecretStr = _variable(
        _EMPTY,
        "PostgreSQL 15 or newer. Without it the shop keeps SQLite in DATA_DIR.",
        example="postgresql://shop:password@db.internal:5432/shop",
    )
    database_pool_size: int = _variable(
        10, "Most connections that one process opens to PostgreSQL.", ge=1, le=200, example="20"
    )
    database_statement_timeout_ms: int = _variable(
        15_000,
        "PostgreSQL gives up a statement after this time; 0 never. Use 0 for long migrations.",
        unit="milliseconds",
        ge=0,
        example="0",
    )
    redis_url: SecretStr = _variable(
        _EMPTY,
        "Redis or Valkey, for the task broker and the cache. Without it tasks go through files"
        " in DATA_DIR and each process has its own cache: right for one machine.",
        example="redis://cache.internal:6379/0",
    )
    telegram_bot_token: SecretStr = _variable(
        _EMPTY,
        "Token of the bot, from @BotFather. A local trial without it talks to the simulator.",
        required="without DEBUG",
        example="123456789:AA…",
    )
    telegram_webhook_key: SecretStr = _variable(
        _EMPTY,
        "Key from which the secret of each webhook is derived; at least 32 characters.",
        required="always; a local trial makes its own",
        example="a long random text",
    )
    telegram_webhook_versions: str = _variable(
        "1",
        "Versions of the webhook's secret that are valid, newest first. To change the secret"
        " set 2,1, run set_webhook, then set 2.",
        pattern=r"^[1-9][0-9]*(,[1-9][0-9]*)*$",
        example="2,1",
    )
    telegram_api_url: str = _variable(
        "",
        "Address of a Bot API server of your own. The default is Telegram's, or the simulator.",
        example="http://botapi.internal:8081",
    )
    stripe_secret_key: SecretStr = _variable(
        _EMPTY, "Secret key of Stripe; switches card payments on.", example="sk_live_…"
    )
    stripe_webhook_secret: SecretStr = _variable(
        _EMPTY,
        "Signing secret of Stripe's webhook endpoint.",
        required="with STRIPE_SECRET_KEY",
        example="whsec_…",
    )
    stripe_api_url: str = _variable(
        "",
        "Address of Stripe's API, for tests against a stand-in. The default is Stripe's own.",
        example="http://127.0.0.1:8001/stripe-api",
    )
    stars_enabled: bool = _variable(
        True, "Sell for Telegram Stars through the bot.", example="0"
    )
    quote_ttl_minutes: int = _variable(
        30, "How long a price shown is a price kept.", unit="minutes", ge=1, example="15"
    )
    order_ttl_minutes: int = _variable(
        30, "How long an order waits for its payment.", unit="minutes", ge=1, example="60"
    )
    region_change_days: int = _variable(
        30,
        "How long after confirming a region a customer may choose another.",
        unit="days",
        ge=0,
        example="90",
    )
    api_token_key: SecretStr = _variable(
        _EMPTY,
        "Signs the offline tokens of the API; without it, SECRET_KEY does.",
        example="(a long random text)",
    )
    api_token_previous_key: SecretStr = _variable(
        _EMPTY,
        "The key before; its public half stays published while its last tokens run out.",
        example="(the text that API_TOKEN_KEY was)",
    )
    webhooks_allow_private: bool = _variable(
        False,
        "Let outgoing webhooks go to private networks and over plain http.",
        example="1",
    )
    goods_exceptions: str = _variable(
        "",
        "What may be sold in ways that Telegram's terms do not allow, as way:goods separated by"
        " commas. The admin warns while it is set.",
        example="stripe:digital",
        pattern=r"^([a-z]+:(digital|service|physical)(,[a-z]+:(digital|service|physical))*)?$",
    )
    seller_name: str = _variable(
        "", "Who sells, as printed on receipts.", example="Example Signals Ltd"
    )
    seller_address: str = _variable(
        "", "Address of the seller, as printed on receipts.", example="1 High Street, London"
    )
    seller_tax_id: str = _variable(
        "", "Tax number of the seller, as printed on receipts.", example="GB123456789"
    )
    seller_email: str = _variable(
        "", "Address for questions, as printed on receipts.", example="help@example.com"
    )
    staff_chat_id: int = _variable(
        0,
        "Chat that hears of low stock and failed deliveries, with the bot in it. 0 for none.",
        example="-1001234567890",
    )
    staff_time_zone: str = _variable(
        "UTC", "Time zone of the admin's pages and of a staff day.", example="Europe/Berlin"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _variable(
        "INFO", "The least serious messages that are logged.", example="WARNING"
    )
    log_format: Literal["json", "console"] = _variable(
        "json",
        "How log lines look: one JSON object each, or text for a person.",
        example="json",
    )
    metrics_token: SecretStr = _variable(
        _EMPTY,
        "Whoever reads /metrics sends it as a bearer token. Without it /metrics answers 404.",
        example="a long random text",
    )

    @field_validator("public_url", "telegram_api_url", "stripe_api_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and (not is_address(value, {"http", "https"}) or value.endswith("/")):
            raise ValueError("give an http:// or https:// address without a slash at its end")
        return value

    @field_validator("secret_key", "telegram_webhook_key")
    @classmethod
    def _is_long(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"give at least {SHORTEST_KEY} characters")
        return value

    @field_validator("telegram_bot_token")
    @classmethod
    def _is_a_token(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch("|[0-9]+:[A-Za-z0-9_-]+", value.get_secret_value()):
            raise ValueError("a bot token looks like 123456789:AA…, from @BotFather")
        return value

    @field_validator("staff_time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value).key
        except (KeyError, ValueError, OSError):  # unknown, malformed, a folder of zones
            raise ValueError("give a time zone, like UTC or Europe/Berlin") from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Ask the process first, then the files that its ``NAME_FILE`` name, then ``.env``."""
        return init_settings, env_settings, _SecretFiles(settings_cls), dotenv_settings


class _SecretFiles(PydanticBaseSettingsSource):
    """Secrets that the environment names by file, as ``SECRET_KEY_FILE=/run/secrets/key``."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Read one secret, or nothing."""
        name = f"{field_name.upper()}_FILE"
        path = os.environ.get(name, "") if field.annotation is SecretStr else ""
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            raise EnvironmentInvalid(f"{name}: {path}: {error.strerror}") from None

    def __call__(self) -> dict[str, Any]:
        """Read every secret that is named by a file."""
        fields = self.settings_cls.model_fields.items()
        found = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the registry, as its documentation shows it."""

    name: str
    meaning: str
    default: str
    unit: str
    example: str
    required: str
    is_secret: bool


def variables() -> Iterator[Variable]:
    """Yield every variable that the shop reads, in the order of the registry."""
    for name, field in Environment.model_fields.items():
        extra = field.json_schema_extra
        told: dict[str, Any] = extra if isinstance(extra, dict) else {}
        yield Variable(
            name=name.upper(),
            meaning=field.description or "",
            default=_default_text(field),
            unit=told["unit"],
            example=told["example"],
            required=told["required"],
            is_secret=field.annotation is SecretStr,
        )


def _default_text(field: FieldInfo) -> str:
    match field.default:
        case SecretStr():
            return ""
        case bool():
            return "1" if field.default else "0"
        case Path():
            return field.default.name
        case _:
            return str(field.default)


def read_environment() -> Environment:
    """Read the process's environment, the file ``.env``, and what a local trial wrote.

    A variable set to nothing counts as not set.

    Raises:
        EnvironmentInvalid: a value is missing or wrong; the message names the variable.
    """
    found = _read(_env_file())
    if is_trial(found):
        found = _read(trial_file(found), _env_file())
    _require(found)
    return found


def read_incomplete() -> Environment:
    """Read the environment without asking whether all that is required is there."""
    return _read(_env_file())


def is_trial(found: Environment) -> bool:
    """Say whether nobody has set the shop up, so that a trial's own secrets may serve.

    A shop with a key of its own, with DEBUG off, or with a public address is not a trial.
    """
    is_off = "debug" in found.model_fields_set and not found.debug
    is_here = not found.public_url or is_local(found.public_url)
    return is_here and not (is_off or found.secret_key.get_secret_value())


def trial_file(found: Environment) -> Path:
    """Say where a local trial keeps its secrets."""
    return found.data_dir / "local.env"


def _env_file() -> Path:
    return Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")


def _read(*files: Path) -> Environment:
    try:
        return Environment(_env_file=files)  # type: ignore[call-arg]
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name, wrong = str(first["loc"][0]).upper(), first["msg"].removeprefix("Value error, ")
        raise EnvironmentInvalid(f"{name}: {wrong} (see docs/settings.md)") from None


def _require(found: Environment) -> None:
    needed: dict[str, str | SecretStr] = {"SECRET_KEY": found.secret_key}
    needed["TELEGRAM_WEBHOOK_KEY"] = found.telegram_webhook_key
    if not found.debug:
        needed["PUBLIC_URL"] = found.public_url
        needed["TELEGRAM_BOT_TOKEN"] = found.telegram_bot_token
    if found.stripe_secret_key.get_secret_value():
        needed["STRIPE_WEBHOOK_SECRET"] = found.stripe_webhook_secret
    for name, value in needed.items():
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            raise EnvironmentInvalid(f"{name}: is required and not set (see docs/settings.md)")
