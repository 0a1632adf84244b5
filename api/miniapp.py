"""Who opened the Mini App? Telegram's start data checked, and our own session behind it.

The rule is Telegram's (Mini Apps, "Validating data received via the Mini App"): HMAC-SHA256
over the sorted fields without ``hash``, with a key derived from the bot's token.
"""

import hashlib
import hmac
import json
import re
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from django.conf import settings
from django.core import signing

from api.errors import BadInitData, BadSession

#: Start data does not refresh within a session, so it is good for signing in, not for long.
MAX_AGE: Final = timedelta(hours=1)
#: A clock of Telegram's may be ahead of ours.
MAX_AHEAD: Final = timedelta(minutes=1)
SESSION_LIFE: Final = timedelta(hours=2)

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SALT: Final = "api.miniapp.session"


def telegram_id_of(init_data: str, *, now: datetime) -> int:
    """Return whom the start data names.

    Raises:
        BadInitData: it is not signed with our bot's token, is older than an hour, comes from
            the future, repeats a field, or names nobody.
    """
    fields = _fields(init_data)
    claimed = fields.pop("hash", "")
    if not _HASH.fullmatch(claimed) or not hmac.compare_digest(claimed, _hash_of(fields)):
        raise BadInitData("the start data is not signed for this bot")
    _check_age(fields.get("auth_date", ""), now)
    return _user_id(fields.get("user", ""))


def _fields(init_data: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            init_data, keep_blank_values=True, strict_parsing=True, max_num_fields=32
        )
    except ValueError:
        raise BadInitData("the start data is malformed") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        # Which of two values was signed would be anybody's guess.
        raise BadInitData("a field of the start data is repeated")
    return fields


def _hash_of(fields: dict[str, str]) -> str:
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    token = settings.TELEGRAM_BOT_TOKEN.encode()
    key = hmac.new(b"WebAppData", token, hashlib.sha256).digest()
    return hmac.new(key, lines.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _check_age(auth_date: str, now: datetime) -> None:
    if not (auth_date.isascii() and auth_date.isdigit() and len(auth_date) <= 12):
        raise BadInitData("the start data has no date")
    age = now.timestamp() - int(auth_date)
    if not -MAX_AHEAD.total_seconds() <= age <= MAX_AGE.total_seconds():
        raise BadInitData("the start data is too old: open the app again")


def _user_id(user: str) -> int:
    try:
        found = json.loads(user)["id"]
    except (ValueError, KeyError, TypeError):
        raise BadInitData("the start data names nobody") from None
    if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
        raise BadInitData("the start data names nobody")
    return found


def open_session(telegram_id: int, *, now: datetime) -> tuple[str, datetime]:
    """Return a session's token and when it ends; it says who, and nothing else."""
    expires_at = now + SESSION_LIFE
    value = {"id": telegram_id, "until": int(expires_at.timestamp())}
    return signing.dumps(value, salt=_SALT), expires_at


def session_owner(token: str, *, now: datetime) -> int:
    """Return whose session a token is.

    Raises:
        BadSession: it is not ours, or has ended.
    """
    try:
        value = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        raise BadSession("this is no session of ours") from None
    if now.timestamp() >= value["until"]:
        raise BadSession("the session has ended: open the app again")
    return int(value["id"])
