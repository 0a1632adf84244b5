"""The chat page in a real browser, with the toy bot at the other end."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from telegram_bot.simulator.client import Person, Simulator
from tests.chromium import chromium
from tests.telegram_bot.simulator.toy_bot import ToyBot, invoice

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, sim: Simulator, bot: ToyBot, anna: Person) -> Iterator[Page]:
    """The page with Anna's chat open; any fault of a script or the policy fails the test."""
    bot.sell()
    problems: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: line.type == "error" and problems.append(line.text))
    page.goto(sim.url)
    yield page
    page.close()
    assert problems == []


def keyboard(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"inline_keyboard": list(rows)}


def test_a_customer_starts_writes_presses_and_reads_the_answer(
    page: Page, sim: Simulator, bot: ToyBot, anna: Person
):
    page.get_by_test_id("start-button").click()
    page.get_by_test_id("chat-input").fill("hello")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("message")).to_have_count(2)
    sent = sim.call(
        "sendMessage",
        chat_id=anna.id,
        text="<b>Bold</b> & <i>safe</i> &lt;script&gt;",
        parse_mode="HTML",
        reply_markup=keyboard([{"text": "Choose", "callback_data": "a"}]),
    )["result"]

    page.get_by_test_id("inline-button").click()

    expect(page.get_by_test_id("toast")).to_have_text("Done")
    last = page.get_by_test_id("message").last
    expect(last.locator("b")).to_have_text("Bold")
    expect(last).to_contain_text("<script>")
    sim.call("editMessageText", chat_id=anna.id, message_id=sent["message_id"], text="Edited")
    expect(last).to_contain_text("Edited")
    expect(page.get_by_test_id("message")).to_have_count(3)
    assert bot.texts() == ["/start", "hello"]


def test_an_alert_must_be_clicked_away(page: Page, sim: Simulator, bot: ToyBot, anna: Person):
    anna.start()
    bot.replies["callback_query"] = lambda update: {
        "method": "answerCallbackQuery",
        "callback_query_id": update["callback_query"]["id"],
        "text": "Sold out",
        "show_alert": True,
    }
    markup = keyboard([{"text": "Buy", "callback_data": "a"}])
    sim.call("sendMessage", chat_id=anna.id, text="Mug", reply_markup=markup)

    page.get_by_test_id("inline-button").click()

    expect(page.get_by_test_id("alert")).to_contain_text("Sold out")
    page.get_by_test_id("alert-ok").click()
    expect(page.get_by_test_id("alert")).to_have_count(0)


def test_stars_are_paid_on_the_sheet(page: Page, sim: Simulator, bot: ToyBot, anna: Person):
    anna.start()
    anna.set(stars=50)
    sim.call("sendInvoice", **invoice(anna.id, 100))
    page.get_by_test_id("pay-button").click()
    expect(page.get_by_test_id("stars-balance")).to_contain_text("50")
    page.get_by_test_id("top-up").click()

    page.get_by_test_id("confirm-pay").click()

    expect(page.get_by_test_id("payment-done")).to_contain_text("You paid")
    expect(page.get_by_test_id("message").last).to_contain_text("You paid")
    expect(page.get_by_test_id("pay-button")).to_have_text("Receipt")
    assert anna.stars == 500


def test_a_refused_checkout_says_why_on_the_sheet(
    page: Page, sim: Simulator, bot: ToyBot, anna: Person
):
    anna.start()
    bot.replies["pre_checkout_query"] = lambda update: {
        "method": "answerPreCheckoutQuery",
        "pre_checkout_query_id": update["pre_checkout_query"]["id"],
        "ok": False,
        "error_message": "The price has changed",
    }
    sim.call("sendInvoice", **invoice(anna.id, 100))
    page.get_by_test_id("pay-button").click()

    page.get_by_test_id("confirm-pay").click()

    expect(page.get_by_test_id("payment-sheet")).to_contain_text("The price has changed")
    expect(page.get_by_test_id("confirm-pay")).to_be_enabled()
    assert anna.stars == 2500


