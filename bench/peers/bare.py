"""aiogram's own webhook with screens from constants and no database: loses all on a crash."""

import argparse
import gc
from typing import cast

from aiogram import Bot, Dispatcher, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, CommandStart
from aiogram.methods import TelegramMethod
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    TelegramObject,
)
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from bench.peers.screens import SCREENS, Screen

router = Router()
#: Set once at start: the answer goes back in the webhook's response instead of a call.
in_response = False


def keyboard(screen: Screen) -> InlineKeyboardMarkup:
    """Build a screen's keyboard, as handlers do for each message."""
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [InlineKeyboardButton(text=text, callback_data=data) for text, data in row]
            for row in screen.rows
        ]
    )


async def _send(message: Message, name: str) -> TelegramMethod[TelegramObject] | None:
    screen = SCREENS[name]
    method = message.answer(screen.text, reply_markup=keyboard(screen), parse_mode="HTML")
    if in_response:
        return method
    await method
    return None


@router.message(CommandStart())
async def start(message: Message) -> TelegramMethod[TelegramObject] | None:
    """Greet."""
    return await _send(message, "start")


@router.message(Command("shop"))
async def shop(message: Message) -> TelegramMethod[TelegramObject] | None:
    """Show the categories."""
    return await _send(message, "shop")


@router.callback_query()
async def screen(query: CallbackQuery) -> TelegramMethod[TelegramObject] | None:
    """Show what a button leads to."""
    name = (query.data or "").partition(":")[0]
    shown = SCREENS.get(name, SCREENS["shop"])
    message = cast(Message, query.message)
    method = message.edit_text(shown.text, reply_markup=keyboard(shown), parse_mode="HTML")
    if in_response:
        return method  # type: ignore[return-value]
    await method
    return None


def main() -> None:
    """Serve on a port until killed."""
    global in_response
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--api", required=True)
    options.add_argument("--freeze", action="store_true")
    options.add_argument("--in-response", action="store_true")
    chosen = options.parse_args()
    in_response = chosen.in_response
    session = AiohttpSession(api=TelegramAPIServer.from_base(chosen.api))
    bot = Bot("1000001:DEMO-TOKEN-NOT-A-REAL-BOT-000000000", session=session)
    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    app = web.Application()
    # Acknowledge only after the handler, as a shop that must not lose an update has to.
    SimpleRequestHandler(
        dispatcher,
        bot,
        handle_in_background=False,
        secret_token="s",  # noqa: S106  of a benchmark on loopback
    ).register(app, path="/telegram/1000001/webhook/")
    setup_application(app, dispatcher, bot=bot)
    if chosen.freeze:
        gc.collect()
        gc.freeze()
    web.run_app(app, host="127.0.0.1", port=chosen.port, access_log=None, print=None)


if __name__ == "__main__":
    main()
