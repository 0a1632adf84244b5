"""Nobody ever sees two prices: whichever way a customer comes to an offer under test."""

from __future__ import annotations

import re

import pytest

from catalog.models import ProductTier
from customers.models import Customer
from customers.services import confirm_region
from orders.models import Order
from orders.quoting import Wish, buyer_facts, offer_for, quote_for_customer
from orders.services.closing import cancel_order
from pricing.engine.replay import inputs_of, replay
from pricing.models import Experiment, Exposure, LimitCounter, PriceVersion, VersionPrice
from pricing.services.experiments import start_experiment, stop_experiment
from pricing.services.versions import publish
from tests.pricing.rows import make_promotion

pytestmark = pytest.mark.django_db

#: Both arms differ from the list price of 20.00, so that the list price shows at once.
SHOWN = {"A": "$18.00", "B": "$22.00"}


@pytest.fixture
def tested(test_begins):
    return test_begins()


@pytest.fixture
def test_begins(shop, now):
    """Begin to test the price of the premium tier."""

    def begin() -> Experiment:
        return _begin(shop.tiers["premium"], now)

    return begin


def _begin(tier, now):
    row = Experiment.objects.create(name="Premium", tier=tier)
    row.arms.create(name="A", factor_bps=9_000)
    row.arms.create(name="B", factor_bps=11_000)
    start_experiment(experiment_id=row.pk, actor="staff:1", now=now)
    return row


@pytest.fixture
def prices_on(ann):
    """Go one way to the offer and return what a month of it costs, wherever that is said."""

    def look(way: str) -> set[str]:
        ways = {
            "shop": ["/shop", "Trading", "Signals"],
            "link": ["/start p_signals"],
            "months": ["/shop", "Trading", "Signals", "Premium"],
            "price": ["/shop", "Trading", "Signals", "Premium", "1 month"],
        }
        first, *labels = ways[way]
        ann.types(first)
        for label in labels:
            ann.presses(label)
        said = [ann.text] if way == "price" else []
        said += [each for each in ann.labels() if re.match(r"Premium|1 month ", each)]
        return {price for text in said for price in re.findall(r"\$\d+\.\d\d", text)}

    return look


def arm_of_ann() -> str:
    return Exposure.objects.get().arm.name


@pytest.mark.parametrize("first_way", ["shop", "link", "months", "price"])
def test_every_way_to_an_offer_shows_the_price_of_the_arm(tested, prices_on, first_way):
    seen = prices_on(first_way)

    price = SHOWN[arm_of_ann()]
    assert seen == {price}
    for way in ("shop", "link", "months", "price"):
        assert prices_on(way) == {price}
    assert Exposure.objects.count() == 1


def test_a_promotion_that_is_used_up_lowers_no_price_on_the_way_to_the_order(shop, prices_on):
    half = make_promotion(percent_bps=5000, limits={"total": 1})
    before = {way: prices_on(way) for way in ("months", "price")}

    LimitCounter.objects.create(limit=half.limits.get(), taken=1)

    assert before == {"months": {"$10.00"}, "price": {"$10.00"}}
    assert {way: prices_on(way) for way in before} == {way: {"$20.00"} for way in before}


def test_what_is_bought_beside_a_first_purchase_that_waits_is_shown_at_its_own_price(
    shop, ann, orders, prices_on, now
):
    make_promotion(percent_bps=5000, first_purchase_only=True)
    first = orders(ann)

    beside = {way: prices_on(way) for way in ("months", "price")}
    ann.presses("Buy for $20.00")

    assert beside == {"months": {"$20.00"}, "price": {"$20.00"}}
    second = Order.objects.exclude(pk=first.pk).get()
    assert (first.total_minor, second.total_minor) == (1000, 2000)
    cancel_order(order_id=first.pk, actor="staff:1", now=now)
    assert {way: prices_on(way) for way in beside} == {way: {"$10.00"} for way in beside}


def test_a_first_purchase_keeps_its_price_when_it_is_paid_another_way(shop, ann, orders):
    make_promotion(percent_bps=5000, first_purchase_only=True)
    orders(ann)

    asked = ann.presses("Stars")

    assert "⭐ 770 instead of $10.00" in asked
    ann.presses("Pay ⭐")
    assert Order.objects.order_by("-pk")[0].total_minor == 770


def test_a_price_seen_on_the_products_page_is_kept_when_the_test_stops(tested, prices_on, now):
    [price] = prices_on("shop")
    stop_experiment(experiment_id=tested.pk, reason="won", actor="staff:1", now=now)

    assert {way: prices_on(way) for way in ("shop", "months", "price")} == {
        way: {price} for way in ("shop", "months", "price")
    }