def test_telegram_links_stay_inside(page: Page, sim: Simulator, bot: ToyBot, anna: Person):
    anna.start()
    channel = sim.channel("VIP", owner_id=sim.user("Owner").id)
    request = sim.call(
        "createChatInviteLink", chat_id=channel["id"], creates_join_request=True
    )["result"]["invite_link"]
    deep = "https://t.me/shopbot_demo_bot?start=p-signals"
    markup = keyboard([{"text": "Join", "url": request}], [{"text": "Product", "url": deep}])
    sim.call("sendMessage", chat_id=anna.id, text="Links", reply_markup=markup)
    page.get_by_test_id("inline-button").filter(has_text="Product").click()
    page.get_by_test_id("start-button").click()
    expect(page.get_by_test_id("message").last).to_contain_text("/start p-signals")

    page.get_by_test_id("inline-button").filter(has_text="Join").click()

    expect(page.get_by_test_id("cancel-request")).to_be_visible()
    sim.call("approveChatJoinRequest", chat_id=channel["id"], user_id=anna.id)
    expect(page.get_by_test_id("leave-button")).to_be_visible()
    assert anna.place_in(channel["id"]) == "member"


def test_commands_come_from_the_menu_and_from_a_slash(
    page: Page, sim: Simulator, bot: ToyBot, anna: Person
):
    anna.start()
    commands = [
        {"command": "shop", "description": "Browse"},
        {"command": "help", "description": "How it works"},
    ]
    sim.call("setMyCommands", commands=commands)
    page.get_by_test_id("menu-button").click()
    expect(page.get_by_test_id("command")).to_have_count(2)
    page.get_by_test_id("command").first.click()
    expect(page.get_by_test_id("message").last).to_contain_text("/shop")

    page.get_by_test_id("chat-input").press_sequentially("/h")

    expect(page.get_by_test_id("command")).to_have_text("/helpHow it works")
    page.get_by_test_id("chat-input").press("Tab")
    expect(page.get_by_test_id("chat-input")).to_have_value("/help")


def test_unread_messages_are_counted_until_they_are_seen(
    page: Page, sim: Simulator, bot: ToyBot
):
    ivan = sim.user("Ivan")
    ivan.start()
    sim.call("sendMessage", chat_id=ivan.id, text="one")
    sim.call("sendMessage", chat_id=ivan.id, text="two")
    row = page.get_by_test_id("persona-Ivan")
    expect(row.get_by_label("2 unread")).to_be_visible()

    row.click()

    expect(row.get_by_label("2 unread")).to_have_count(0)
    assert page.locator("[aria-current=true]").inner_text().startswith("I")


def test_whoever_had_the_latest_message_stands_first(page: Page, sim: Simulator, bot: ToyBot):
    for name in ("Olga", "Petra"):
        sim.user(name).start()
        sim.advance(seconds=60)
    rows = page.locator("[data-testid=persona-Olga], [data-testid=persona-Petra]")
    expect(rows.first).to_have_attribute("data-testid", "persona-Petra")

    sim.call("sendMessage", chat_id=sim.user("Olga").id, text="news")

    expect(rows.first).to_have_attribute("data-testid", "persona-Olga")


def test_the_inspector_shows_refusals_and_moves_the_clock(
    page: Page, sim: Simulator, bot: ToyBot, anna: Person
):
    anna.start()
    sim.call("sendInvoice", **invoice(anna.id, title="x" * 33))
    page.get_by_test_id("inspector-toggle").click()
    entry = page.get_by_test_id("entry").filter(has_text="sendInvoice")
    expect(entry).to_contain_text("400")
    entry.click()
    expect(entry).to_contain_text("33 characters, allowed are 1 to 32")
    before = sim.now()

    page.get_by_test_id("tab-controls").click()
    page.get_by_test_id("advance-month").click()

    expect(page.get_by_test_id("inspector")).to_contain_text("Moved ahead of the real time")
    assert sim.now() - before >= 2_592_000


def test_a_link_opens_the_chat_of_a_customer_the_simulator_has_not_met(
    page: Page, sim: Simulator, bot: ToyBot
):
    page.goto(f"{sim.url}/?user=777&name=Maria&language=es&start=r_abc")

    page.get_by_test_id("start-button").click()

    expect(page.get_by_test_id("message")).to_contain_text("/start r_abc")
    assert sim.settle()
    assert bot.updates[-1]["message"]["from"]["id"] == 777
    assert bot.updates[-1]["message"]["from"]["language_code"] == "es"
