"""Which rules does the Bot API state only in prose?

Each function refuses what the official server refuses, in its words where they are known.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from telegram_bot.simulator.entities import Formatted, format_text
from telegram_bot.simulator.errors import bad_request
from telegram_bot.simulator.state import SUBSCRIPTION_SECONDS, Json
from telegram_bot.simulator.validation import Checked, utf16_length

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
ENTITY_LIMIT = 100
BUTTON_LIMIT = 100
SUBSCRIPTION_STARS_LIMIT = 10_000
TOTAL_LIMIT = 9_999_999_999_99
BUTTON_ACTIONS = (
    "url", "callback_data", "web_app", "login_url", "switch_inline_query",
    "switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "copy_text",
    "callback_game", "pay", "disabled",
)  # fmt: skip
CHAT_ACTIONS = frozenset(
    {
        "typing", "upload_photo", "record_video", "upload_video", "record_voice",
        "upload_voice", "upload_document", "choose_sticker", "find_location",
        "record_video_note", "upload_video_note",
    }
)  # fmt: skip


def message_text(call: Checked) -> Formatted:
    """The text of a message: 1 to 4096 UTF-16 units once its markup is read."""
    formatted = format_text(
        call.values.get("text", ""),
        parse_mode=call.values.get("parse_mode", ""),
        entities=call.values.get("entities"),
    )
    if not formatted.text:
        raise bad_request("message text is empty")
    if utf16_length(formatted.text) > TEXT_LIMIT:
        raise bad_request("message is too long", hint=f"The limit is {TEXT_LIMIT} characters.")
    return _few_entities(formatted)


def caption_text(values: Json) -> Formatted:
    """A caption: up to 1024 UTF-16 units once its markup is read."""
    formatted = format_text(
        values.get("caption", ""),
        parse_mode=values.get("parse_mode", ""),
        entities=values.get("caption_entities"),
    )
    if utf16_length(formatted.text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return _few_entities(formatted)


def _few_entities(formatted: Formatted) -> Formatted:
    if len(formatted.entities) > ENTITY_LIMIT:
        # The server keeps the first hundred without a word.
        return Formatted(formatted.text, formatted.entities[:ENTITY_LIMIT])
    return formatted


def inline_keyboard(markup: Json | None, *, is_invoice: bool = False) -> Json | None:
    """An inline keyboard whose buttons each do exactly one thing."""
    if markup is None or "inline_keyboard" not in markup:
        return None
    rows = [row for row in markup["inline_keyboard"] if row]
    buttons = [button for row in rows for button in row]
    if len(buttons) > BUTTON_LIMIT:
        raise bad_request("reply markup is too long", hint=f"{len(buttons)} buttons")
    for button in buttons:
        _check_button(button)
    pays = [button for button in buttons if button.get("pay")]
    if is_invoice and buttons and not buttons[0].get("pay"):
        raise bad_request("first button of the invoice must be a Pay button")
    if pays and not is_invoice:
        raise bad_request("BUTTON_TYPE_INVALID", hint="Only an invoice may have a Pay button.")
    if len(pays) > 1:
        raise bad_request("BUTTON_TYPE_INVALID", hint="There may be one Pay button.")
    return {"inline_keyboard": rows} if rows else None


def _check_button(button: Json) -> None:
    actions = [name for name in BUTTON_ACTIONS if button.get(name) not in (None, False)]
    if not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: button text must be non-empty")
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: "
            "Text buttons are unallowed in the inline keyboard"
        )
    if len(actions) > 1:
        hint = f"The button has {' and '.join(actions)}; exactly one is allowed."
        raise bad_request("BUTTON_TYPE_INVALID", hint=hint)
    if "url" in button:
        check_url(button["url"])


def check_url(address: str) -> None:
    """Refuse an address that Telegram would not put on a button."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https", "tg", "ton") or not (parts.netloc or parts.path):
        raise bad_request(
            f"inline keyboard button URL '{address}' is invalid: Unsupported URL protocol"
        )
    if parts.scheme in ("http", "https") and not parts.hostname:
        raise bad_request(f"inline keyboard button URL '{address}' is invalid: Wrong HTTP URL")


