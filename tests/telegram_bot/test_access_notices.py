"""What a customer hears of access by itself: counted by the sweep, said once, in words."""

from datetime import timedelta

import pytest

from catalog.models import ProductTier
from customers.models import Customer as CustomerRow
from entitlements.models import Grant
from entitlements.services import NewGrant, block, grant_all, lift_block, revoke_source
from shopbot.kernel.events import relay
from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import run_sweep
from telegram_bot.models import OutgoingMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(ann, shop):
    """Ann holds a month of Premium with three days of grace; return when it ends."""
    ann.types("/start")
    ProductTier.objects.update(grace_days=3)
    grant = NewGrant(
        type_id=shop.signals.pk,
        level="premium",
        source="order-line:1",
        months=1,
        grace_days=3,
        tier_id=shop.tiers["premium"].pk,
    )
    gives(ann, grant)
    Event.objects.update(dispatched_at=ann.now)
    return Grant.objects.get().ends_at


def gives(who, grant):
    customer_id = CustomerRow.objects.get(telegram_id=who.id).pk
    return grant_all(customer_id=customer_id, grants=[grant], now=who.now, actor="staff:1")


@pytest.fixture
def hears(ann):
    """Let the clock reach a moment; return what that brought, as messages."""

    def at(moment):
        ann.now = moment
        seen = set(OutgoingMessage.objects.values_list("pk", flat=True))
        run_sweep("entitlement-expiry", now=moment)
        relay(now=moment)
        rows = OutgoingMessage.objects.exclude(pk__in=seen).order_by("pk")
        return [row.params for row in rows]

    return at


def keys(message):
    rows = message["reply_markup"]["inline_keyboard"]
    return [button["text"] for row in rows for button in row]


@pytest.mark.parametrize(
    ("days", "said"), [(7, "ends in 7 days"), (3, "ends in 3 days"), (1, "ends in 1 day.")]
)
def test_the_end_is_announced_with_a_key_to_renew(held, hears, days, said):
    (message,) = hears(held - timedelta(days=days))

    assert said in message["text"]
    assert "The last day is April 15, 2026." in message["text"]
    assert keys(message) == ["🔁 Renew", "🛍 Shop"]


def test_the_end_and_the_end_of_grace_are_said_once_each(held, hears):
    (ended,) = hears(held)
    (over,) = hears(held + timedelta(days=3))

    assert "Your access goes on until April 18, 2026." in ended["text"]
    assert over["text"].startswith("⌛ Your Premium access to <b>Signals</b> has ended.")
    assert "You can have it again at any time." in over["text"]
    assert keys(over) == ["🔁 Renew", "🛍 Shop"]
    assert hears(held + timedelta(days=4)) == []


def test_a_lower_level_that_remains_is_named(ann, held, hears, shop):
    vip = NewGrant(
        type_id=shop.signals.pk, level="vip", source="goodwill:1", months=None, days=5
    )
    gives(ann, vip)
    Event.objects.update(dispatched_at=ann.now)

    (message,) = hears(ann.now + timedelta(days=5))

    assert message["text"].startswith("⌛ <b>Signals</b> has run out.")
    assert "You still have Premium." in message["text"]


def test_time_taken_back_beside_time_that_goes_on_is_not_called_an_end(ann, held, hears, shop):
    vip = NewGrant(
        type_id=shop.signals.pk, level="vip", source="order-line:2", months=None, days=5
    )
    gives(ann, vip)
    revoke_source(source="order-line:1", reason="refund", actor="staff:1", now=ann.now)
    assert hears(ann.now) == []
    revoke_source(source="order-line:2", reason="refund", actor="staff:1", now=ann.now)

    (message,) = hears(ann.now)

    assert message["text"] == "Your access to <b>Signals</b> has ended."


@pytest.mark.parametrize(
    ("kind", "said"),
    [("dispute", "a payment of yours is disputed"), ("fraud", "⏸ Your access is on hold.")],
)
def test_a_block_is_said_without_accusing_and_so_is_its_end(ann, held, hears, kind, said):
    customer_id = CustomerRow.objects.get().pk
    placed = block(
        customer_id=customer_id, kind=kind, source="x:1", reason="r", actor="x", now=ann.now
    )
    (message,) = hears(ann.now)
    assert said in message["text"]
    assert "fraud" not in message["text"]
    assert keys(message) == ["💬 Ask about a payment"]
    lift_block(block_id=placed.pk, reason="settled", actor="x", now=ann.now)

    (message,) = hears(ann.now)

    assert "no longer on hold" in message["text"]


def test_one_of_two_blocks_lifted_does_not_promise_access(ann, held, hears):
    customer_id = CustomerRow.objects.get().pk
    for source in ("x:1", "x:2"):
        placed = block(
            customer_id=customer_id, kind="staff", source=source, reason="", actor="x",
            now=ann.now,
        )  # fmt: skip
    hears(ann.now)
    lift_block(block_id=placed.pk, reason="settled", actor="x", now=ann.now)

    (message,) = hears(ann.now)

    assert "another one still stands" in message["text"]
