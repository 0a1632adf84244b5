"""May the bot write there, and where is "there"?"""

from dataclasses import asdict

from telegram_bot.simulator.core import Core, private_chat_as_json
from telegram_bot.simulator.errors import bad_request, forbidden
from telegram_bot.simulator.groups import INSIDE, bot_may, group_as_json, standing
from telegram_bot.simulator.state import Group, Json, User

LARGE_CHATS_ONLY = "method is available for supergroup and channel chats only"


def find_chat(core: Core, chat_id: int | str) -> User | Group:
    """The person or group that a chat id or @username names.

    Raises:
        ApiError: the bot knows no such chat.
    """
    if isinstance(chat_id, str):
        wanted = chat_id.removeprefix("@").lower()
        for group in core.state.groups.values():
            if wanted and group.username.lower() == wanted:
                return group
        raise bad_request("chat not found")
    known = core.state.groups.get(chat_id) or core.state.users.get(chat_id)
    if known is None or (isinstance(known, User) and not _is_known(known)):
        raise bad_request("chat not found")
    if isinstance(known, Group) and known.migrated_to:
        raise bad_request(
            "group chat was upgraded to a supergroup chat", migrate_to_chat_id=known.migrated_to
        )
    return known


def _is_known(user: User) -> bool:
    return user.has_started or user.has_blocked or user.writable_until > 0


def find_group(core: Core, chat_id: int | str) -> Group:
    """A channel or group; private chats are refused as Telegram does."""
    chat = find_chat(core, chat_id)
    if isinstance(chat, User):
        raise bad_request(LARGE_CHATS_ONLY)
    word = chat.type
    status = standing(core, chat, core.state.bot.id).status
    if status == "kicked":
        raise forbidden(f"bot was kicked from the {word} chat")
    if status not in INSIDE:
        raise forbidden(f"bot is not a member of the {word} chat")
    return chat


def writable_chat(core: Core, chat_id: int | str) -> User | Group:
    """A chat where the bot may send a message now.

    Raises:
        ApiError: it may not, with the reason that Telegram gives.
    """
    chat = find_chat(core, chat_id)
    if isinstance(chat, Group):
        group = find_group(core, chat_id)
        if group.type == "channel" and not bot_may(core, group, "can_post_messages"):
            raise bad_request("need administrator rights in the channel chat")
        return group
    if chat.has_blocked:
        raise forbidden("bot was blocked by the user")
    if not chat.has_started and chat.writable_until < core.clock.now():
        raise forbidden("bot can't initiate conversation with a user")
    return chat


def chat_as_json(chat: User | Group) -> Json:
    """A chat as messages name it."""
    return group_as_json(chat) if isinstance(chat, Group) else private_chat_as_json(chat)


def require_right(core: Core, group: Group, right: str, what: str) -> None:
    """Refuse a method for which the bot lacks a right.

    Raises:
        ApiError: the bot is no administrator, or has not this right.
    """
    if not bot_may(core, group, right):
        raise bad_request(f"not enough rights to {what}")


def show_group(core: Core, group: Group) -> None:
    """Tell whoever looks that a group changed."""
    core.changed("group", group=asdict(group))
