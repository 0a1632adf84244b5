"""The whole way from a friend's link to the thing bought, as it reads in the chat."""

import pytest

from entitlements.selectors import has_entitlement
from orders.models import Order
from customers.models import Customer as CustomerRow

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
    assert "12 months · $172.80 · −28\N{NO-BREAK SPACE}%" in ann.labels()
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
    assert "Signals: until" in ann.text
    order = Order.objects.get()
    assert (order.status, order.total_minor, order.currency) == ("fulfilled", 17280, "USD")
    assert has_entitlement(order.customer_id, "signals", ann.now)
    account = ann.types("/account")
    assert "Your tier: Premium" in account
    assert "Signals: until" in account
    assert (
        order.number in ann.types("/orders") or "Signals · Premium · $172.80" in ann.labels()[0]
    )
