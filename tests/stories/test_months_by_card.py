"""Half a year of a card: bought, renewed, declined, late, mended, upgraded, refunded, lost.

The customer acts in the chat; Stripe tells the shop's webhook; a clock moves for both.
"""

from datetime import UTC, datetime

import pytest

from customers.models import Customer as CustomerRow
from entitlements.models import Grant
from orders.fake_stripe import refunds
from orders.fake_stripe.cards import Behavior
from orders.models import Order
from orders.services.refunding import refund
from shopbot.kernel.money import Money
from tests.stories.bookkeeping import Books, Told, books
from tests.stories.buying import renews_by_card

pytestmark = pytest.mark.django_db

TURN_OF_JUNE = datetime(2027, 6, 15, 13, 30, tzinfo=UTC)


PREMIUM, VIP = "premium at 2000: active, renews", "vip at 5000: active, renews"
FAILING = "premium at 2000: past_due, renews"
ONE, TWO = "fulfilled", "fulfilled fulfilled"
FOUR = "fulfilled fulfilled fulfilled partially_refunded"
RECEIPT = "🧾 <b>Receipt …</b>"
LIFE = [
    ("bought", Books(ONE, 2000, 0, "premium, granted", PREMIUM), [RECEIPT]),
    ("renewed", Books(TWO, 4000, 0, "premium, granted", PREMIUM), [RECEIPT]),
    (
        "declined",
        Books(TWO, 4000, 0, "premium, in_grace", FAILING),
        [
            "⚠️ Your renewal could not be charged. Please check your way of paying.",
            "⌛ <b>Signals</b> has run out.",
        ],
    ),
    ("late", Books(TWO, 4000, 0, "premium, in_grace", FAILING), []),
    ("mended", Books(f"{TWO} {ONE}", 6000, 0, "premium, granted", PREMIUM), [RECEIPT]),
    (
        # 16 of 31 days at 30.00 more; what the month of Premium had left is in it.
        "upgraded",
        Books(f"{TWO} {TWO}", 7549, 0, "vip, granted", VIP),
        [RECEIPT, "⌛ Your Premium access to <b>Signals</b> has ended."],
    ),
    (
        "refunded in part",
        Books(FOUR, 7549, 1000, "vip, granted", VIP),
        ["↩️ Refund for …: <b>$10.00</b>"],
    ),
    (
        "renewed as VIP",
        Books(f"{FOUR} {ONE}", 12549, 1000, "vip, granted", VIP),
        [RECEIPT],
    ),
    (
        "disputed",
        Books(f"{FOUR} {ONE}", 12549, 1000, "free, blocked", VIP),
        ["⏸ Your access is on hold: a payment of yours is disputed."],
    ),
    ("held", Books(f"{FOUR} {ONE}", 12549, 1000, "free, blocked", VIP), []),
    (
        "lost",
        Books(f"{FOUR} {ONE}", 12549, 6000, "free, revoked", VIP),
        [
            "⚖️ The dispute about … is decided: your bank gave you the money back, so what this "
            "order brought has ended.",
        ],
    ),
]


def upgrades(ann, cards):
    """Change the plan in the chat, and be charged what the screen said."""
    ann.types("/account")
    for label in ("Renewals", "Signals · Premium", "Change the plan", "Vip"):
        ann.presses(label)
    due = ann.text.split("Due now, for the rest of this period: ")[1].split("\n")[0]
    ann.presses(f"Change and pay {due}")
    assert ann.toast == "✅ Your plan is changed."
    assert f"{Order.objects.latest('pk').total_minor / 100:.2f}" == due.removeprefix("$")


def refunds_ten(ann, order):
    refund(
        order_id=order.pk,
        amount=Money(1000, "USD"),
        reason="late",
        access="keep",
        actor="staff:1",
        now=ann.now,
    )


def test_months_by_card(ann, shop, cards, settle_region, on):
    def opens_dispute():
        refunds.open_dispute(cards.world, cards.world.every("charge", paid=True)[-1]["id"])

    def loses_dispute():
        refunds.move_dispute(cards.world, cards.world.every("dispute")[0]["id"], "lost")

    steps = [
        ("bought", (3, 15), lambda: renews_by_card(ann, cards)),
        ("renewed", (4, 16), lambda: cards.change_card(Behavior.DECLINED)),
        # Stripe turns the period on at once and charges an hour later.
        ("", (5, 15), None),
        ("declined", (5, 16), lambda: cards.change_card(Behavior.SUCCEEDS)),
        ("late", (5, 17), None),
        ("mended", (5, 19), None),
        ("upgraded", (5, 30), lambda: upgrades(ann, cards)),
        ("refunded in part", (6, 5), lambda: refunds_ten(ann, Order.objects.latest("pk"))),
        ("renewed as VIP", (6, 16), None),
        ("disputed", (6, 20), opens_dispute),
        ("held", (6, 23), None),
        ("lost", (7, 1), loses_dispute),
    ]
    told, life = Told(), []
    on(3, 15)
    settle_region(ann)
    customer = CustomerRow.objects.get(telegram_id=ann.id)
    for name, day, act in steps:
        on(*day)
        if act is not None:
            act()
        cards.deliver()
        if name:
            said = told.news(ann.now)
            life.append((name, books(customer.pk, ann.now), said))

    assert life == LIFE
    change = Order.objects.order_by("pk")[3].lines.get()
    assert Grant.objects.get(source=change.source).ends_at == TURN_OF_JUNE
