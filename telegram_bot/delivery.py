"""How does an answer reach the customer? One call may ride in the webhook's own response.

A screen pressed from a button replaces the screen pressed on; the button's spinner is stopped
by the response. A call whose error matters (an edit, an invoice) is made at once instead: of
what rides in the response nobody hears again.
"""

from typing import Any, Final

from telegram_bot.answers import Call, Invoice, Photo, Result, Screen, Toast
from telegram_bot.api_answers import TelegramRefused
from telegram_bot.bots import call_telegram, send_photo
from telegram_bot.envelope import Envelope, Json
from telegram_bot.screen_json import photo_params, screen_params

#: Telegram's limit for the text of an answer to a button.
_TOAST_LENGTH: Final = 200


async def deliver(envelope: Envelope, result: Result) -> Call | None:
    """Show the result; return the call that is left for the response.

    Raises:
        TelegramRefused, TelegramSilent: the customer does not see it.
    """
    if envelope.kind == "callback_query":
        return await _answer_button(envelope, result)
    if isinstance(result, Screen) and envelope.chat_id is not None:
        return Call("sendMessage", {**screen_params(result), "chat_id": envelope.chat_id})
    if isinstance(result, Invoice) and envelope.chat_id is not None:
        return Call("sendInvoice", {**result.params, "chat_id": envelope.chat_id})
    if isinstance(result, Photo):
        await _show_photo(envelope, result)
        return None
    if isinstance(result, Toast) and result.text and envelope.chat_id is not None:
        return Call("sendMessage", {"chat_id": envelope.chat_id, "text": result.text})
    return result if isinstance(result, Call) else None


async def _answer_button(envelope: Envelope, result: Result) -> Call:
    toast = ""
    is_alert = False
    if isinstance(result, Toast):
        toast, is_alert = result.text, result.is_alert
    elif isinstance(result, Screen):
        await _show(envelope, result)
        toast = result.toast
    elif isinstance(result, Photo):
        await _show_photo(envelope, result)
    elif isinstance(result, Invoice) and envelope.chat_id is not None:
        if result.screen is not None:
            await _show(envelope, result.screen)
        await call_telegram("sendInvoice", {**result.params, "chat_id": envelope.chat_id})
    return answer_to_button(envelope.event, toast, is_alert=is_alert)


def answer_to_button(query: Json, toast: str, *, is_alert: bool = False) -> Call:
    """Stop a button's spinner, with a few words or none."""
    params: dict[str, Any] = {"callback_query_id": str(query.get("id", ""))}
    if toast:
        params["text"] = toast[:_TOAST_LENGTH]
        if is_alert:
            params["show_alert"] = True
    return Call("answerCallbackQuery", params)


async def _show_photo(envelope: Envelope, photo: Photo) -> None:
    if envelope.chat_id is not None:
        params = {**photo_params(photo.screen), "chat_id": envelope.chat_id}
        await send_photo(params, photo.content)


async def _show(envelope: Envelope, screen: Screen) -> None:
    if envelope.chat_id is None:
        return
    params = {**screen_params(screen), "chat_id": envelope.chat_id}
    pressed = envelope.event.get("message")
    if not screen.stays and isinstance(pressed, dict) and "text" in pressed:
        try:
            await call_telegram(
                "editMessageText", {**params, "message_id": pressed["message_id"]}
            )
            return
        except TelegramRefused as refusal:
            if refusal.is_unchanged:
                return
            if refusal.code != 400:
                raise
    await call_telegram("sendMessage", params)
