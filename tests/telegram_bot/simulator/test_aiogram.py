"""A real aiogram bot talks to the simulator without noticing."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LabeledPrice,
)
from PIL import Image

from telegram_bot.simulator.client import Person, Simulator

KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text="A", callback_data="a")]]
)


Result = TypeVar("Result")


def with_bot(sim: Simulator, act: Callable[[Bot], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        session = AiohttpSession(api=TelegramAPIServer.from_base(sim.url))
        async with Bot(sim.token, session=session) as bot:
            return await act(bot)

    return asyncio.run(run())


@pytest.fixture
def started(sim: Simulator, bot: object, anna: Person) -> Person:
    anna.start()
    return anna


def test_it_sends_and_edits_text_pictures_and_files(sim: Simulator, started: Person):
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(stream, "PNG")
    picture = BufferedInputFile(stream.getvalue(), "a.png")

    async def act(bot: Bot) -> None:
        sent = await bot.send_message(
            started.id, "<b>One</b>", parse_mode="HTML", reply_markup=KEYBOARD
        )
        await sent.edit_text("Two")
        photo = await bot.send_photo(started.id, picture, caption="Photo")
        await photo.edit_media(InputMediaPhoto(media=picture, caption="Other photo"))
        await bot.send_document(started.id, BufferedInputFile(b"x", "a.pdf"), caption="File")

    with_bot(sim, act)

    shown = [message.text for message in started.messages() if message.is_from_bot]
    assert shown == ["Two", "Other photo", "File"]


def test_it_sells_for_stars(sim: Simulator, bot: object, started: Person):
    bot.sell()

    async def act(telegram: Bot) -> str:
        await telegram.send_invoice(
            started.id,
            title="Signals",
            description="One month",
            payload="o1.1.x",
            currency="XTR",
            prices=[LabeledPrice(label="Signals", amount=100)],
        )
        return await telegram.create_invoice_link(
            title="Signals",
            description="Each month",
            payload="s1.1.x",
            currency="XTR",
            prices=[LabeledPrice(label="Signals", amount=100)],
            subscription_period=2_592_000,
        )

    link = with_bot(sim, act)
    assert started.pay().ok
    assert started.pay(link=link).ok

    found = with_bot(sim, lambda telegram: telegram.get_star_transactions())
    assert [one.amount for one in found.transactions] == [100, 100]


def test_it_sets_commands_and_reads_them_back(sim: Simulator, bot: object):
    commands = [BotCommand(command="shop", description="Shop")]
    scope = BotCommandScopeAllPrivateChats()

    async def act(telegram: Bot) -> list[BotCommand]:
        await telegram.set_my_commands(commands, scope=scope, language_code="de")
        return await telegram.get_my_commands(scope=scope, language_code="de")

    found = with_bot(sim, act)
    assert [(one.command, one.description) for one in found] == [("shop", "Shop")]


def test_it_reads_members_and_the_webhook(sim: Simulator, bot: object, anna: Person):
    channel = sim.channel("VIP", owner_id=anna.id)

    async def act(telegram: Bot) -> tuple[str, list[str], str]:
        member = await telegram.get_chat_member(channel["id"], telegram.id)
        administrators = await telegram.get_chat_administrators(channel["id"])
        chat = await telegram.get_chat(channel["id"])
        info = await telegram.get_webhook_info()
        assert info.url == bot.url
        return member.status, [one.status for one in administrators], str(chat.title)

    assert with_bot(sim, act) == ("administrator", ["creator", "administrator"], "VIP")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "429", "seconds": 3}, TelegramRetryAfter),
        ({"kind": "403"}, TelegramForbiddenError),
        ({"kind": "500"}, TelegramServerError),
        ({"kind": "error"}, TelegramBadRequest),
        ({"kind": "error", "code": 404, "description": "Not Found"}, TelegramNotFound),
        (
            {"kind": "error", "code": 401, "description": "Unauthorized"},
            TelegramUnauthorizedError,
        ),
    ],
)
def test_it_recognizes_each_refusal(
    sim: Simulator, started: Person, fault: dict[str, object], error: type[Exception]
):
    sim.fault("api", **fault)

    with pytest.raises(error):
        with_bot(sim, lambda telegram: telegram.send_message(started.id, "x"))

    assert [message.text for message in started.messages()] == ["/start"]
