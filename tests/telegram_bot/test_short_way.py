"""The short way to a screen and aiogram's own way draw the same screen."""

import orjson
import pytest
from asgiref.sync import async_to_sync

from telegram_bot.bots import bot_of_loop
from telegram_bot.dispatcher import command_of, dispatcher
from telegram_bot.envelope import read_envelope
from telegram_bot.models import TelegramUpdate
from telegram_bot.visiting import take_again

pytestmark = pytest.mark.django_db

STEPS = ["Trading", "Signals", "Premium", "12 months", "Why this price?", "Back", "Back"]


def both_ways(row, now):
    """Draw a stored update's screen the short way and aiogram's way."""
    envelope = read_envelope(row.body.encode())
    visit = take_again(bot_id=row.bot_id, pk=row.pk, envelope=envelope, now=now).visit

    async def draw():
        command, _ = command_of(envelope)
        short = dispatcher()._browse(envelope, command, visit)
        return short, await dispatcher()._route(bot_of_loop(), envelope, visit)

    return async_to_sync(draw)()


def test_both_ways_draw_the_same(ann, shop):
    for command in ("/help", "/terms", "/language", "/start", "/shop"):
        ann.types(command)
    for label in STEPS:
        ann.presses(label)

    drawn = [both_ways(row, ann.now) for row in TelegramUpdate.objects.order_by("pk")]

    assert len(drawn) == 5 + len(STEPS)
    for short, long in drawn:
        assert short is not None
        assert short == long


def test_a_screen_answers_a_command_in_the_response_and_a_button_by_an_edit(
    ann, shop, telegram
):
    ann.types("/shop")
    assert telegram.calls == []
    reply = orjson.loads(ann.answers[-1].body)
    assert (reply["method"], reply["parse_mode"]) == ("sendMessage", "HTML")

    ann.presses("Trading")

    assert telegram.methods() == ["editMessageText"]
    answer = orjson.loads(ann.answers[-1].body)
    assert answer["method"] == "answerCallbackQuery"


def test_a_picture_stands_above_the_text_and_goes_with_it(ann, shop, telegram, settings):
    settings.PUBLIC_URL = "https://shop.example"
    shop.product.image.name = "products/signals.png"
    shop.product.save(update_fields=["image"])

    ann.types("/start p_signals")
    preview = ann.screen["link_preview_options"]
    assert preview["url"] == "https://shop.example/media/products/signals.png"
    assert preview["show_above_text"] is True
    ann.presses("Premium")

    assert ann.screen["link_preview_options"] == {"is_disabled": True}


def test_an_inline_button_without_a_message_is_answered_all_the_same(ann, shop, telegram):
    ann.types("/start")
    query = {"id": "5", "from": ann.user(), "chat_instance": "1", "data": "sh1"}

    ann.deliver("callback_query", {**query, "inline_message_id": "abc"})

    assert telegram.calls == []
    assert orjson.loads(ann.answers[-1].body)["callback_query_id"] == "5"
    assert TelegramUpdate.objects.filter(status="done").count() == 2


def test_a_button_of_the_database_is_answered_alike_by_both_ways(ann, shop):
    ann.types("/start")
    ann.presses("My orders")
    row = TelegramUpdate.objects.latest("pk")
    envelope = read_envelope(row.body.encode())
    visit = take_again(bot_id=row.bot_id, pk=row.pk, envelope=envelope, now=ann.now).visit

    async def draw():
        handler, data = dispatcher()._pressed(envelope)
        short = await handler.call(None, callback_data=data, visit=visit, bot=bot_of_loop())
        return short, await dispatcher()._route(bot_of_loop(), envelope, visit)

    short, long = async_to_sync(draw)()
    assert "You have no orders yet" in short.text
    assert short == long


def test_only_a_button_of_a_screen_that_is_gone_goes_aiograms_way(shop):
    handlers = [
        handler
        for router in dispatcher().sub_routers
        for handler in router.callback_query.handlers
    ]

    short = {id(handler) for _, handler in dispatcher()._buttons.values()}
    long = [each.callback.__name__ for each in handlers if id(each) not in short]

    assert long == ["stale_button"]
