"""Was this written by us? Tags over invoice payloads and demo notices."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from django.conf import settings

from shopbot.kernel.money import Money

# 128 bits of the tag as 22 URL-safe characters: a payload stays below 50 of its 128 bytes.
TAG_BYTES: Final = 16
PREFIX: Final = "o1"


def tag(purpose: str, text: str) -> str:
    """Return the tag of ``text``, different for each purpose."""
    return _tag(settings.SECRET_KEY, purpose, text)


def is_tag(candidate: str, purpose: str, text: str) -> bool:
    """Whether ``candidate`` is the tag under the present key or one of the former ones."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    given = candidate.encode()
    return any(hmac.compare_digest(given, _tag(key, purpose, text).encode()) for key in keys)


def order_payload(*, order_id: int, amount: Money, telegram_id: int) -> str:
    """Return what an invoice carries: which order, and that we asked this person this much."""
    return f"{PREFIX}.{order_id}.{tag('invoice', _terms(order_id, amount, telegram_id))}"


def order_of(payload: str) -> int | None:
    """Return the order that a payload names, unverified; None when it is none of ours."""
    parts = payload.split(".")
    if len(parts) != 3 or parts[0] != PREFIX or not (parts[1].isascii() and parts[1].isdigit()):
        return None
    number = int(parts[1])
    return number if number < 2**63 else None


def is_order_payload(payload: str, *, amount: Money, telegram_id: int) -> bool:
    """Whether we wrote this payload for this person and this amount."""
    order_id = order_of(payload)
    if order_id is None:
        return False
    terms = _terms(order_id, amount, telegram_id)
    return is_tag(payload.rpartition(".")[2], "invoice", terms)


def _terms(order_id: int, amount: Money, telegram_id: int) -> str:
    return f"inv|v1|{amount.minor}|{amount.currency}|{telegram_id}|{order_id}"


def _tag(key: str | bytes, purpose: str, text: str) -> str:
    secret = key if isinstance(key, bytes) else key.encode()
    derived = hmac.digest(secret, b"shopbot.orders." + purpose.encode(), hashlib.sha256)
    digest = hmac.digest(derived, text.encode(), hashlib.sha256)[:TAG_BYTES]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
