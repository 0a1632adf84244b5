"""An order in the stead of one that waits: both change, or neither does."""

from __future__ import annotations

from contextlib import suppress

import pytest

from catalog.models import Product, TierStock
from orders.errors import AlreadyPaid, NotByGiftCard, PriceChanged
from orders.models import Order, Receipt
from orders.quoting import Funds, Wish, buyer_facts, offer_for
from orders.services.replacing import replace_order
from pricing.errors import PromoRefused
from pricing.models import Experiment, Exposure, PromoCode, Reservation
from pricing.services.experiments import start_experiment
from pricing.services.gift_cards import issue_gift_cards, redeem_gift_card
from shopbot.kernel.models import Event
from shopbot.kernel.money import Money
from tests.orders.dying import Death
from tests.orders.faulty import Killed
from tests.pricing.rows import make_code, make_promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def replace(customer, now):
    """Order in the stead of another: by default what it ordered, in Stars, as shown now."""

    def make(order, *, fingerprint=None, **changes):
        line = order.lines.get()
        wish = Wish(
            **{
                "tier_id": line.tier_id,
                "months": line.months or 1,
                "currency": "XTR",
                "instead_of": order.pk,
                **changes,
            }
        )
        if fingerprint is None:
            facts = buyer_facts(customer_id=customer.pk)
            fingerprint = offer_for(facts=facts, wish=wish, now=now).quote.fingerprint
        return replace_order(
            order_id=order.pk,
            wish=wish,
            expected_fingerprint=fingerprint,
            placement_key="tap-anew",
            actor=f"customer:{customer.pk}",
            now=now,
        )

    return make


@pytest.fixture
def half_once():
    return make_promotion(percent_bps=5000, limits={"customer": 1})


def state(order):
    """Return all that a refusal must leave alone."""
    order.refresh_from_db()
    reservations = Reservation.objects.filter(holder=order.holder)
    return (
        order.status,
        order.closed_at,
        list(order.payments.values_list("status", flat=True)),
        list(reservations.values_list("status", "amount")),
        Order.objects.count(),
        Event.objects.filter(kind="order.cancelled").count(),
    )


def test_what_the_first_order_holds_becomes_the_seconds(place, replace, half_once):
    first = place()

    second = replace(first)

    assert (second.currency, second.total_minor) == ("XTR", 770)
    first.refresh_from_db()
    assert first.status == "cancelled"
    assert list(Reservation.objects.order_by("pk").values_list("holder", "status")) == [
        (first.holder, "released"),
        (second.holder, "reserved"),
    ]


def test_once_replaced_it_is_replaced_by_the_same_order_again(place, replace, half_once):
    first = place()
    second = replace(first)

    again = replace(first, fingerprint="whatever")

    assert again == second
    assert Order.objects.count() == 2


@pytest.mark.parametrize("seam", [1, 2, 3])
def test_the_next_tap_goes_on_wherever_the_process_died(
    place, replace, open_demo, half_once, seam
):
    """After each of its commits: the open payment is closed, the orders are exchanged."""
    first = place()
    open_demo(first)
    with suppress(Killed), Death(at=seam) as death:
        replace(first)

    second = replace(first)

    first.refresh_from_db()
    assert death.came
    assert (first.status, second.status, second.total_minor) == ("cancelled", "pending", 770)
    assert list(first.payments.values_list("status", flat=True)) == ["cancelled"]
    reserved = Reservation.objects.get(status="reserved")
    assert (reserved.holder, Order.objects.count()) == (second.holder, 2)


def test_a_changed_price_leaves_order_and_open_payment_as_they_were(
    place, replace, open_demo, half_once
):
    first = place()
    open_demo(first)
    before = state(first)

    with pytest.raises(PriceChanged):
        replace(first, fingerprint="other")

    assert state(first) == before
    assert before[:4] == ("pending", None, ["open"], [("reserved", 1)])


def test_a_code_that_ended_meanwhile_leaves_the_order_as_it_was(place, replace):
    code = make_code(limits={"total": 1})
    first = place(promo_code=code.code)
    before = state(first)
    PromoCode.objects.update(is_active=False)

    with pytest.raises(PromoRefused):
        replace(first, fingerprint="any", promo_code=code.code)

    assert state(first) == before


def test_what_placing_refuses_leaves_order_and_open_payment_as_they_were(
    place, replace, open_demo, make_tier, customer, now, half_once
):
    (card,) = issue_gift_cards(amount=Money(500, "USD"), count=1, actor="staff:1", now=now)
    redeem_gift_card(code=card.code, customer_id=customer.pk, now=now)
    parcel = make_tier(goods_type=Product.GoodsType.PHYSICAL, billing_period="once")
    first = place(tier=parcel)
    open_demo(first)
    before = state(first)

    with pytest.raises(NotByGiftCard):
        replace(first, currency="USD", funds=Funds.GIFT_CARDS_FIRST)

    assert state(first) == before
    assert before[2:4] == (["open"], [("reserved", 1)])


def test_a_paid_order_is_not_replaced(buy, replace, tier):
    paid = buy()

    with pytest.raises(AlreadyPaid):
        replace(paid, fingerprint="any")

    assert Order.objects.get().status == "fulfilled"


def test_the_last_piece_goes_on_to_the_second_order(place, replace, make_tier):
    scarce = make_tier(stock=1)
    first = place(tier=scarce)

    assert replace(first).status == "pending"
    assert TierStock.objects.get(tier=scarce).available == 0


def test_a_refusal_keeps_the_price_of_a_test_that_it_shows(place, replace, tier, now):
    first = place()
    test = Experiment.objects.create(name="Premium", tier=tier)
    test.arms.create(name="A", factor_bps=9_000)
    test.arms.create(name="B", factor_bps=11_000)
    start_experiment(experiment_id=test.pk, actor="staff:1", now=now)

    with pytest.raises(PriceChanged) as refused:
        replace(first, fingerprint="shown before the test")

    assert Exposure.objects.get().arm_id == refused.value.quote.experiment.arm_id


def test_an_order_that_cards_pay_wholly_is_settled_once_though_rehearsed(
    place, replace, open_demo, customer, now
):
    (card,) = issue_gift_cards(amount=Money(9_000, "USD"), count=1, actor="staff:1", now=now)
    redeem_gift_card(code=card.code, customer_id=customer.pk, now=now)
    first = place()
    open_demo(first)

    second = replace(first, currency="USD", funds=Funds.GIFT_CARDS_FIRST)

    assert (second.status, second.card_minor) == ("fulfilled", 2000)
    first.refresh_from_db()
    assert (first.status, first.payments.get().status) == ("cancelled", "cancelled")
    told = Event.objects.filter(kind__in=["order.cancelled", "order.paid"]).order_by("pk")
    assert list(told.values_list("kind", flat=True)) == ["order.cancelled", "order.paid"]
    card.refresh_from_db()
    assert card.balance_minor == 7_000
    assert sorted(card.entries.values_list("kind", "amount_minor")) == [
        ("issued", 9_000),
        ("spent", -2_000),
    ]
    assert Receipt.objects.get().number.endswith("1")
