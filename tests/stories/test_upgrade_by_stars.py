"""An upgrade with Stars against the simulator: unused time makes it cheaper, and comes back.

Telegram cannot change the plan of an agreement, so it is stopped and the higher tier bought.
"""

from datetime import timedelta

import pytest

from customers.models import Customer as CustomerRow
from entitlements.models import Grant
from orders.models import Order, UpgradeCredit
from tests.stories.bookkeeping import Books, Told, books
from tests.stories.buying import pays_invoice, refunds_latest, renews_by_stars, stops_stars

pytestmark = pytest.mark.django_db

RENEWS, ENDS = "premium at 1539: active, renews", "premium at 1539: active, ends"
TWO = "fulfilled fulfilled"
RECEIPT = "🧾 <b>Receipt …</b>"
BACK = "fulfilled refunded"


def life_at(price):
    """What is to happen, where the higher tier costs so much instead of 3,847."""
    paid = 1539 + price
    return [
        ("bought", Books("fulfilled", 1539, 0, "premium, granted", RENEWS), [RECEIPT]),
        ("stopped", Books("fulfilled", 1539, 0, "premium, granted", ENDS), []),
        ("upgraded", Books(TWO, paid, 0, "vip, granted", ENDS), [RECEIPT]),
        (
            "refunded",
            Books(BACK, paid, price, "premium, granted", ENDS),
            [
                f"↩️ Refund for …: <b>⭐ {price:,}</b>",
                "⌛ Your VIP access to <b>Signals</b> has ended.",
            ],
        ),
        (
            "over",
            Books(BACK, paid, price, "premium, in_grace", ENDS),
            ["⌛ <b>Signals</b> has run out."],
        ),
        (
            "past its grace",
            Books(BACK, paid, price, "free, ended", ENDS),
            ["⌛ Your Premium access to <b>Signals</b> has ended."],
        ),
    ]


def orders_vip(phone, button):
    """Go to the price of a month of the higher tier and order it."""
    phone.ann.types("/start p_signals")
    for label in ("Vip", "1 month", button):
        phone.ann.presses(label)


def upgrades(phone):
    """Pay what the screen shows: 3,847 less by half a month of 1,539, to the half hour."""
    orders_vip(phone, "Buy for $")
    shown = phone.ann.presses("Telegram Stars")
    price = next(price for price in (3077, 3078) if f"⭐ {price:,} instead of $" in shown)
    phone.ann.presses(f"Pay ⭐ {price:,}")
    pays_invoice(phone)
    assert Order.objects.latest("pk").paid_minor == price


@pytest.fixture
def customer(phone, settle_region):
    settle_region(phone.ann)
    phone.person.start()
    phone.person.set(stars=20_000)
    return CustomerRow.objects.get(telegram_id=phone.ann.id)


def test_an_upgrade_with_the_unused_time_of_a_stopped_agreement(phone, shop, customer):
    steps = [
        ("bought", {}, lambda: renews_by_stars(phone)),
        ("stopped", {"days": 10}, lambda: stops_stars(phone)),
        ("upgraded", {"days": 5}, lambda: upgrades(phone)),
        ("refunded", {"days": 3}, lambda: refunds_latest(phone)),
        ("over", {"days": 13}, None),
        ("past its grace", {"days": 7}, None),
    ]
    told, life = Told(), []
    for name, span, act in steps:
        phone.waits(**span)
        if act is not None:
            act()
        phone.listens()
        said = told.news(phone.now())
        life.append((name, books(customer.pk, phone.now()), said))

    assert life == life_at(Order.objects.latest("pk").paid_minor)


def test_an_upgrade_that_unused_time_pays_for_alone_keeps_the_rest_of_it(phone, shop, customer):
    ann = phone.ann
    ann.types("/start p_signals")
    for label in ("Premium", "12 months", "Buy for", "Telegram Stars", "Pay ⭐"):
        ann.presses(label)
    pays_invoice(phone)
    year = Grant.objects.get()

    orders_vip(phone, "Get it for free")

    assert "It is yours" in ann.text
    phone.waits(seconds=60)
    credit = UpgradeCredit.objects.get()
    vip, rest = Grant.objects.live().order_by("-level")
    assert books(customer.pk, phone.now()).access == "vip, granted"
    # 3,847 of the credit are used; the rest of the time that it stands for stays.
    kept = (rest.ends_at - rest.starts_at) / timedelta(seconds=credit.unused_seconds)
    assert kept == pytest.approx(1 - 3847 / credit.amount_minor, abs=0.001)
    phone.waits(days=40)
    assert vip.access_until < phone.now() < rest.ends_at < year.ends_at
    assert books(customer.pk, phone.now()).access == "premium, granted"
