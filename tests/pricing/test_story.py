"""One customer's prices from the first look to the last refund, and the ledgers with them."""

from datetime import timedelta
from fractions import Fraction
from math import floor

import pytest

from customers.models import Customer
from orders.models import Order
from orders.services.refunding import refund
from pricing.engine import Quote, replay
from pricing.errors import PromoRefused
from pricing.explain_text import explain
from pricing.models import ExperimentSale, Exposure, LimitCounter, StoredQuote
from pricing.selectors import affiliate_statement
from tests.orders.conftest import (
    _local_trial,
    buy,
    make_tier,
    open_demo,
    pay,
    place,
    signals,
)
from tests.pricing.rows import make_code, make_experiment, make_limit, make_promotion

__all__ = ["_local_trial", "buy", "make_tier", "open_demo", "pay", "place", "signals"]


@pytest.fixture
def referrer(shop):
    """The affiliate who brings the customer."""
    return Customer.objects.create(
        telegram_id=41,
        first_name="Bringer",
        created_at="2026-01-01T00:00Z",
        last_seen_at="2026-01-01T00:00Z",
    )


@pytest.fixture
def customer(referrer, now):
    """Ada from the EU, brought by the affiliate."""
    return Customer.objects.create(
        telegram_id=42,
        first_name="Ada",
        region="EU",
        region_confirmed_at=now,
        referrer=referrer,
        referred_at=now,
        created_at=now,
        last_seen_at=now,
    )


@pytest.fixture
def tier(make_tier):
    """Premium, 20.00 USD a month."""
    return make_tier(slug="signals")


@pytest.fixture
def vip(make_tier, tier):
    """VIP of the same product, 50.00 USD a month."""
    return make_tier(product=tier.product, level="vip", base_price_minor=5000)


@pytest.fixture
def code(tier):
    """HELLO: 10 % off, five times in all, once each, up to 100 EUR."""
    promotion = make_promotion(trigger="code")
    make_limit(promotion, "total", 5)
    make_limit(promotion, "customer", 1)
    make_limit(promotion, ("budget", "EUR"), 10_000)
    return make_code(promotion, code="HELLO")


def taken():
    return dict(LimitCounter.objects.values_list("limit__kind", "taken"))


def promised(order):
    """Return the price stored for an order, having seen that it replays byte for byte."""
    stored = StoredQuote.objects.get(key=order.holder)
    assert replay(stored.inputs).as_json().decode() == stored.result
    return Quote.from_json(stored.result)


def half_up(exact):
    return floor(exact + Fraction(1, 2))


@pytest.fixture
def placed(customer, tier, code, place, now):
    """Twelve months with a code, under an experiment, not paid yet."""
    make_experiment(tier)
    return place(customer=customer, months=12, promo_code="hello", now=now)


@pytest.fixture
def give_back():
    """Refund all of an order."""

    def call(order, at):
        refund(
            order_id=order.pk,
            amount=order.paid,
            reason="Changed her mind",
            access="revoke",
            actor="staff:1",
            now=at,
        )

    return call


def test_an_order_is_priced_by_every_step_and_holds_what_it_needs(
    placed, customer, referrer, now
):
    arm = Exposure.objects.get(customer=customer).arm
    month = 1799 if arm.factor_bps == 10_000 else 1999
    before_code = Fraction(month * 12) * Fraction(72, 100)
    total = half_up(before_code * Fraction(9, 10))

    quote = promised(placed)

    assert (quote.total_minor, quote.currency, quote.unit_minor) == (total, "EUR", month)
    assert [line.code for line in quote.lines][-4:] == [
        *["months", "volume", "affiliate", "promo_code"]
    ]
    assert explain(quote, "en")[-2].startswith("Promo code HELLO: −€")
    assert taken() == {"total": 1, "customer": 1, "budget": half_up(before_code) - total}
    assert ExperimentSale.objects.get().status == "placed"
    assert affiliate_statement(customer_id=referrer.pk, now=now).sales == 0


def test_paying_uses_the_code_counts_the_sale_and_earns_a_commission(
    placed, pay, place, customer, referrer, now
):
    order = pay(placed)

    commission = order.total.share(1000)
    statement = affiliate_statement(customer_id=referrer.pk, now=now)
    assert order.status == Order.Status.FULFILLED
    assert ExperimentSale.objects.get().status == "paid"
    assert (statement.sales, statement.held) == (1, (commission,))
    with pytest.raises(PromoRefused) as refused:
        place(customer=customer, months=1, promo_code="HELLO", now=now)
    assert refused.value.reason == "used_by_you"


def test_an_upgrade_credits_what_is_unused_and_refunds_make_every_ledger_even(
    placed, pay, buy, give_back, customer, referrer, vip, now
):
    order = pay(placed)
    held = taken()
    later = now + timedelta(days=182)

    upgrade = buy(customer=customer, tier=vip, months=12, now=later)

    quote = promised(upgrade)
    credit = next(-line.amount_minor for line in quote.lines if line.code == "upgrade_credit")
    paid = order.paid.minor
    assert half_up(Fraction(paid * 182, 365)) <= credit <= half_up(Fraction(paid * 184, 365))
    assert "Credit for the time you have not used" in explain(quote, "en")[-2]

    give_back(upgrade, later)

    statement = affiliate_statement(customer_id=referrer.pk, now=later)
    assert statement.available == (order.total.share(1000),)
    assert taken() == held

    give_back(order, later)

    statement = affiliate_statement(customer_id=referrer.pk, now=later)
    assert (statement.sales, statement.held, statement.available) == (0, (), ())
    assert taken() == {"total": 0, "customer": 0, "budget": 0}
    assert promised(order).total == order.total
