"""Months of Stars against the simulator: renewed, failed, mended, refunded, charged back.

Invoices, refunds, agreements and the list of transactions are the simulator's, over HTTP; its
updates go through the shop's dispatcher, and a clock moves for both.
"""

import pytest

from customers.models import Customer as CustomerRow
from orders.models import Payment
from tests.stories.bookkeeping import Books, Told, books
from tests.stories.buying import refunds_latest, renews_by_stars, stops_stars

pytestmark = pytest.mark.django_db

RENEWS, FAILED = "premium at 1539: active, renews", "premium at 1539: past_due, renews"
ENDS = "premium at 1539: active, ends"
ONE, TWO = "fulfilled", "fulfilled fulfilled"
RECEIPT = "🧾 <b>Receipt …</b>"
LIFE = [
    ("bought", Books(ONE, 1539, 0, "premium, granted", RENEWS), [RECEIPT]),
    ("renewed", Books(TWO, 3078, 0, "premium, granted", RENEWS), [RECEIPT]),
    (
        "failed",
        Books(TWO, 3078, 0, "premium, in_grace", FAILED),
        [
            "⚠️ Your renewal could not be charged. Please check your way of paying.",
            "⌛ <b>Signals</b> has run out.",
        ],
    ),
    ("late", Books(TWO, 3078, 0, "premium, in_grace", FAILED), []),
    ("mended", Books(f"{TWO} {ONE}", 4617, 0, "premium, granted", RENEWS), [RECEIPT]),
    ("stopped", Books(f"{TWO} {ONE}", 4617, 0, "premium, granted", ENDS), []),
    ("allowed", Books(f"{TWO} {ONE}", 4617, 0, "premium, granted", ENDS), []),
    (
        "refunded",
        Books(f"{TWO} refunded", 4617, 1539, "free, revoked", ENDS),
        ["↩️ Refund for …: <b>⭐ 1,539</b>", "Your access to <b>Signals</b> has ended."],
    ),
    (
        # The second month, long over: nothing is left of it to end.
        "charged back",
        Books("fulfilled refunded refunded", 4617, 3078, "free, revoked", ENDS),
        ["↩️ Refund for …: <b>⭐ 1,539</b>"],
    ),
]


def allows(phone):
    """Let it renew again in the chat: Telegram wants the customer's own word too."""
    said = phone.ann.presses("Renew again")
    assert "switch it on in Telegram: Settings, My Stars." in said
    assert phone.ann.labels() == ["⬅️ Back"]


def refunds(phone):
    refunds_latest(phone)
    # What might be agreed to unheard is stopped by the shop again.
    assert phone.person.subscriptions()[0]["is_canceled_by_bot"]


def charges_back(phone):
    """Let a bank take the second month's charge back."""
    phone.sim.charge_back(Payment.objects.order_by("pk")[1].charge_id)


def test_months_by_stars(phone, shop, settle_region):
    person = phone.person
    steps = [
        ("bought", {}, lambda: renews_by_stars(phone)),
        ("renewed", {"days": 30, "seconds": 60}, lambda: person.set(stars=0)),
        ("failed", {"days": 30}, None),
        ("late", {"days": 2}, lambda: person.set(stars=10_000)),
        ("mended", {"days": 1}, lambda: person.change_subscription("retry")),
        ("stopped", {"days": 5}, lambda: stops_stars(phone)),
        ("allowed", {"seconds": 3600}, lambda: allows(phone)),
        ("refunded", {"days": 1}, lambda: refunds(phone)),
        ("charged back", {"days": 9}, lambda: charges_back(phone)),
    ]
    told, life = Told(), []
    settle_region(phone.ann)
    person.set(stars=4000)
    customer = CustomerRow.objects.get(telegram_id=phone.ann.id)
    for name, span, act in steps:
        phone.waits(**span)
        if act is not None:
            act()
        phone.listens()
        said = told.news(phone.now())
        life.append((name, books(customer.pk, phone.now()), said))

    assert life == LIFE
