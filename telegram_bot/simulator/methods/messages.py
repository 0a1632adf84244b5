"""Sending: text, photos, documents, invoices, copies."""

from dataclasses import asdict

from telegram_bot.simulator import rules
from telegram_bot.simulator.core import Core, bot_as_user
from telegram_bot.simulator.entities import Formatted
from telegram_bot.simulator.errors import ApiError, bad_request
from telegram_bot.simulator.groups import group_as_json
from telegram_bot.simulator.media import document_as_json, find_file, photo_as_json
from telegram_bot.simulator.state import Group, Json, Message, User
from telegram_bot.simulator.targets import chat_as_json, find_chat, writable_chat
from telegram_bot.simulator.validation import Checked

COPIED = (
    "text", "entities", "caption", "caption_entities", "photo", "document", "reply_markup",
)  # fmt: skip


def formatted_as_json(formatted: Formatted, *, name: str) -> Json:
    """A text or caption as a message carries it."""
    value: Json = {name: formatted.text} if formatted.text else {}
    if formatted.entities:
        key = "entities" if name == "text" else f"{name}_entities"
        value[key] = [dict(entity) for entity in formatted.entities]
    return value


def post(core: Core, call: Checked, content: Json, *, invoice_id: str = "") -> Json:
    """Write a message of the bot into the chat that the call names.

    Raises:
        ApiError: the bot may not write there.
    """
    chat = writable_chat(core, call.values["chat_id"])
    body: Json = {
        "message_id": core.next_message_id(),
        "date": core.clock.timestamp(),
        "chat": chat_as_json(chat),
        **_author(core, chat),
        **_reply(core, call, chat.id),
        **content,
    }
    if call.values.get("protect_content"):
        body["has_protected_content"] = True
    _keep_reply_keyboard(core, chat, call.values.get("reply_markup"))
    core.add_message(
        Message(chat.id, body["message_id"], body, from_bot=True, invoice_id=invoice_id)
    )
    return body


def _author(core: Core, chat: User | Group) -> Json:
    if isinstance(chat, Group) and chat.type == "channel":
        return {"sender_chat": group_as_json(chat)}
    return {"from": bot_as_user(core)}


def _reply(core: Core, call: Checked, chat_id: int) -> Json:
    wanted = call.values.get("reply_parameters")
    if not wanted:
        return {}
    original = core.message(chat_id, wanted["message_id"])
    if original is not None:
        quoted = {
            key: value for key, value in original.body.items() if key != "reply_to_message"
        }
        return {"reply_to_message": quoted}
    if wanted.get("allow_sending_without_reply"):
        return {}
    raise bad_request("message to be replied not found")


def _keep_reply_keyboard(core: Core, chat: User | Group, markup: Json | None) -> None:
    """Show, replace or take away the keyboard under the person's input field."""
    if markup is None or "inline_keyboard" in markup:
        return
    if "keyboard" in markup:
        core.state.reply_keyboards[chat.id] = markup
    elif markup.get("remove_keyboard"):
        core.state.reply_keyboards.pop(chat.id, None)
    keyboard = core.state.reply_keyboards.get(chat.id)
    core.changed("reply_keyboard", chat_id=chat.id, keyboard=keyboard)


def keyboard_as_json(call: Checked, *, is_invoice: bool = False) -> Json:
    """The inline keyboard of a call as a message carries it."""
    keyboard = rules.inline_keyboard(call.values.get("reply_markup"), is_invoice=is_invoice)
    return {"reply_markup": keyboard} if keyboard else {}


def send_message(core: Core, call: Checked) -> Json:
    """Send text."""
    writable_chat(core, call.values["chat_id"])
    text = formatted_as_json(rules.message_text(call), name="text")
    return post(core, call, {**text, **keyboard_as_json(call)})


async def send_photo(core: Core, call: Checked) -> Json:
    """Send a picture with an optional caption."""
    writable_chat(core, call.values["chat_id"])
    caption = formatted_as_json(rules.caption_text(call.values), name="caption")
    keyboard = keyboard_as_json(call)
    file = await find_file(core, call, call.values["photo"], is_photo=True)
    return post(core, call, {"photo": photo_as_json(file), **caption, **keyboard})


async def send_document(core: Core, call: Checked) -> Json:
    """Send a file with an optional caption."""
    writable_chat(core, call.values["chat_id"])
    caption = formatted_as_json(rules.caption_text(call.values), name="caption")
    keyboard = keyboard_as_json(call)
    file = await find_file(core, call, call.values["document"], is_photo=False)
    return post(core, call, {"document": document_as_json(file), **caption, **keyboard})


def get_file(core: Core, call: Checked) -> Json:
    """Tell where a file can be downloaded."""
    file = core.state.files.get(call.values["file_id"])
    if file is None:
        raise bad_request("invalid file_id")
    return {
        "file_id": file.file_id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": file.path,
    }


def _original(core: Core, call: Checked) -> Message:
    source = find_chat(core, call.values["from_chat_id"])
    original = core.message(source.id, call.values["message_id"])
    if original is None:
        raise bad_request("message to copy not found")
    return original


