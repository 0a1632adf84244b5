"""The screens on the way to a price: what they say, where they lead, what they cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer as CustomerRow
from orders.models import Order
from telegram_bot.callbacks import (
    Checkout,
    ShowCategory,
    ShowPrice,
    ShowProduct,
    ShowTier,
    ShowWhy,
)
from telegram_bot.models import TelegramCommand
from tests.catalog.factories import make_category, make_product, make_tier

pytestmark = pytest.mark.django_db

STALE = "That button is out of date."


def business_queries(captured):
    """Leave out the mark that the update is done, which is batched in a server."""
    noise = ("SAVEPOINT", "RELEASE", "SET LOCAL", 'UPDATE "telegram_bot_telegramupdate"')
    return [q["sql"] for q in captured if not q["sql"].startswith(noise)]


def test_the_way_to_a_price_costs_the_intake_statement_and_nothing_more(ann, shop):
    ann.types("/start")
    steps = [
        lambda: ann.types("/start"),
        lambda: ann.types("/shop"),
        lambda: ann.presses("Trading"),
        lambda: ann.presses("Signals"),
        lambda: ann.presses("Premium"),
        lambda: ann.presses("12 months"),
        lambda: ann.presses("Why this price?"),
        lambda: ann.presses("Back"),
        lambda: ann.types("/help"),
        lambda: ann.types("/terms"),
        lambda: ann.types("/language"),
    ]

    costs = []
    for step in steps:
        with CaptureQueriesContext(connection) as captured:
            step()
        costs.append(len(business_queries(captured)))

    expected = 1 if connection.vendor == "postgresql" else 4
    assert costs == [expected] * len(steps)


def test_the_cost_does_not_grow_with_the_shop(ann, shop):
    ann.types("/shop")
    for _ in range(20):
        make_product(tiers=("premium", "vip"))
    ann.types("/shop")

    with CaptureQueriesContext(connection) as captured:
        ann.types("/shop")

    assert len(business_queries(captured)) == (1 if connection.vendor == "postgresql" else 4)


def test_a_long_category_has_pages_and_every_product_stands_on_one(ann, shop):
    shelf = make_category(name="Long")
    for number in range(19):
        make_product(name=f"Thing {number:02}", category=shelf, position=number)

    ann.types("/shop")
    ann.presses("Long")
    seen = []
    while True:
        seen += [label for label in ann.labels() if label.startswith("Thing")]
        if "›" not in ann.labels():
            break
        ann.presses("›")

    assert seen == [f"Thing {number:02}" for number in range(19)]
    assert "‹" in ann.labels()


def test_a_category_within_a_category_leads_back_to_it(ann, shop):
    outer = make_category(name="Outer")
    inner = make_category(name="Inner", parent=outer)
    make_product(name="Deep", category=inner)

    ann.types("/shop")
    ann.presses("Outer")
    ann.presses("Inner")
    ann.presses("Deep")
    ann.presses("Back")
    assert "Inner" in ann.text
    ann.presses("Back")

    assert "Outer" in ann.text


def test_an_empty_shop_says_so_and_leads_on(ann):
    assert "shelves are empty" in ann.types("/shop")
    assert ann.labels() == ["⬅️ Menu"]


def test_names_with_markup_and_emoji_are_shown_as_they_are(ann, make_customer, shop):
    shop.product.name_en = "Signals <b>&</b> more 🚀"
    shop.product.description_en = "For <i>you</i> & 🐻"
    shop.product.save(update_fields=["name_en", "description_en"])
    eve = make_customer(id=77, first_name="<i>Eve</i> & 👾")

    eve.types("/start")
    assert "&lt;i&gt;Eve&lt;/i&gt; &amp; 👾" in eve.screen["text"]
    eve.types("/shop")
    eve.presses("Trading")
    assert "Signals <b>&</b> more 🚀" in eve.labels()
    eve.presses("Signals")

    assert "Signals &lt;b&gt;&amp;&lt;/b&gt; more 🚀" in eve.screen["text"]
    assert "For &lt;i&gt;you&lt;/i&gt; &amp; 🐻" in eve.screen["text"]


def test_a_price_once_for_good_skips_the_months_and_prices_follow_the_region(
    ann, make_customer, shop
):
    ann.types("/shop")
    ann.presses("Courses")
    ann.presses("First steps")
    assert "$20.00" in ann.presses("Course")
    assert "month" not in ann.text
    john = make_customer(id=44, language_code="en-GB")
    john.types("/shop")
    john.presses("Trading")
    john.presses("Signals")

    assert "£" in john.labels()[0]


def test_a_tier_sold_by_the_piece_offers_one_more_and_one_less(ann, shop):
    box = make_product(name="Box", tiers=())
    make_tier(product=box, name="Boxes", billing_period="once", max_quantity=3)

    ann.types(f"/start p_{box.slug}")
    ann.presses("Boxes")
    assert "➕ 2 pieces" in ann.labels()
    ann.presses("➕")
    assert "$40.00" in ann.text
    ann.presses("➕")
    assert "➕ 4 pieces" not in ann.labels()
    ann.presses("➖")

    assert "2 pieces" in ann.text


def test_a_deep_link_opens_the_product_and_one_that_is_gone_the_menu(ann, shop):
    assert "Entries with stop and target." in ann.types("/start p_signals")
    shop.product.is_active = False
    shop.product.save(update_fields=["is_active"])

    assert "Welcome" in ann.types("/start p_signals")
    assert "Welcome" in ann.types("/start p_never-was")
    assert "Welcome" in ann.types("/start something-else")


@pytest.mark.parametrize(
    "data",
    [
        "gone0:1",
        "pr1:not-a-number",
        "pr1",
        "🙂",
        ShowCategory(category_id=999).pack(),
        ShowProduct(product_id=999).pack(),
        ShowTier(tier_id=999).pack(),
        ShowPrice(tier_id=999, months=1).pack(),
        ShowWhy(tier_id=999, months=1).pack(),
        Checkout(
            tier_id=999, months=1, quantity=1, with_code=False, fingerprint="x", nonce="y"
        ).pack(),
    ],
)
def test_a_button_of_an_older_time_is_answered_politely_and_leads_to_the_shop(
    ann, shop, settle_region, data
):
    settle_region(ann)

    text = ann.presses_data(data)

    assert STALE in text or "not on offer" in text
    assert "🛍 Shop" in ann.labels()
    assert not Order.objects.exists()


def test_a_product_beyond_its_schedule_is_not_on_offer(ann, shop):
    ann.types("/shop")
    ann.presses("Trading")
    shop.product.visible_until = ann.now + timedelta(milliseconds=1)
    shop.product.save(update_fields=["visible_until"])

    assert STALE in ann.presses("Signals")


def test_what_comes_to_more_than_money_can_be_is_declined_in_words(ann, shop):
    tier = shop.tiers["premium"]
    tier.base_price_minor = 2**62
    tier.save(update_fields=["base_price_minor"])

    ann.types("/shop")
    ann.presses("Trading")
    ann.presses("Signals")
    said = ann.presses("Premium")

    assert said.startswith("So much of this cannot be ordered at once, sorry.")


def test_a_command_that_staff_switched_off_is_declined_and_hidden(ann, shop):
    TelegramCommand.objects.filter(command="shop").update(is_enabled=False)

    assert ann.types("/shop") == "This is switched off for the moment."
    ann.types("/start")
    assert "🛍 Shop" not in ann.labels()
    assert "/shop" not in ann.types("/help")


def test_a_command_for_premium_customers_offers_to_become_one(ann, shop, buys):
    TelegramCommand.objects.filter(command="region").update(requires_premium=True)

    assert "Would you like to become one?" in ann.types("/region")
    buys(ann)

    assert "Where do you live?" in ann.types("/region")


def test_a_command_for_those_who_have_pressed_start_asks_strangers_to(ann, shop):
    TelegramCommand.objects.filter(command="account").update(requires_auth=True)

    assert "press /start" in ann.types("/account")
    assert "Account" in ann.types("/account")


@pytest.mark.parametrize("text", ["hello", "/unknown", "/", "12345", "🙂"])
def test_what_nobody_asked_for_gets_a_gentle_hint(ann, text):
    assert "did not quite get that" in ann.types(text)
    assert ann.labels() == ["🛍 Shop", "❓ Help"]


def test_a_photo_gets_a_gentle_hint_and_a_group_gets_silence(ann):
    photo = {"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1}
    message = {"message_id": 1, "date": 1, "chat": ann.chat(), "from": ann.user()}

    assert "did not quite get that" in ann.deliver("message", {**message, "photo": [photo]})
    group = {"id": -100, "type": "supergroup", "title": "Friends"}
    ann.screen = {}

    assert ann.deliver("message", {**message, "chat": group, "text": "/shop"}) == ""


def test_the_language_is_guessed_then_chosen_and_the_choice_stays(ann, make_customer, shop):
    vera = make_customer(id=45, first_name="Вера", language_code="ru")
    assert "Добро пожаловать" in vera.types("/start")
    vera.types("/shop")
    assert "📈 Трейдинг" in vera.labels()

    vera.types("/language")
    assert "✅ 🇷🇺 Русский" in vera.labels()
    assert "Ab jetzt spreche ich Deutsch" in vera.presses("Deutsch")
    vera.types("/start")

    assert "🛍 Shop" in vera.labels()
    assert CustomerRow.objects.get(telegram_id=45).language == "de"


def test_the_region_is_chosen_and_then_stays(ann, shop):
    ann.types("/region")
    assert "United Kingdom" in ann.presses("United Kingdom")

    assert CustomerRow.objects.get().region == "GB"
    ann.types("/region")
    assert "✅ 🇬🇧 United Kingdom" in ann.labels()
    assert "settled for now" in ann.presses("Asia")
    assert CustomerRow.objects.get().region == "GB"


def test_going_on_forgets_what_was_asked_to_be_typed(ann, shop):
    assert "What is the matter?" in ann.types("/paysupport")
    ann.presses("Back")

    assert "did not quite get that" in ann.types("Where is my money?")
    ann.types("/paysupport")
    assert "forgotten" in ann.types("/cancel")
    assert "nothing to cancel" in ann.types("/cancel")
