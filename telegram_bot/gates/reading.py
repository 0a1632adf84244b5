"""What do Telegram's updates about a chat's members say?"""

from datetime import UTC, datetime
from typing import Any, Final

from telegram_bot.api_answers import TelegramRefused
from telegram_bot.gates.chats import BotPlace
from telegram_bot.gates.members import Change
from telegram_bot.gates.removals import read_place

#: Somebody was quicker: the request is answered, or was taken back.
_SETTLED: Final = ("hide_requester_missing", "user_already_participant")


def change_of(event: dict[str, Any]) -> Change:
    """Read a ``chat_member`` update."""
    member = event["new_chat_member"]
    place = read_place(member)
    return Change(
        telegram_id=member["user"]["id"],
        name=place.name,
        is_inside=place.is_inside,
        is_admin=place.is_admin,
        at=datetime.fromtimestamp(event["date"], UTC),
    )


def bot_place(event: dict[str, Any]) -> BotPlace:
    """Read a ``my_chat_member`` update."""
    chat, member = event["chat"], event["new_chat_member"]
    return BotPlace(
        chat_id=chat["id"],
        kind=chat["type"],
        title=chat.get("title", ""),
        status=member["status"],
        can_invite=bool(member.get("can_invite_users")),
        can_restrict=bool(member.get("can_restrict_members")),
    )


def is_settled(refusal: TelegramRefused) -> bool:
    """Tell whether a request to join needs no answer any more."""
    text = refusal.description.lower()
    return refusal.code == 400 and any(word in text for word in _SETTLED)
