"""Channels and groups: links, join requests, members."""

from telegram_bot.simulator import rules
from telegram_bot.simulator.core import Core, private_chat_as_json
from telegram_bot.simulator.errors import bad_request
from telegram_bot.simulator.groups import (
    INSIDE,
    is_inside,
    link_as_json,
    member_as_json,
    move_member,
    new_link,
    standing,
)
from telegram_bot.simulator.spec import load_spec
from telegram_bot.simulator.state import Group, InviteLink, Json, User
from telegram_bot.simulator.targets import (
    LARGE_CHATS_ONLY,
    chat_as_json,
    find_chat,
    find_group,
    require_right,
    show_group,
)
from telegram_bot.simulator.validation import Checked

DAY = 86_400
# Telegram takes anything nearer or further than this as "for ever".
SHORTEST_BAN, LONGEST_BAN = 30, 366 * DAY


def _chat_where_bot_invites(core: Core, call: Checked) -> Group:
    group = find_group(core, call.values["chat_id"])
    require_right(core, group, "can_invite_users", "manage chat invite link")
    return group


def create_chat_invite_link(core: Core, call: Checked) -> Json:
    """Make a further invite link."""
    group = _chat_where_bot_invites(core, call)
    rules.invite_link(call.values)
    link = new_link(
        core,
        group,
        name=call.values.get("name", ""),
        creates_join_request=call.values.get("creates_join_request", False),
        expire_date=call.values.get("expire_date", 0),
        member_limit=call.values.get("member_limit", 0),
    )
    return link_as_json(core, group, link)


def _own_link(core: Core, group: Group, call: Checked) -> InviteLink:
    link = group.links.get(call.values["invite_link"])
    if link is None:
        raise bad_request("INVITE_HASH_EXPIRED")
    if link.creator_id != core.state.bot.id:
        raise bad_request("CHAT_ADMIN_REQUIRED", hint="The bot did not create this link.")
    return link


def edit_chat_invite_link(core: Core, call: Checked) -> Json:
    """Change a link of the bot's; what is omitted returns to its default."""
    group = _chat_where_bot_invites(core, call)
    link = _own_link(core, group, call)
    rules.invite_link(call.values)
    if link.is_primary:
        raise bad_request("INVITE_HASH_EXPIRED", hint="The primary link can't be edited.")
    link.name = call.values.get("name", "")
    link.expire_date = call.values.get("expire_date", 0)
    link.member_limit = call.values.get("member_limit", 0)
    link.creates_join_request = call.values.get("creates_join_request", False)
    show_group(core, group)
    return link_as_json(core, group, link)


def revoke_chat_invite_link(core: Core, call: Checked) -> Json:
    """End a link of the bot's."""
    group = _chat_where_bot_invites(core, call)
    link = _own_link(core, group, call)
    link.is_revoked = True
    show_group(core, group)
    return link_as_json(core, group, link)


def export_chat_invite_link(core: Core, call: Checked) -> str:
    """Make a new primary link; the bot's old one ends."""
    group = _chat_where_bot_invites(core, call)
    for link in group.links.values():
        if link.is_primary and link.creator_id == core.state.bot.id:
            link.is_revoked = True
    return new_link(core, group, is_primary=True).link


def _take_request(core: Core, call: Checked) -> tuple[Group, int, str]:
    group = _chat_where_bot_invites(core, call)
    user_id: int = call.values["user_id"]
    if is_inside(core, group, user_id):
        raise bad_request("USER_ALREADY_PARTICIPANT")
    request = group.requests.pop(user_id, None)
    if request is None:
        raise bad_request("HIDE_REQUESTER_MISSING")
    return group, user_id, request.link


def approve_chat_join_request(core: Core, call: Checked) -> bool:
    """Let somebody in who asked."""
    group, user_id, link = _take_request(core, call)
    move_member(
        core,
        group,
        user_id=user_id,
        status="member",
        actor_id=core.state.bot.id,
        link=link,
        via_join_request=True,
    )
    return True


def decline_chat_join_request(core: Core, call: Checked) -> bool:
    """Turn somebody away who asked."""
    group, _, _ = _take_request(core, call)
    show_group(core, group)
    return True


def _target(core: Core, call: Checked) -> tuple[Group, int]:
    """The member whom a ban or its end is about; administrators are out of reach."""
    group = find_group(core, call.values["chat_id"])
    require_right(core, group, "can_restrict_members", "restrict/unrestrict chat member")
    user_id: int = call.values["user_id"]
    if user_id not in core.state.users:
        raise bad_request("PARTICIPANT_ID_INVALID")
    status = standing(core, group, user_id).status
    if status == "creator":
        raise bad_request("can't remove chat owner")
    if status == "administrator":
        raise bad_request("user is an administrator of the chat")
    return group, user_id


def ban_chat_member(core: Core, call: Checked) -> bool:
    """Remove somebody and keep them out, for a time or for ever."""
    group, user_id = _target(core, call)
    until = call.values.get("until_date", 0)
    ahead = until - core.clock.now()
    if not SHORTEST_BAN <= ahead <= LONGEST_BAN:
        until = 0
    group.requests.pop(user_id, None)
    move_member(
        core, group, user_id=user_id, status="kicked", actor_id=core.state.bot.id, until=until
    )
    return True


def unban_chat_member(core: Core, call: Checked) -> bool:
    """Lift a ban; without ``only_if_banned`` this also removes a member."""
    group, user_id = _target(core, call)
    if group.type == "group":
        raise bad_request(LARGE_CHATS_ONLY)
    status = standing(core, group, user_id).status
    is_touched = status == "kicked" or (
        status in INSIDE and not call.values.get("only_if_banned", False)
    )
    if is_touched:
        move_member(core, group, user_id=user_id, status="left", actor_id=core.state.bot.id)
    return True


def get_chat_member(core: Core, call: Checked) -> Json:
    """Tell somebody's place in a chat."""
    group = find_group(core, call.values["chat_id"])
    user_id: int = call.values["user_id"]
    if user_id != core.state.bot.id and user_id not in core.state.users:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return member_as_json(core, standing(core, group, user_id))


def get_chat_administrators(core: Core, call: Checked) -> list[Json]:
    """The owner and the administrators."""
    group = find_group(core, call.values["chat_id"])
    return [
        member_as_json(core, member)
        for member in group.members.values()
        if member.status in ("creator", "administrator")
    ]


def get_chat_member_count(core: Core, call: Checked) -> int:
    """How many are in a chat, the bot included."""
    group = find_group(core, call.values["chat_id"])
    return sum(1 for user_id in list(group.members) if is_inside(core, group, user_id))


def get_chat(core: Core, call: Checked) -> Json:
    """Everything about a chat that the bot knows."""
    chat = find_chat(core, call.values["chat_id"])
    gifts = {
        name: False
        for name, one in load_spec().types["AcceptedGiftTypes"].fields.items()
        if one.is_required
    }
    value: Json = {
        **chat_as_json(chat),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": gifts,
    }
    if isinstance(chat, User):
        return {
            **value,
            **private_chat_as_json(chat),
            **({"bio": chat.bio} if chat.bio else {}),
        }
    group = find_group(core, chat.id)
    primary = [
        link.link
        for link in group.links.values()
        if link.is_primary and not link.is_revoked and link.creator_id == core.state.bot.id
    ]
    return {**value, "invite_link": primary[0]} if primary else value


def leave_chat(core: Core, call: Checked) -> bool:
    """Leave a channel or group."""
    group = find_group(core, call.values["chat_id"])
    bot_id = core.state.bot.id
    move_member(core, group, user_id=bot_id, status="left", actor_id=bot_id)
    return True
