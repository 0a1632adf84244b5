"""The short way to a screen and aiogram's own way draw the same screen."""

import orjson
import pytest

from telegram_bot.dispatcher import ShopDispatcher
from telegram_bot.models import TelegramUpdate

pytestmark = pytest.mark.django_db

STEPS = ["Trading", "Signals", "Premium", "12 months", "Why this price?", "Back", "Back"]


def walk(who):
    screens = [who.types(command) for command in ("/help", "/terms", "/language", "/start")]
    screens.append(who.types("/shop"))
    for label in STEPS:
        screens.append(who.presses(label))
        screens.append(who.labels())
    return screens


def test_both_ways_draw_the_same(make_customer, shop, monkeypatch):
    ann, ada = make_customer(id=1), make_customer(id=2)
    ann.types("/start")
    ada.types("/start")

    short = walk(ann)
    monkeypatch.setattr(ShopDispatcher, "_browse", lambda *_: None)
    long = walk(ada)

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
