"""One customer's access from the first look to the last day, asked three ways at each step.

What the customer does, the customer does in the chat; staff and the clock act through services.
At each step the account in the chat, the API and ``explain`` must tell the same.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from api.models import Scope
from catalog.models import ProductTier
from customers.models import Customer as CustomerRow
from entitlements.explain import explain
from entitlements.explain_text import explanation_text
from entitlements.services import NewGrant, grant_all
from orders.models import Order
from orders.services.refunding import refund
from shopbot.kernel.events import relay
from shopbot.kernel.sweeps import run_sweep
from telegram_bot.models import OutgoingMessage
from telegram_bot.presenters.wording import level_name

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Access:
    """What is true now: the tier, why, and what the account says of the entitlement."""

    tier: str
    verdict: str
    said: str


NOTHING = "You hold nothing yet."
PAID = "Signals: until April 22, 2026"
LATE = "Signals: ran out, access goes on until April 25, 2026"
VIP = "Signals: until June 10, 2026"
VIP_NOW = Access("vip", "granted", VIP)


@pytest.fixture
def tiers(shop):
    """Premium may be tried for a week; both levels give three days to pay late."""
    monthly = ProductTier.objects.filter(product=shop.product)
    monthly.update(grace_days=3)
    monthly.filter(level="premium").update(trial_days=7)
    return shop


@pytest.fixture
def on(ann, time_machine):
    """Move everybody's clock to noon of a day; what is due by then happens."""

    def move(month, day):
        ann.now = datetime(2026, month, day, 12, tzinfo=UTC)
        time_machine.move_to(ann.now, tick=False)
        run_sweep("entitlement-expiry", now=ann.now)
        relay(now=ann.now)

    return move


@pytest.fixture
def access(ann, shop, make_program):
    """Ask the chat, the API and ``explain``, and return what all of them say."""
    program = make_program(*Scope.values)

    def look():
        account = ann.types("/account")
        api = program.get(
            f"/api/v1/customers/{ann.id}/entitlements/", {"as_of": ann.now.isoformat()}
        ).json()
        customer_id = CustomerRow.objects.get(telegram_id=ann.id).pk
        why = explain(customer_id, "signals", ann.now)

        held = api["entitlements"].get("signals")
        assert (held is not None and held["is_active"]) == why.has_access
        assert f"Your tier: {level_name(api['tier'])}" in account
        lines = [line for line in account.splitlines() if "Signals" in line or line == NOTHING]
        words = ann.presses_data(f"ex1:{shop.signals.pk}")
        in_words = explain(customer_id, "signals", ann.now)
        assert words == explanation_text(in_words, "en")
        return Access(api["tier"], why.verdict, lines[0].removeprefix("• "))

    return look


@pytest.fixture
def pays(ann):
    """Order what the price screen shows, and pay it with the demo gateway."""

    def pay(*labels):
        for label in (*labels, "1 month", "Buy for"):
            ann.presses(label)
        ann.presses("Demo")
        ann.presses("Pay $")
        assert "It is yours" in ann.text
        return Order.objects.order_by("-pk")[0]

    return pay


def refunds(who, order):
    """Let staff give the money back and take what it bought."""
    refund(
        order_id=order.pk,
        amount=order.paid,
        reason="charged by mistake",
        access="revoke",
        actor="staff:1",
        now=who.now,
    )


def gives_ten_days(who, entitlement):
    """Let staff give ten days of Premium for goodwill."""
    days = NewGrant(
        type_id=entitlement.pk, level="premium", source="goodwill:1", months=None, days=10
    )
    customer_id = CustomerRow.objects.get(telegram_id=who.id).pk
    grant_all(customer_id=customer_id, grants=[days], now=who.now, actor="staff:1")


def heard():
    """Return the first line of each message that was written, without orders' numbers."""
    rows = OutgoingMessage.objects.order_by("pk")
    first_lines = (row.params["text"].split("\n")[0] for row in rows)
    return [re.sub(r"order [A-Z0-9-]+", "order …", line) for line in first_lines]


def test_trial_purchase_grace_renewal_upgrade_refund_goodwill_and_the_end(
    ann, tiers, settle_region, on, access, pays
):
    def tries():
        ann.types("/start p_signals")
        assert "Your trial has begun" in ann.presses("Try 7 days")

    def buys(tier):
        ann.types("/start p_signals")
        return pays(tier)

    def renews():
        ann.presses_data(f"ex1:{tiers.signals.pk}")
        pays("Renew")

    def upgrades():
        # What is left of the month makes it cheaper and ends.
        assert 2000 < buys("Vip").total_minor < 5000

    life = [
        ((3, 15), None, Access("free", "never_granted", NOTHING)),
        ((3, 15), tries, Access("premium", "granted", "Signals: until March 22, 2026")),
        # Bought during the trial: the month begins when the trial ends.
        ((3, 20), lambda: buys("Premium"), Access("premium", "granted", PAID)),
        ((3, 23), None, Access("premium", "granted", PAID)),
        ((4, 23), None, Access("premium", "in_grace", LATE)),
        # Renewed in the days to pay late, from the explanation: no day is free.
        ((4, 24), renews, Access("premium", "granted", "Signals: until May 22, 2026")),
        ((5, 10), upgrades, Access("vip", "granted", VIP)),
        # The first order is refunded when its month is over: nothing else changes.
        ((5, 15), lambda: refunds(ann, Order.objects.earliest("pk")), VIP_NOW),
        # Ten days of Premium from our team run beside VIP and carry on behind it.
        ((6, 8), lambda: gives_ten_days(ann, tiers.signals), VIP_NOW),
        ((6, 14), None, Access("premium", "granted", "Signals: until June 18, 2026")),
        ((6, 19), None, Access("free", "ended", NOTHING)),
    ]
    on(3, 15)
    settle_region(ann)
    for day, act, expected in life:
        on(*day)
        if act is not None:
            act()
        assert access() == expected, day

    assert heard() == [
        "⏳ <b>Signals</b> ends in 3 days.",
        "🧾 <b>Receipt 2026-000001</b>",
        "⌛ <b>Signals</b> has run out.",
        "🧾 <b>Receipt 2026-000002</b>",
        "🧾 <b>Receipt 2026-000003</b>",
        "↩️ Refund for order …: <b>$20.00</b>",
        "⏳ <b>Signals</b> ends in 3 days.",
        "⌛ Your VIP access to <b>Signals</b> has ended.",
        "⏳ <b>Signals</b> ends in 4 days.",
        "⌛ <b>Signals</b> has run out.",
    ]


def test_any_step_of_the_life_can_be_asked_about_afterwards(
    ann, tiers, settle_region, on, pays
):
    on(3, 15)
    settle_region(ann)
    ann.types("/start p_signals")
    ann.presses("Try 7 days")
    on(3, 20)
    ann.types("/start p_signals")
    order = pays("Premium")
    on(4, 1)
    refunds(ann, order)

    def verdict(month, day):
        moment = datetime(2026, month, day, 12, tzinfo=UTC)
        return explain(order.customer_id, "signals", moment).verdict

    days = [(3, 14), (3, 16), (3, 25), (4, 2)]
    assert [verdict(*day) for day in days] == ["never_granted", "granted", "granted", "revoked"]
