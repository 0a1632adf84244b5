"""Who is in a channel or group, and which updates tell the bot so?"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal

from telegram_bot.simulator.core import Core, bot_as_user, user_as_json
from telegram_bot.simulator.errors import ActionRefused
from telegram_bot.simulator.spec import load_spec
from telegram_bot.simulator.state import (
    Group,
    InviteLink,
    JoinRequest,
    Json,
    Member,
    MemberStatus,
    Message,
    User,
)
from telegram_bot.simulator.updates import enqueue

# How long the bot may write to someone who asked to join without having started it.
JOIN_REQUEST_SECONDS = 300
ADMIN_RIGHTS: tuple[str, ...] = (
    "can_manage_chat", "can_delete_messages", "can_restrict_members", "can_invite_users",
    "can_post_messages", "can_edit_messages", "can_pin_messages",
)  # fmt: skip
INSIDE: frozenset[str] = frozenset({"creator", "administrator", "member", "restricted"})


def group_as_json(group: Group) -> Json:
    """A channel or group as updates name it."""
    value: Json = {"id": group.id, "type": group.type, "title": group.title}
    if group.username:
        value["username"] = group.username
    return value


def link_as_json(core: Core, group: Group, link: InviteLink) -> Json:
    """An invite link as the Bot API shows it."""
    creator = core.state.users.get(link.creator_id)
    value: Json = {
        "invite_link": link.link,
        "creator": user_as_json(creator) if creator else bot_as_user(core),
        "creates_join_request": link.creates_join_request,
        "is_primary": link.is_primary,
        "is_revoked": link.is_revoked,
    }
    waiting = sum(1 for request in group.requests.values() if request.link == link.link)
    for name, number in (
        ("expire_date", link.expire_date),
        ("member_limit", link.member_limit),
        ("pending_join_request_count", waiting),
    ):
        if number:
            value[name] = number
    if link.name:
        value["name"] = link.name
    return value


def person_as_json(core: Core, user_id: int) -> Json:
    """The bot or a person."""
    if user_id == core.state.bot.id:
        return bot_as_user(core)
    return user_as_json(core.user(user_id))


def standing(core: Core, group: Group, user_id: int) -> Member:
    """Somebody's place in a group now; a ban or membership that ran out is over."""
    member = group.members.get(user_id) or Member(user_id, "left")
    if member.until and member.until <= core.clock.now() and member.status != "left":
        member = Member(user_id, "left")
        group.members[user_id] = member
    return member


def member_as_json(core: Core, member: Member) -> Json:
    """A place in a group as the Bot API shows it."""
    value: Json = {"status": member.status, "user": person_as_json(core, member.user_id)}
    match member.status:
        case "creator":
            value["is_anonymous"] = False
        case "administrator":
            fields = load_spec().types["ChatMemberAdministrator"].fields
            value |= {
                name: False
                for name, one in fields.items()
                if one.is_required and one.kind.name == "Boolean"
            }
            value |= member.rights
        case "kicked":
            value["until_date"] = member.until
        case "member" if member.until:
            value["until_date"] = member.until
        case _:
            pass
    return value


def is_inside(core: Core, group: Group, user_id: int) -> bool:
    """Whether somebody is in the group now."""
    return standing(core, group, user_id).status in INSIDE


def bot_may(core: Core, group: Group, right: str) -> bool:
    """Whether the bot is an administrator with this right."""
    bot = standing(core, group, core.state.bot.id)
    return bot.status == "administrator" and bot.rights.get(right, False)


def move_member(
    core: Core,
    group: Group,
    *,
    user_id: int,
    status: MemberStatus,
    actor_id: int,
    until: int = 0,
    link: str = "",
    rights: Mapping[str, bool] | None = None,
    via_join_request: bool = False,
) -> None:
    """Change somebody's place and tell the bot, if it is there to be told."""
    before = standing(core, group, user_id)
    after = Member(user_id, status, until=until, link=link, rights=dict(rights or {}))
    group.members[user_id] = after
    body: Json = {
        "chat": group_as_json(group),
        "from": person_as_json(core, actor_id),
        "date": core.clock.timestamp(),
        "old_chat_member": member_as_json(core, before),
        "new_chat_member": member_as_json(core, after),
    }
    if link in group.links:
        body["invite_link"] = link_as_json(core, group, group.links[link])
    if via_join_request:
        body["via_join_request"] = True
    is_bot = user_id == core.state.bot.id
    if is_bot:
        enqueue(core, "my_chat_member", body)
    elif standing(core, group, core.state.bot.id).status == "administrator":
        enqueue(core, "chat_member", body)
    _announce(core, group, user_id=user_id, before=before.status, after=status)
    core.changed("group", group=asdict(group))


def _announce(core: Core, group: Group, *, user_id: int, before: str, after: str) -> None:
    """Groups say in the chat who came and went; channels do not."""
    if group.type == "channel" or (before in INSIDE) == (after in INSIDE):
        return
    person = person_as_json(core, user_id)
    news: Json = (
        {"new_chat_members": [person]} if after in INSIDE else {"left_chat_member": person}
    )
    post_in_group(core, group, author=person, content=news)


def post_in_group(core: Core, group: Group, *, author: Json, content: Json) -> Message:
    """Add a message to a group, and queue it when the bot is inside and did not write it."""
    is_channel = group.type == "channel"
    body: Json = {
        "message_id": core.next_message_id(),
        "date": core.clock.timestamp(),
        "chat": group_as_json(group),
        **content,
    }
    body |= {"sender_chat": group_as_json(group)} if is_channel else {"from": author}
    is_own = author.get("id") == core.state.bot.id
    message = core.add_message(Message(group.id, body["message_id"], body, from_bot=is_own))
    if not is_own and _bot_reads(core, group, content):
        enqueue(core, "channel_post" if is_channel else "message", body)
    return message


