"""A channel of subscribers: turned away, buys, comes in, runs out of time and is taken out."""

import re
import time

import pytest
from playwright.sync_api import expect

from telegram_bot.simulator.client import Person

pytestmark = pytest.mark.browser
SECONDS = 60


def wait_until(true, page):
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)


def bind(admin, page, title):
    """Choose the entitlement that opens a chat which the bot has noticed."""
    admin.open("entitlements/entitlementtype/?q=signals")
    href = page.locator("#result_list tbody tr a").first.get_attribute("href")
    number = re.search(r"/(\d+)/change", href)[1]
    admin.open("telegram_bot/gatedchat/")
    page.get_by_role("link", name=title).click()
    expect(page.locator("#id_type")).to_be_attached()
    page.evaluate(
        "id => document.querySelector('#id_type').add(new Option('signals', id, true, true))",
        number,
    )
    page.locator("[name=_save]").first.click()
    expect(page.locator("#result_list")).to_contain_text("signals")


def guarded(room, shop, admin, page):
    """Bind a channel and wait for its link."""
    assert shop.simulator.settle()
    admin.sign_in()
    bind(admin, page, room["title"])

    def links():
        made = shop.simulator.group(room["id"])["links"].values()
        return [each["link"] for each in made if each["creates_join_request"]]

    wait_until(links, page)
    admin.open("telegram_bot/gatedchat/")
    expect(page.locator("#result_list")).to_contain_text("Guarded")
    return links()[0]


def buy(chat):
    for label in (
        "Get access",
        "Premium",
        "1 month",
        "Buy for",
        "Yes",
        "Demo payment",
        "Pay $",
    ):
        chat.press(label)
    chat.reads("Receipt")


def test_a_stranger_is_declined_buys_is_let_in_expires_and_is_removed(
    chat, admin, shop, page, picture
):
    sim = shop.simulator
    room = sim.channel("Signals room", owner_id=sim.user("Olga").id)
    link = guarded(room, shop, admin, page)
    picture("gate-1-bound")

    chat.open_as("Ursula")
    chat.reads("Ursula")
    ursula: Person = sim.user("Ursula")
    ursula.join(link)
    chat.reads("is for subscribers")
    picture("gate-2-declined")
    assert ursula.place_in(room["id"]) == "left"

    buy(chat)
    chat.send("/account")
    chat.press("Open Signals room")
    wait_until(lambda: ursula.place_in(room["id"]) == "member", page)
    page.get_by_test_id("channel-Signals room").click()
    expect(page.get_by_test_id("leave-button")).to_be_visible()
    picture("gate-3-let-in")

    sim.advance(days=45)
    wait_until(lambda: ursula.place_in(room["id"]) == "left", page)
    expect(page.get_by_test_id("join-button")).to_be_visible()
    picture("gate-4-removed")
    page.get_by_test_id("persona-Ursula").click()
    chat.reads("so you have left it")
    picture("gate-5-told")
    admin.open("telegram_bot/removal/")
    expect(page.locator("#result_list tbody tr").first).to_contain_text("Ursula")
    picture("gate-6-removals")
