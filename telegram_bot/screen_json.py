"""How is a screen written for the Bot API?"""

from typing import Final

from telegram_bot.answers import Params, Screen, keyboard_json

_NO_PREVIEW: Final = {"is_disabled": True}


def screen_params(screen: Screen) -> Params:
    """Return the parameters of sendMessage for a screen, without the chat."""
    params: Params = {"text": screen.text, "parse_mode": "HTML"}
    if screen.keyboard:
        params["reply_markup"] = keyboard_json(screen.keyboard)
    params["link_preview_options"] = (
        _preview(screen.image_url) if screen.image_url else _NO_PREVIEW
    )
    return params


def photo_params(screen: Screen) -> Params:
    """Return the parameters of sendPhoto for a screen under a picture, without the chat."""
    params: Params = {"caption": screen.text, "parse_mode": "HTML"}
    if screen.keyboard:
        params["reply_markup"] = keyboard_json(screen.keyboard)
    return params


def _preview(url: str) -> Params:
    # A large preview above the text: unlike a photo it can be edited away with the text.
    return {"url": url, "prefer_large_media": True, "show_above_text": True}