def _bot_reads(core: Core, group: Group, content: Json) -> bool:
    """Administrators read everything; other bots, for privacy, commands and service notes."""
    status = standing(core, group, core.state.bot.id).status
    is_for_bots = content.get("text", "/").startswith("/")
    return status == "administrator" or (status in INSIDE and is_for_bots)


def new_link(core: Core, group: Group, **details: object) -> InviteLink:
    """Make an invite link; ``creator_id`` is the bot's unless told otherwise."""
    link = InviteLink(link=f"https://t.me/+{core.secret_id()[-16:]}", **details)  # type: ignore[arg-type]
    link.creator_id = link.creator_id or core.state.bot.id
    group.links[link.link] = link
    core.changed("group", group=asdict(group))
    return link


def create_group(
    core: Core,
    *,
    title: str,
    kind: Literal["channel", "supergroup", "group"],
    owner_id: int,
    username: str = "",
) -> Group:
    """Found a channel or group; the bot is not in it yet."""
    group = Group(
        id=-1_000_000_000_000 - core.number() * 7919,
        type=kind,
        title=title,
        username=username,
        owner_id=owner_id,
    )
    group.members[owner_id] = Member(owner_id, "creator")
    core.state.groups[group.id] = group
    new_link(core, group, is_primary=True, creator_id=owner_id)
    return group


def find_link(core: Core, address: str) -> tuple[Group, InviteLink]:
    """The group an invite link leads to.

    Raises:
        ActionRefused: the link leads nowhere, or no longer.
    """
    for group in core.state.groups.values():
        link = group.links.get(address)
        if link is None:
            continue
        is_over = link.expire_date and link.expire_date <= core.clock.now()
        if link.is_revoked or is_over:
            raise ActionRefused("This invite link has expired.")
        inside = sum(
            1
            for member in group.members.values()
            if member.link == address and member.status in INSIDE
        )
        if link.member_limit and inside >= link.member_limit:
            raise ActionRefused("This invite link has reached its limit of members.")
        return group, link
    raise ActionRefused("This invite link is invalid.")


def join(core: Core, *, user: User, address: str) -> str:
    """Follow an invite link: "joined", "requested" or "member" for those who are in.

    Raises:
        ActionRefused: the link leads nowhere, or its owner banned this person.
    """
    group, link = find_link(core, address)
    member = standing(core, group, user.id)
    if member.status == "kicked":
        raise ActionRefused("You are banned from this chat.")
    if member.status in INSIDE:
        return "member"
    if link.creates_join_request:
        _request_to_join(core, group, link, user)
        return "requested"
    move_member(core, group, user_id=user.id, status="member", actor_id=user.id, link=link.link)
    return "joined"


def _request_to_join(core: Core, group: Group, link: InviteLink, user: User) -> None:
    now = core.clock.now()
    group.requests[user.id] = JoinRequest(user.id, link.link, int(now))
    user.writable_until = now + JOIN_REQUEST_SECONDS
    body: Json = {
        "chat": group_as_json(group),
        "from": user_as_json(user),
        "user_chat_id": user.id,
        "date": int(now),
        "invite_link": link_as_json(core, group, link),
    }
    if user.bio:
        body["bio"] = user.bio
    if bot_may(core, group, "can_invite_users"):
        enqueue(core, "chat_join_request", body)
    core.changed("group", group=asdict(group))


def leave(core: Core, *, user: User, group_id: int) -> None:
    """Leave a group, or take a request to join back.

    Raises:
        ActionRefused: the person is not there.
    """
    group = core.state.groups.get(group_id)
    if group is None:
        raise ActionRefused("There is no such chat.")
    if group.requests.pop(user.id, None) is not None:
        core.changed("group", group=asdict(group))
        return
    if not is_inside(core, group, user.id):
        raise ActionRefused(f"{user.first_name} is not in {group.title}.")
    move_member(core, group, user_id=user.id, status="left", actor_id=user.id)


def set_bot_place(
    core: Core, *, group_id: int, status: MemberStatus, rights: Mapping[str, bool]
) -> Group:
    """Let the owner add the bot, promote it with ``rights``, or remove it.

    Raises:
        ActionRefused: there is no such chat.
    """
    group = core.state.groups.get(group_id)
    if group is None:
        raise ActionRefused("There is no such chat.")
    is_admin = status == "administrator"
    move_member(
        core,
        group,
        user_id=core.state.bot.id,
        status=status,
        actor_id=group.owner_id,
        rights={name: rights.get(name, True) for name in ADMIN_RIGHTS} if is_admin else None,
    )
    return group


def migrate(core: Core, *, group_id: int) -> Group:
    """Make a basic group a supergroup: it gets another id, and the old one only says which.

    Raises:
        ActionRefused: it is no basic group.
    """
    old = core.state.groups.get(group_id)
    if old is None or old.type != "group" or old.migrated_to:
        raise ActionRefused("Only a basic group can become a supergroup.")
    new = create_group(core, title=old.title, kind="supergroup", owner_id=old.owner_id)
    new.members = dict(old.members)
    owner = person_as_json(core, old.owner_id)
    post_in_group(core, old, author=owner, content={"migrate_to_chat_id": new.id})
    old.migrated_to = new.id
    post_in_group(core, new, author=owner, content={"migrate_from_chat_id": old.id})
    core.changed("group", group=asdict(old))
    core.changed("group", group=asdict(new))
    return new
