"""Does Telegram know this bot as the shop wants it known? Its webhook and its command menu."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from telegram_bot.commands import CommandList
from telegram_bot.envelope import SHOP_UPDATES
from telegram_bot.errors import BadWebhookAddress
from telegram_bot.webhook_secret import webhook_secret

#: The languages with a menu of their own; the first is the menu of everybody else.
LANGUAGES: Final = tuple(code for code, _ in settings.LANGUAGES)

#: Telegram delivers to these ports only.
_PORTS: Final = frozenset({443, 80, 88, 8443})

MAX_CONNECTIONS: Final = 40


class Api(Protocol):
    """Whoever can call the Bot API."""

    def call(self, method: str, params: dict[str, Any]) -> Any:
        """Call one method and return its result."""
        ...


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that Telegram has otherwise than wanted."""

    name: str
    wanted: object
    found: object

    def __str__(self) -> str:
        return f"{self.name}: wanted {self.wanted!r}, Telegram has {self.found!r}"


def webhook_address() -> str:
    """Return where Telegram should deliver to.

    Raises:
        BadWebhookAddress: Telegram would not deliver there.
    """
    path = reverse("telegram:webhook", args=[settings.TELEGRAM_BOT_ID])
    address = f"{settings.PUBLIC_URL.rstrip('/')}{path}"
    if settings.SIMULATOR_ENABLED:
        return address
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme != "https" or port not in _PORTS:
        raise BadWebhookAddress(
            f"PUBLIC_URL is {settings.PUBLIC_URL}: Telegram delivers to https on port "
            "443, 80, 88 or 8443 only. Without such an address use run_polling."
        )
    return address


def wanted_webhook() -> dict[str, Any]:
    """Return the parameters of setWebhook; the same ones again change nothing.

    Raises:
        BadWebhookAddress: Telegram would not deliver there.
    """
    version = settings.TELEGRAM_WEBHOOK_VERSIONS[0]
    return {
        "url": webhook_address(),
        "secret_token": webhook_secret(bot_id=settings.TELEGRAM_BOT_ID, version=version),
        "allowed_updates": list(SHOP_UPDATES),
        "max_connections": MAX_CONNECTIONS,
    }


def set_webhook(api: Api) -> tuple[Difference, ...]:
    """Tell Telegram where to deliver, read back what it understood, return what differs.

    Telegram passes over kinds of updates that it does not know, without a word: hence the
    reading back.

    Raises:
        BadWebhookAddress: Telegram would not deliver there.
        TelegramRefused, TelegramSilent: it was not told.
    """
    wanted = wanted_webhook()
    api.call("setWebhook", wanted)
    return differences(wanted, api.call("getWebhookInfo", {}))


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Compare what was asked for with getWebhookInfo's answer."""
    pairs = (
        ("url", wanted["url"], found.get("url", "")),
        ("max_connections", wanted["max_connections"], found.get("max_connections")),
        (
            "allowed_updates",
            sorted(wanted["allowed_updates"]),
            sorted(found.get("allowed_updates") or []),
        ),
    )
    return tuple(Difference(name, want, has) for name, want, has in pairs if want != has)


def set_commands(api: Api, commands: CommandList) -> None:
    """Give Telegram the command menu, once for everybody and once per language.

    Raises:
        TelegramRefused, TelegramSilent: some menu was not set; setting all again is harmless.
    """
    for position, language in enumerate(LANGUAGES):
        params: dict[str, Any] = {"commands": commands.menu(language)}
        if position:
            params["language_code"] = language
        api.call("setMyCommands", params)
