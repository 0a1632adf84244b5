"""Which call does the bot make by answering an update with one?"""

import email.message
import json
from typing import Any
from urllib.parse import parse_qsl

from telegram_bot.simulator.parameters import Parameters

# Telegram ignores these in an answer; the rest of the "get" methods too, since nobody
# would see what they return.
IGNORED = frozenset({"deletewebhook", "setwebhook", "close", "logout"})


def _values(body: bytes, content_type: str) -> dict[str, Any]:
    header = email.message.Message()
    header["Content-Type"] = content_type or "application/json"
    kind = header.get_content_type()
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode(errors="replace")))
    if kind == "multipart/form-data":
        return _multipart_values(body, content_type)
    try:
        values = json.loads(body)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _multipart_values(body: bytes, content_type: str) -> dict[str, Any]:
    message = email.message_from_bytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    values: dict[str, Any] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            values[name] = content.decode(errors="replace")
    return values


def read_reply(body: bytes, content_type: str) -> tuple[str, Parameters] | None:
    """The method and parameters in an answer, or None when it carries no call to obey."""
    if not body.strip():
        return None
    values = _values(body, content_type)
    method = str(values.pop("method", ""))
    if not method or method.lower().startswith("get") or method.lower() in IGNORED:
        return None
    return method, Parameters(values)
