"""Does Telegram deliver to the shop, and does the shop speak each language? A doctor asks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from django.conf import settings

from shopbot.doctor import examination
from shopbot.health import Finding
from shopbot.settings.addresses import is_local
from telegram_bot import texts
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.errors import BadWebhookAddress
from telegram_bot.registration import differences, wanted_webhook
from telegram_bot.sync_api import SyncApi


@examination
def webhook_findings() -> Iterator[Finding]:
    """Compare what Telegram has with what the settings want; a shop that polls has none."""
    is_polling = not settings.SIMULATOR_ENABLED and is_local(settings.PUBLIC_URL)
    try:
        with SyncApi() as api:
            info = api.call("getWebhookInfo", {})
        found = () if is_polling else differences(wanted_webhook(), info)
    except TelegramSilent as error:
        yield Finding("webhook", f"Telegram does not answer: {error}", "See TELEGRAM_API_URL.")
        return
    except (TelegramRefused, BadWebhookAddress) as error:
        yield Finding("webhook", str(error), "See TELEGRAM_BOT_TOKEN and PUBLIC_URL.")
        return
    faults = [str(difference) for difference in found]
    if info.get("last_error_message") and not is_polling:
        faults.append(f"Telegram could not deliver: {info['last_error_message']}")
    for fault in faults:
        yield Finding("webhook", fault, "Run `python manage.py set_webhook`.")
    if not faults:
        yield Finding("webhook")


@examination
def text_findings() -> Iterator[Finding]:
    """Sum up what is missing of each language."""
    found = list(texts.problems())
    for language, problems in groupby(found, key=lambda problem: problem.language):
        first, *others = problems
        more = f", and {len(others)} more" if others else ""
        yield Finding(
            "texts",
            f"{language}: {first.what}: {first.text!r}{more}",
            "Translate in locale/, then run `python manage.py texts`.",
        )
    if not found:
        yield Finding("texts")
