"""What the bot says about itself: name, descriptions, commands, menu button."""

import json
from collections.abc import Callable

from telegram_bot.simulator import rules
from telegram_bot.simulator.core import Core, bot_as_user
from telegram_bot.simulator.state import Json
from telegram_bot.simulator.validation import Checked

Texts = Callable[[Core], dict[str, str]]


def get_me(core: Core, call: Checked) -> Json:
    """Tell who the bot is."""
    return {
        **bot_as_user(core),
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def scope_key(scope: Json | None) -> str:
    """A scope as a key: the default one is ``{"type": "default"}``."""
    return json.dumps(scope or {"type": "default"}, sort_keys=True)


def set_my_commands(core: Core, call: Checked) -> bool:
    """Replace the commands of one scope and language; an empty list deletes them."""
    language = rules.language(call.values.get("language_code", ""))
    commands = rules.commands(call)
    by_language = core.state.bot.commands.setdefault(scope_key(call.values.get("scope")), {})
    by_language.pop(language, None)
    if commands:
        by_language[language] = commands
    core.changed("commands")
    return True


def delete_my_commands(core: Core, call: Checked) -> bool:
    """Delete the commands of one scope and language."""
    language = rules.language(call.values.get("language_code", ""))
    core.state.bot.commands.get(scope_key(call.values.get("scope")), {}).pop(language, None)
    core.changed("commands")
    return True


def get_my_commands(core: Core, call: Checked) -> list[Json]:
    """The commands of exactly this scope and language."""
    by_language = core.state.bot.commands.get(scope_key(call.values.get("scope")), {})
    return by_language.get(call.values.get("language_code", ""), [])


def commands_for(core: Core, chat_id: int, language: str) -> list[Json]:
    """The commands a person sees: the nearest scope first, their language before any."""
    scopes: tuple[Json, ...] = (
        {"type": "chat", "chat_id": chat_id},
        {"type": "all_private_chats"},
        {"type": "default"},
    )
    for scope in scopes:
        by_language = core.state.bot.commands.get(scope_key(scope), {})
        for code in (language.partition("-")[0], ""):
            if by_language.get(code):
                return by_language[code]
    return []


def _text_setter(texts: Texts, key: str) -> Callable[[Core, Checked], bool]:
    def set_text(core: Core, call: Checked) -> bool:
        language = rules.language(call.values.get("language_code", ""))
        text = call.values.get(key, "")
        texts(core).pop(language, None)
        if text:
            texts(core)[language] = text
        core.changed("bot")
        return True

    return set_text


def _text_getter(texts: Texts, key: str) -> Callable[[Core, Checked], Json]:
    def get_text(core: Core, call: Checked) -> Json:
        known = texts(core)
        text = known.get(call.values.get("language_code", ""), known.get("", ""))
        return {key: text}

    return get_text


def _names(core: Core) -> dict[str, str]:
    return core.state.bot.names


def _descriptions(core: Core) -> dict[str, str]:
    return core.state.bot.descriptions


def _short_descriptions(core: Core) -> dict[str, str]:
    return core.state.bot.short_descriptions


set_my_name = _text_setter(_names, "name")
get_my_name = _text_getter(_names, "name")
set_my_description = _text_setter(_descriptions, "description")
get_my_description = _text_getter(_descriptions, "description")
set_my_short_description = _text_setter(_short_descriptions, "short_description")
get_my_short_description = _text_getter(_short_descriptions, "short_description")


def set_chat_menu_button(core: Core, call: Checked) -> bool:
    """Set the button beside the input field, for one chat or for all."""
    button = call.values.get("menu_button") or {"type": "default"}
    core.state.bot.menu_buttons[call.values.get("chat_id", 0)] = button
    core.changed("commands")
    return True


def get_chat_menu_button(core: Core, call: Checked) -> Json:
    """The button beside the input field."""
    buttons = core.state.bot.menu_buttons
    default: Json = {"type": "commands"}
    return buttons.get(call.values.get("chat_id", 0), buttons.get(0, default))


def log_out(core: Core, call: Checked) -> bool:
    """Nothing to leave: there is one server."""
    return True