def invoice(call: Checked) -> None:
    """The money side of sendInvoice and createInvoiceLink."""
    values = call.values
    prices: Sequence[Json] = values["prices"]
    total = sum(price["amount"] for price in prices)
    is_stars = values["currency"] == "XTR"
    if is_stars and len(prices) != 1:
        hint = "Stars invoices have exactly one price."
        raise bad_request("STARS_INVOICE_INVALID", hint=hint)
    if is_stars and values.get("provider_token"):
        raise bad_request("PAYMENT_PROVIDER_INVALID", hint="Stars take no provider token.")
    if not is_stars and not values.get("provider_token"):
        hint = "Every currency but XTR needs a provider token."
        raise bad_request("PAYMENT_PROVIDER_INVALID", hint=hint)
    if not re.fullmatch(r"[A-Z]{3}", values["currency"]):
        raise bad_request("CURRENCY_INVALID")
    if not prices or not 0 < total <= TOTAL_LIMIT:
        raise bad_request("CURRENCY_TOTAL_AMOUNT_INVALID")
    _tips(values)
    _subscription(call, is_stars=is_stars, total=total)


def _tips(values: Json) -> None:
    tips: Sequence[int] = values.get("suggested_tip_amounts", ())
    most = values.get("max_tip_amount", 0)
    is_ascending = all(low < high for low, high in zip((0, *tips), tips, strict=False))
    if len(tips) > 4 or not is_ascending or (tips and tips[-1] > most):
        raise bad_request(
            "TIP_AMOUNT_INVALID", hint="Up to four ascending tips within the limit."
        )


def _subscription(call: Checked, *, is_stars: bool, total: int) -> None:
    period = call.raw.get("subscription_period")
    if period in (None, "", 0, "0"):
        return
    if call.method != "createInvoiceLink":
        hint = "A subscription can only be sold by createInvoiceLink."
        raise bad_request("SUBSCRIPTION_EXPORT_MISSING", hint=hint)
    if call.values["subscription_period"] != SUBSCRIPTION_SECONDS:
        hint = f"The only period is {SUBSCRIPTION_SECONDS}."
        raise bad_request("SUBSCRIPTION_PERIOD_INVALID", hint=hint)
    if not is_stars or total > SUBSCRIPTION_STARS_LIMIT:
        hint = f"Subscriptions cost 1 to {SUBSCRIPTION_STARS_LIMIT} Stars."
        raise bad_request("STARS_SUBSCRIPTION_AMOUNT_INVALID", hint=hint)


def invite_link(values: Json) -> None:
    """``member_limit`` and ``creates_join_request`` exclude each other."""
    if values.get("member_limit") and values.get("creates_join_request"):
        raise bad_request("member limit can't be specified for links requiring approval")


def refusal_text(values: Json) -> None:
    """A refused checkout says why."""
    if not values["ok"] and not values.get("error_message"):
        raise bad_request('parameter "error_message" is required when ok is False')


def shipping_answer(values: Json) -> None:
    """Shipping is refused with words, or offered with options."""
    refusal_text(values)
    if values["ok"] and not values.get("shipping_options"):
        raise bad_request(
            "SHIPPING_OPTIONS_REQUIRED", hint="ok is True, but there are no options"
        )


def chat_action(action: str) -> None:
    """One of the known actions."""
    if action not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")


def commands(call: Checked) -> list[Json]:
    """The commands of setMyCommands, without their slashes."""
    given: list[Json] = call.values.get("commands", [])
    if len(given) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in given:
        command["command"] = command["command"].removeprefix("/")
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
            hint = f"{command['command']!r}: only a-z, 0-9 and _ are allowed"
            raise bad_request("BOT_COMMAND_INVALID", hint=hint)
    return given


def language(code: str) -> str:
    """A two-letter language, or "" for all others."""
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("invalid language code specified")
    return code


def webhook(values: Json) -> None:
    """Where Telegram would deliver: https on four ports; plain http only near at hand."""
    address = values["url"]
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise bad_request("bad webhook: invalid URL", hint=str(error)) from error
    host = parts.hostname or ""
    is_near = host in ("localhost", "127.0.0.1", "::1", "testserver") or "." not in host
    if not host or parts.scheme not in ("http", "https"):
        raise bad_request("bad webhook: invalid webhook URL specified")
    if is_near:
        return
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if port not in (None, 443, 80, 88, 8443):
        raise bad_request(
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"
        )


def webhook_secret(token: str) -> None:
    """The letters that a secret may have."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", token):
        raise bad_request("secret token contains unallowed characters")
