"""The whole way from a friend's link to the thing bought, as it reads in the chat."""

import pytest

from customers.models import Customer as CustomerRow
from entitlements.selectors import has_entitlement
from orders.models import Order
from shopbot.kernel.sweeps import run_sweep
from telegram_bot.models import OutgoingMessage

pytestmark = pytest.mark.django_db


def test_a_referred_customer_buys_a_year_for_172_80(ann, make_customer, shop):
    bob = make_customer(id=43, first_name="Bob", username="bob")
    bob.types("/start")
    code = CustomerRow.objects.get(telegram_id=43).referral_code

    assert "you save 10" in ann.types(f"/start r_{code}")
    assert "What are you looking for?" in ann.presses("Shop")
    assert ann.labels() == ["📈 Trading", "🎓 Courses", "⬅️ Menu"]
    ann.presses("Trading")
    ann.presses("Signals")
    assert "Entries with stop and target." in ann.text
    assert ann.labels()[:3] == [
        "Premium · $20.00 / month",
        "Vip · $50.00 / month",
        "Enterprise · $200.00 / month",
    ]
    ann.presses("Premium")
    assert "12 months · $172.80 · −28%" in ann.labels()
    ann.presses("12 months")
    assert "$172.80" in ann.text
    assert "You save $67.20" in ann.text
    why = ann.presses("Why this price?")
    assert "You pay: $172.80" in why
    ann.presses("Back")
    assert "United States" in ann.presses("Buy for $172.80")
    ann.presses("Yes")
    assert "How would you like to pay?" in ann.text
    ann.presses("Demo")
    assert "No money moves" in ann.text
    ann.presses("Pay $172.80")

    assert "It is yours" in ann.text
    assert "Signals: until March 15, 2027" in ann.text
    order = Order.objects.get()
    assert (order.status, order.total_minor, order.currency) == ("fulfilled", 17280, "USD")
    assert has_entitlement(order.customer_id, "signals", ann.now)


def test_what_was_bought_stands_in_account_and_orders_and_its_receipt_follows(ann, shop, buys):
    number = buys(ann, "Premium", "1 month").number

    account = ann.types("/account")
    assert "Your tier: Premium" in account
    assert "Signals: until April 15, 2026" in account
    ann.types("/orders")
    assert ann.labels()[0] == "✅ Signals · Premium · $20.00"
    assert f"Order {number}" in ann.presses("Signals")
    assert "Receipt 2026-000001" in ann.presses("Receipt")
    run_sweep("relay-events", now=ann.now)
    receipt = OutgoingMessage.objects.get(params__text__icontains="Receipt")
    assert receipt.chat_id == ann.id
    assert "$20.00" in receipt.params["text"]
