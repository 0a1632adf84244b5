"""The answer to a pressed button."""

from telegram_bot.simulator.checkout import TOO_OLD
from telegram_bot.simulator.core import Core
from telegram_bot.simulator.errors import bad_request
from telegram_bot.simulator.validation import Checked


def answer_callback_query(core: Core, call: Checked) -> bool:
    """Stop the button's spinner, with a notice or an alert if one is given; once."""
    callback = core.state.callbacks.get(call.values["callback_query_id"])
    if callback is None or callback.answer is not None:
        raise bad_request(TOO_OLD)
    if core.clock.now() - callback.at > core.timing.callback_seconds:
        raise bad_request(TOO_OLD)
    callback.answer = {
        "text": call.values.get("text", ""),
        "show_alert": call.values.get("show_alert", False),
        "url": call.values.get("url", ""),
    }
    core.changed(
        "callback",
        callback_id=callback.id,
        user_id=callback.user_id,
        chat_id=callback.chat_id,
        message_id=callback.message_id,
        data=callback.data,
        answer=callback.answer,
    )
    return True
