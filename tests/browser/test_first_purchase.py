"""A stranger opens the shop, buys as a referred customer, and staff find every trace of it."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_referred_customer_buys_a_year_and_staff_find_order_payment_grant_and_events(
    chat, admin, page, picture
):
    code = invitation(chat, page)

    chat.open_as("Anna", start=code)
    chat.reads("A friend has invited you")
    picture("chat-1-welcome")
    choose_a_year(chat, picture)
    pay(chat, picture)
    chat.send("/account")
    chat.reads("Your tier: Premium")
    picture("chat-7-account")
    page.get_by_test_id("inspector-toggle").click()
    picture("chat-8-inspector")
    page.get_by_test_id("inspector-toggle").click()

    admin.sign_in()
    admin.open("")
    picture("admin-1-dashboard")
    find_the_order(admin, page, picture)
    find_what_it_left(admin, page, picture)


def invitation(chat, page):
    """Return the referral code of somebody who invites."""
    chat.open_as("Rita")
    chat.send("/account")
    chat.reads("Your tier: Free")
    return re.search(r"start=(r_[\w-]+)", page.get_by_test_id("message").last.inner_text())[1]


def choose_a_year(chat, picture):
    chat.send("/shop")
    chat.press("Trading")
    chat.press("Signals")
    picture("chat-2-product")
    chat.press("Premium")
    chat.press("12 months")
    chat.reads("$172.80")
    picture("chat-3-price")
    chat.press("Why this price?")
    chat.reads("because a friend sent you")
    picture("chat-4-why")
    chat.press("Back")


def pay(chat, picture):
    chat.press("Buy for $172.80")
    chat.press("Yes")
    chat.reads("How would you like to pay?")
    picture("chat-5-checkout")
    chat.press("Demo payment")
    chat.press("Pay $172.80 – demo")
    chat.reads("Receipt")
    picture("chat-6-receipt")


def find_the_order(admin, page, picture):
    admin.open("orders/order/")
    first = page.locator("#result_list tbody tr").first
    expect(first).to_contain_text("$172.80")
    picture("admin-2-orders")
    first.locator("a").first.click()
    expect(page.locator("body")).to_contain_text("The order was placed.")
    expect(page.locator("body")).to_contain_text("20% off from 12 months on")
    picture("admin-3-order")


def find_what_it_left(admin, page, picture):
    admin.open("orders/payment/")
    expect(page.locator("#result_list tbody tr").first).to_contain_text("$172.80")
    admin.open("entitlements/grant/")
    expect(page.locator("#result_list tbody tr").first).to_contain_text("Anna")
    picture("admin-4-grants")
    admin.open("kernel/event/?q=order.paid")
    expect(page.locator("#result_list")).to_contain_text("order.paid")
    picture("admin-5-events")
