"""What can a person do in Telegram's own app?"""

import copy
import itertools

from telegram_bot.simulator.core import Core, bot_as_user, private_chat_as_json, user_as_json
from telegram_bot.simulator.entities import find_entities
from telegram_bot.simulator.errors import ActionRefused
from telegram_bot.simulator.groups import is_inside, post_in_group
from telegram_bot.simulator.state import Callback, Group, Json, Message, User
from telegram_bot.simulator.updates import enqueue
from telegram_bot.simulator.validation import utf16_length

LANGUAGES_OF_CAST = (
    ("Anna", "Smith", "en"),
    ("Ivan", "Petrov", "ru"),
    ("Greta", "Fischer", "de"),
    ("Carlos", "García", "es"),
)
FIRST_USER_ID = 5_000_000_001


def add_person(
    core: Core,
    *,
    first_name: str,
    last_name: str = "",
    username: str = "",
    language_code: str = "en",
    stars: int = 2500,
    user_id: int = 0,
) -> User:
    """Let somebody have an account; with ``user_id`` 0 one is chosen.

    Raises:
        ActionRefused: the name is empty, or the id is taken.
    """
    if not first_name.strip():
        raise ActionRefused("A person needs a first name.")
    if user_id in core.state.users or user_id == core.state.bot.id:
        raise ActionRefused(f"The id {user_id} is taken.")
    if not user_id:
        user_id = next(
            number
            for number in itertools.count(FIRST_USER_ID)
            if number not in core.state.users
        )
    user = User(
        id=user_id,
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        username=username.strip().removeprefix("@"),
        language_code=language_code,
        stars=stars,
    )
    core.state.users[user.id] = user
    core.changed("user", user_id=user.id)
    return user


def add_cast(core: Core) -> None:
    """Bring in the four people whom a first visitor of the page finds."""
    for first_name, last_name, language in LANGUAGES_OF_CAST:
        add_person(
            core,
            first_name=first_name,
            last_name=last_name,
            username=f"{first_name.lower()}_demo",
            language_code=language,
        )


def _check_may_write(user: User) -> None:
    if user.has_blocked:
        raise ActionRefused(f"{user.first_name} has blocked the bot. Unblock it first.")


def send_text(core: Core, user: User, text: str) -> Message:
    """Write to the bot.

    Raises:
        ActionRefused: there is nothing to send, or the person blocked the bot.
    """
    _check_may_write(user)
    text = text.strip()
    if not text or utf16_length(text) > 4096:
        raise ActionRefused("A message has 1 to 4096 characters.")
    content: Json = {"text": text}
    if entities := find_entities(text):
        content["entities"] = [dict(entity) for entity in entities]
    return _say(core, user, content)


def send_contact(core: Core, user: User) -> Message:
    """Share one's own phone number, as a keyboard's button asks."""
    _check_may_write(user)
    contact: Json = {
        "phone_number": user.phone_number or "+10000000000",
        "first_name": user.first_name,
        "user_id": user.id,
    }
    return _say(core, user, {"contact": contact})


def _say(core: Core, user: User, content: Json) -> Message:
    user.has_started = True
    keyboard = core.state.reply_keyboards.get(user.id)
    if keyboard and keyboard.get("one_time_keyboard"):
        del core.state.reply_keyboards[user.id]
        core.changed("reply_keyboard", chat_id=user.id, keyboard=None)
    body: Json = {
        "message_id": core.next_message_id(),
        "from": user_as_json(user),
        "chat": private_chat_as_json(user),
        "date": core.clock.timestamp(),
        **content,
    }
    message = core.add_message(Message(user.id, body["message_id"], body, from_bot=False))
    enqueue(core, "message", body)
    core.changed("user", user_id=user.id)
    return message


def send_to_group(core: Core, user: User, group_id: int, text: str) -> Message:
    """Write into a group; in a channel only its owner may.

    Raises:
        ActionRefused: the person may not write there.
    """
    group = core.state.groups.get(group_id)
    if group is None or not is_inside(core, group, user.id):
        raise ActionRefused(f"{user.first_name} is not in this chat.")
    if group.type == "channel" and group.owner_id != user.id:
        raise ActionRefused("Only the owner posts in this channel.")
    if not text.strip():
        raise ActionRefused("A message has 1 to 4096 characters.")
    return post_in_group(core, group, author=user_as_json(user), content={"text": text.strip()})


def start(core: Core, user: User, parameter: str = "") -> Message:
    """Press Start, perhaps from a link with a parameter; a blocked bot is unblocked.

    Raises:
        ActionRefused: no link may carry this parameter.
    """
    is_fit = parameter.isascii() and parameter.replace("-", "").replace("_", "").isalnum()
    if parameter and (len(parameter) > 64 or not is_fit):
        raise ActionRefused("A start parameter has up to 64 letters of A-Z, a-z, 0-9, _ and -.")
    if user.has_blocked:
        set_blocked(core, user, is_blocked=False)
    return send_text(core, user, f"/start {parameter}".strip())


def set_blocked(core: Core, user: User, *, is_blocked: bool) -> None:
    """Block or unblock the bot; it is told by my_chat_member."""
    if user.has_blocked == is_blocked:
        return
    user.has_blocked = is_blocked
    bot = bot_as_user(core)
    member, kicked = (
        {"status": "member", "user": bot},
        {"status": "kicked", "user": bot, "until_date": 0},
    )
    body: Json = {
        "chat": private_chat_as_json(user),
        "from": user_as_json(user),
        "date": core.clock.timestamp(),
        "old_chat_member": member if is_blocked else kicked,
        "new_chat_member": kicked if is_blocked else member,
    }
    enqueue(core, "my_chat_member", body)
    core.changed("user", user_id=user.id)


def find_button(message: Message, *, text: str) -> Json | None:
    """The button with this text, or the first one that contains it."""
    rows = message.body.get("reply_markup", {}).get("inline_keyboard", [])
    buttons: list[Json] = [button for row in rows for button in row]
    exact = [button for button in buttons if button["text"] == text]
    near = [button for button in buttons if text.lower() in button["text"].lower()]
    return next(iter(exact + near), None)


def press_callback(
    core: Core, user: User, *, chat_id: int, message_id: int, data: str
) -> Callback:
    """Press a button that carries data; any data, as a client that cheats could send.

    A message that is gone reaches the bot as an inaccessible one.
    """
    if user.has_blocked:
        raise ActionRefused(f"{user.first_name} has blocked the bot. Unblock it first.")
    message = core.message(chat_id, message_id)
    callback = Callback(
        id=core.secret_id(),
        user_id=user.id,
        chat_id=chat_id,
        message_id=message_id,
        data=data,
        at=core.clock.now(),
    )
    core.state.callbacks[callback.id] = callback
    gone: Json = {"chat": _chat_of(core, chat_id), "message_id": message_id, "date": 0}
    body: Json = {
        "id": callback.id,
        "from": user_as_json(user),
        "message": copy.deepcopy(message.body) if message else gone,
        "chat_instance": f"{core.state.bot.id}{abs(chat_id)}",
        "data": data,
    }
    enqueue(core, "callback_query", body)
    _forget_old_callbacks(core)
    return callback


def _chat_of(core: Core, chat_id: int) -> Json:
    group: Group | None = core.state.groups.get(chat_id)
    if group is not None:
        return {"id": group.id, "type": group.type, "title": group.title}
    return private_chat_as_json(core.user(chat_id))


def _forget_old_callbacks(core: Core) -> None:
    horizon = core.clock.now() - 3600
    for callback_id in [key for key, one in core.state.callbacks.items() if one.at < horizon]:
        del core.state.callbacks[callback_id]
