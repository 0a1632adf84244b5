"""What does an update say on its outside: its number, its kind, who, where?

Read from the raw JSON, so that an update whose inside nobody here understands (a newer Bot API)
is stored and answered all the same.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from shopbot.kernel.errors import InvalidInput

Json = dict[str, Any]

#: What a shop listens to; ``set_webhook`` asks for exactly these.
SHOP_UPDATES = (
    "message",
    "edited_message",
    "callback_query",
    "inline_query",
    "pre_checkout_query",
    "shipping_query",
    "purchased_paid_media",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "subscription",
)

_PERSON_OF = {"subscription": "user"}


@dataclass(frozen=True, slots=True)
class Person:
    """A Telegram user as the update describes them."""

    id: int
    username: str
    first_name: str
    last_name: str
    language_code: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """The outside of one update; ``event`` is what stands under its kind."""

    update_id: int
    kind: str
    event: Json
    chat_id: int | None
    is_private: bool
    person: Person | None

    @property
    def user_id(self) -> int | None:
        """Telegram's number of whoever caused the update."""
        return self.person.id if self.person else None


def read_envelope(body: bytes) -> Envelope:
    """Read the outside of an update.

    Raises:
        InvalidInput: not JSON in UTF-8, or not an object with a whole ``update_id``.
    """
    try:
        update = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"not JSON: {error}") from None
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**63:
        raise InvalidInput("an update is an object with a whole update_id")
    kind = next((key for key in update if key != "update_id"), "")
    inside = update.get(kind)
    event: Json = inside if isinstance(inside, dict) else {}
    chat = _object(event, "chat") or _object(_object(event, "message"), "chat")
    return Envelope(
        update_id=number,
        kind=kind.replace("\x00", "")[:40],
        event=event,
        chat_id=_number(chat.get("id")),
        is_private=chat.get("type") == "private",
        person=_person(_who(kind, event)),
    )


def _who(kind: str, event: Json) -> Json:
    """Find whom it is about; the word of a refund is the bot's own, in the buyer's chat."""
    if kind == "message" and "refunded_payment" in event:
        return _object(event, "chat")
    return _object(event, _PERSON_OF.get(kind, "from"))


def _person(user: Json) -> Person | None:
    number = _number(user.get("id"))
    if number is None or number <= 0 or user.get("is_bot"):
        return None
    return Person(
        id=number,
        username=_text(user, "username"),
        first_name=_text(user, "first_name"),
        last_name=_text(user, "last_name"),
        language_code=_text(user, "language_code"),
    )


def _object(parent: Json, key: str) -> Json:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and -(2**63) <= value < 2**63 else None  # type: ignore[operator, return-value]


def _text(user: Json, key: str) -> str:
    value = user.get(key)
    # A lone NUL is legal JSON and no PostgreSQL text.
    return value.replace("\x00", "") if isinstance(value, str) else ""
