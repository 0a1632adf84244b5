"""Stars and card, from the button to the receipt, and back: a refund ends the access."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def choose_a_month(chat):
    chat.send("/shop")
    chat.press("Trading")
    chat.press("Signals")
    chat.press("Premium")
    chat.press("1 month")
    chat.press("Buy for $20.00")
    chat.press("Yes")
    chat.reads("How would you like to pay?")


def refund_latest(admin, page, picture, name):
    """Refund the newest order as staff do: look at what changes, confirm."""
    admin.sign_in()
    admin.open("orders/order/")
    page.locator("#result_list tbody tr").first.locator("a").first.click()
    page.locator("a[href*='to-refund']").first.click()
    page.fill("#id_reason", "Changed their mind")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.locator("#preview")).to_contain_text("goes back")
    picture(name)
    page.locator("#id_confirmed").check()
    page.get_by_role("button", name="Show what changes").click()
    expect(page.locator("body")).to_contain_text("Refund")


def test_stars_are_paid_in_the_chat_and_a_refund_ends_the_access(chat, admin, page, picture):
    chat.open_as("Mia")
    choose_a_month(chat)
    chat.press("Telegram Stars (test)")
    chat.press("Pay")
    picture("stars-1-offer")
    pay_with_stars(chat, page, picture)
    chat.reads("It is yours")
    picture("stars-3-receipt")

    refund_latest(admin, page, picture, "stars-4-refund")

    back_in_chat(chat, page, "Mia")
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
    card.screenshot(path=picture.folder / "card-1-page.png")
    card.get_by_role("button", name="Pay").click()
    expect(card.locator("h1")).to_contain_text("paid")
    card.screenshot(path=picture.folder / "card-2-return.png")
    card.close()
    chat.reads("It is yours")
    picture("card-3-receipt")

    refund_latest(admin, page, picture, "card-4-refund")

    back_in_chat(chat, page, "Noah")
    chat.send("/account")
    chat.reads("Your tier: Free")


def back_in_chat(chat, page, name):
    page.goto(chat.shop.chat)
    page.get_by_test_id(f"persona-{name}").click()
    chat.reads("efund")