def test_a_test_that_begins_at_the_checkout_shows_no_price_that_it_does_not_keep(
    shop, ann, settle_region, prices_on, test_begins, now
):
    settle_region(ann)
    prices_on("price")
    tested = test_begins()

    said = ann.presses("Buy for $20.00")

    price = SHOWN[arm_of_ann()]
    assert "The price has changed since you saw it." in said
    assert price in said
    stop_experiment(experiment_id=tested.pk, reason="won", actor="staff:1", now=now)
    ann.presses(f"Buy for {price}")
    assert Order.objects.get().total_minor == int(price[1:3]) * 100


def test_chat_and_program_say_the_same_in_every_currency(tested, shop, prices_on, now):
    [price] = prices_on("shop")
    customer = Customer.objects.get()
    tier = shop.tiers["premium"].pk

    by_program = quote_for_customer(customer_id=customer.pk, tier_id=tier, months=1, now=now)
    in_stars = quote_for_customer(
        customer_id=customer.pk, tier_id=tier, months=1, currency="XTR", now=now
    )

    assert f"${by_program.total.minor / 100:.2f}" == price
    assert in_stars.experiment == by_program.experiment
    ProductTier.objects.filter(pk=tier).update(max_quantity=5)
    for quantity in (1, 2, 5):
        several = offer_for(
            facts=buyer_facts(customer_id=customer.pk),
            wish=Wish(tier_id=tier, months=1, quantity=quantity),
            now=now,
        ).quote
        assert (several.unit, several.experiment) == (by_program.unit, by_program.experiment)


def test_another_language_or_region_changes_no_arm(tested, ann, shop, prices_on, now):
    [price] = prices_on("shop")
    arm = arm_of_ann()
    customer = Customer.objects.get()
    Customer.objects.update(language="de")
    tier = shop.tiers["premium"].pk
    german = quote_for_customer(customer_id=customer.pk, tier_id=tier, months=1, now=now)
    confirm_region(customer_id=customer.pk, region="EU", now=now)

    european = quote_for_customer(customer_id=customer.pk, tier_id=tier, months=1, now=now)

    assert f"${german.total.minor / 100:.2f}" == price
    assert (european.experiment.name, arm_of_ann()) == (arm, arm)


def test_a_winner_rolled_out_is_no_second_discount_and_no_rise_for_who_saw_the_test(
    tested, prices_on, shop, now
):
    [price] = prices_on("shop")
    stop_experiment(experiment_id=tested.pk, reason="A won", actor="staff:1", now=now)

    roll_out(shop.tiers["premium"], 1800, now)

    # Who saw 18.00 pays that, not 90 % of it; who saw 22.00 pays what everybody pays now.
    assert price in SHOWN.values()
    assert prices_on("price") == {"$18.00"}
    kept = quote_for_customer(
        customer_id=Customer.objects.get().pk,
        tier_id=shop.tiers["premium"].pk,
        months=3,
        now=now,
    )
    assert replay(inputs_of(kept)).as_json() == kept.as_json()


def test_a_dearer_list_leaves_who_saw_the_test_on_its_price(tested, prices_on, shop, now):
    [price] = prices_on("shop")
    stop_experiment(experiment_id=tested.pk, reason="B won", actor="staff:1", now=now)

    roll_out(shop.tiers["premium"], 3000, now)

    assert prices_on("price") == {price}


@pytest.fixture
def drafted_before(shop):
    """A test with a lower number than the one that runs."""
    row = Experiment.objects.create(name="Drafted first", tier=shop.tiers["premium"])
    for name, factor in (("C", 5_000), ("D", 6_000)):
        row.arms.create(name=name, factor_bps=factor)
    return row


def test_a_later_test_waits_for_who_still_has_the_price_of_an_earlier_one(
    drafted_before, tested, prices_on, now
):
    [price] = prices_on("shop")
    stop_experiment(experiment_id=tested.pk, reason="done", actor="staff:1", now=now)

    start_experiment(experiment_id=drafted_before.pk, actor="staff:1", now=now)

    assert prices_on("price") == {price}
    assert Exposure.objects.get().experiment == tested


def roll_out(tier, price_minor, now):
    """Publish a list with another price of the tier."""
    version = PriceVersion.objects.create(name="Rolled out")
    VersionPrice.objects.create(
        version=version, tier=tier, currency=tier.currency, amount_minor=price_minor
    )
    publish(version_id=version.pk, valid_from=None, actor="staff:1", now=now)
