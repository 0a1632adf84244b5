"""Stars and card, from the button to the receipt, and back: a refund ends the access."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
#: Not "Demo payment", which stands there until the offer comes.
PAY = re.compile(r"\bPay\b")


def choose_a_month(chat):
    chat.send("/shop")
    chat.press("Trading")
    chat.press("Signals")
    chat.press("Premium")
    chat.press("1 month")
    chat.press("Buy for $20.00")
    chat.press("Yes")
    chat.reads("How would you like to pay?")


def test_stars_are_paid_in_the_chat_and_a_refund_ends_the_access(chat, admin, page, picture):
    chat.open_as("Mia")
    choose_a_month(chat)
    chat.press("Telegram Stars (test)")
    chat.press(PAY)
    picture("stars-1-offer")
    pay_with_stars(chat, page, picture)
    chat.reads("It is yours")
    picture("stars-3-receipt")

    admin.sign_in()
    admin.refund_latest(picture, "stars-4-refund")

    chat.return_as("Mia")
    chat.reads("efund")
    chat.send("/account")
    chat.reads("Your tier: Free")
    picture("stars-5-after-refund")


def pay_with_stars(chat, page, picture):
    page.get_by_test_id("pay-button").last.click()
    top_up = page.get_by_test_id("top-up")
    page.get_by_test_id("payment-sheet").wait_for()
    if top_up.is_visible():
        top_up.click()
    picture("stars-2-sheet")
    page.get_by_test_id("confirm-pay").click()


def test_a_card_is_paid_on_the_test_page_and_a_refund_ends_the_access(
    chat, admin, page, picture
):
    chat.open_as("Noah")
    choose_a_month(chat)
    chat.press("Card (test)")
    with page.expect_popup() as opened:
        page.get_by_test_id("inline-button").filter(has_text="$20.00").last.click()
    card = opened.value
    card.get_by_role("button", name="Pay").wait_for()
    card.screenshot(path=picture.folder / "card-1-page.jpeg")
    card.get_by_role("button", name="Pay").click()
    expect(card.locator("h1")).to_contain_text("paid")
    card.screenshot(path=picture.folder / "card-2-return.jpeg")
    card.close()
    chat.reads("It is yours")
    picture("card-3-receipt")

    admin.sign_in()
    admin.refund_latest(picture, "card-4-refund")

    chat.return_as("Noah")
    chat.reads("efund")
    chat.send("/account")
    chat.reads("Your tier: Free")