def copy_message(core: Core, call: Checked) -> Json:
    """Send the content of a message again, under the bot's own name."""
    original = _original(core, call)
    if original.invoice_id:
        raise bad_request("message can't be copied")
    content = {key: original.body[key] for key in COPIED if key in original.body}
    if "caption" in call.values:
        content.pop("caption_entities", None)
        content |= formatted_as_json(rules.caption_text(call.values), name="caption")
    content.pop("reply_markup", None)
    sent = post(core, call, {**content, **keyboard_as_json(call)})
    return {"message_id": sent["message_id"]}


def forward_message(core: Core, call: Checked) -> Json:
    """Send a message again, with its author's name."""
    original = _original(core, call)
    content = {key: original.body[key] for key in COPIED if key in original.body}
    origin: Json = {
        "type": "hidden_user",
        "sender_user_name": "",
        "date": original.body["date"],
    }
    author = original.body.get("from")
    if author is not None:
        origin = {"type": "user", "sender_user": author, "date": original.body["date"]}
    return post(core, call, {**content, "forward_origin": origin})


def send_chat_action(core: Core, call: Checked) -> bool:
    """Show that the bot is typing."""
    chat = writable_chat(core, call.values["chat_id"])
    rules.chat_action(call.values["action"])
    core.hub.publish("action", chat_id=chat.id, action=call.values["action"])
    return True


def delete_message(core: Core, call: Checked) -> bool:
    """Delete one message."""
    chat = find_chat(core, call.values["chat_id"])
    message = core.message(chat.id, call.values["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    if core.clock.now() - message.body["date"] > 48 * 3600:
        raise bad_request("message can't be deleted for everyone")
    forget_message(core, message)
    return True


def delete_messages(core: Core, call: Checked) -> bool:
    """Delete up to a hundred messages; those that are gone do not matter."""
    chat = find_chat(core, call.values["chat_id"])
    if not 1 <= len(call.values["message_ids"]) <= 100:
        raise bad_request("too many message identifiers specified")
    for message_id in call.values["message_ids"]:
        message = core.message(chat.id, message_id)
        if message is not None:
            forget_message(core, message)
    return True


def forget_message(core: Core, message: Message) -> None:
    """Take a message out of its chat."""
    del core.state.messages[message.chat_id][message.message_id]
    core.changed("deleted", chat_id=message.chat_id, message_id=message.message_id)


def editable(core: Core, call: Checked) -> Message:
    """The bot's own message that a call wants to change.

    Raises:
        ApiError: it is gone, or not the bot's.
    """
    values = call.values
    if values.get("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID", hint="Inline messages are not acted out.")
    if "chat_id" not in values:
        raise bad_request("chat_id is empty")
    if "message_id" not in values:
        raise bad_request("message identifier is not specified")
    chat = find_chat(core, values["chat_id"])
    message = core.message(chat.id, values["message_id"])
    if message is None:
        raise bad_request("message to edit not found")
    if not message.from_bot:
        raise bad_request("message can't be edited")
    return message


NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)


def replace(core: Core, message: Message, *, removed: tuple[str, ...], content: Json) -> Json:
    """Give a message new content.

    Raises:
        ApiError: it would look as before.
    """
    gone = (*removed, "reply_markup")
    kept = {key: value for key, value in message.body.items() if key not in gone}
    body = {**kept, **content}
    if body == message.body:
        raise bad_request(NOT_MODIFIED)
    body["edit_date"] = core.clock.timestamp()
    message.body, message.version = body, core.number()
    core.changed("message", message=asdict(message))
    return body


def edit_message_text(core: Core, call: Checked) -> Json:
    """Change a message's text and keyboard."""
    message = editable(core, call)
    if "rich_message" in call.values:
        raise ApiError(501, "Not Implemented: the simulator does not act out rich messages")
    if "text" not in message.body:
        raise bad_request("there is no text in the message to edit")
    text = formatted_as_json(rules.message_text(call), name="text")
    content = {**text, **keyboard_as_json(call)}
    return replace(core, message, removed=("text", "entities"), content=content)


def edit_message_caption(core: Core, call: Checked) -> Json:
    """Change a caption and keyboard."""
    message = editable(core, call)
    if not {"photo", "document"} & set(message.body):
        raise bad_request("there is no caption in the message to edit")
    caption = formatted_as_json(rules.caption_text(call.values), name="caption")
    content = {**caption, **keyboard_as_json(call)}
    return replace(core, message, removed=("caption", "caption_entities"), content=content)


def edit_message_reply_markup(core: Core, call: Checked) -> Json:
    """Change only the keyboard."""
    message = editable(core, call)
    keyboard = keyboard_as_json(call, is_invoice=bool(message.invoice_id))
    return replace(core, message, removed=(), content=keyboard)


async def edit_message_media(core: Core, call: Checked) -> Json:
    """Change the picture or file, its caption and the keyboard; text may become a picture."""
    message = editable(core, call)
    if message.invoice_id:
        raise bad_request("message can't be edited")
    media = call.values["media"]
    if media["type"] not in ("photo", "document"):
        raise ApiError(501, f"Not Implemented: the simulator does not act out {media['type']}")
    is_photo = media["type"] == "photo"
    caption = formatted_as_json(rules.caption_text(media), name="caption")
    keyboard = keyboard_as_json(call)
    file = await find_file(core, call, media["media"], is_photo=is_photo)
    shown = {"photo": photo_as_json(file)} if is_photo else {"document": document_as_json(file)}
    removed = ("text", "entities", "caption", "caption_entities", "photo", "document")
    return replace(core, message, removed=removed, content={**shown, **caption, **keyboard})
