"""Running subscribers keep their price, or move with a price list at its date."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid5

import pytest
from django.db import connection

from orders.models import Order, Subscription
from orders.services.repricing import move_subscribers
from orders.services.subscribing import (
    cancel_subscription,
    preview_plan,
    resume_subscription,
)
from pricing.models import PriceVersion
from pricing.services.versions import publish
from shopbot.kernel import clock
from shopbot.kernel.models import Event
from tests.orders.faulty import Killed
from tests.orders.gateways.conftest import books, place_now

__all__ = ["books", "place_now"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscribed(books, place_now):
    """A customer renews the tier by card at 20.00 a month."""
    books.begin(place_now())
    books.deliver()
    return Subscription.objects.get()


@pytest.fixture
def new_list(tier):
    """Publish a list at 25.00, whose subscribers move at a moment or keep theirs."""

    def make(moves_at=None):
        fields = {"subscribers": "move", "moves_at": moves_at} if moves_at else {}
        version = PriceVersion.objects.create(name="Dearer", **fields)
        version.prices.create(tier=tier, currency="USD", amount_minor=2500)
        publish(version_id=version.pk, valid_from=None, actor="staff:1", now=clock.now())
        return version

    return make


def charged(books, days):
    """Return what was paid for each order once so many days have passed."""
    books.pass_days(days)
    books.deliver()
    return list(Order.objects.order_by("pk").values_list("paid_minor", flat=True))


def test_a_list_that_says_nothing_leaves_them_their_price(books, subscribed, new_list):
    new_list()

    assert move_subscribers(now=clock.now(), limit=100) == 0
    assert charged(books, 32) == [2000, 2000]


def test_from_the_date_on_the_next_renewal_charges_the_new_price(books, subscribed, new_list):
    version = new_list(moves_at=clock.now() + timedelta(days=10))

    early = move_subscribers(now=clock.now(), limit=100)
    moved = [
        move_subscribers(now=clock.now() + timedelta(days=11), limit=100) for _ in range(2)
    ]

    assert (early, moved) == (0, [1, 0])
    subscribed.refresh_from_db()
    assert subscribed.price_version_id == version.pk
    event = Event.objects.get(kind="subscription.price_moved")
    assert (event.data["before_minor"], event.data["price_minor"]) == (2000, 2500)
    assert charged(books, 32) == [2000, 2500]


def test_a_provider_that_cannot_change_a_price_leaves_it(books, subscribed, new_list):
    Subscription.objects.update(gateway="stars")
    new_list(moves_at=clock.now() + timedelta(days=1))

    assert move_subscribers(now=clock.now() + timedelta(days=2), limit=100) == 0
    assert not Event.objects.filter(kind="subscription.price_moved").exists()


def test_a_list_takes_those_along_again_who_stopped_and_resumed_on_the_day(
    books, subscribed, new_list, customer
):
    new_list(moves_at=clock.now() + timedelta(days=1))
    later = clock.now() + timedelta(days=2)
    who = {"subscription_id": subscribed.pk, "customer_id": customer.pk, "actor": "customer:1"}
    moved = []
    for _ in range(3):
        moved.append(move_subscribers(now=later, limit=100))
        books.deliver()
        cancel_subscription(**who, now=later)
        resume_subscription(**who, now=later)
    moved.append(move_subscribers(now=later, limit=100))

    assert moved == [1, 1, 1, 1]
    assert charged(books, 32) == [2000, 2500]


SCHEDULES = "POST /v1/subscription_schedules"


def die_before_writing(execute, sql, params, many, context):
    if sql.startswith(("INSERT", "UPDATE")):
        raise Killed
    return execute(sql, params, many, context)


def test_dying_with_the_providers_answer_in_hand_moves_them_once(books, subscribed, new_list):
    version = new_list(moves_at=clock.now() + timedelta(days=1))
    later = clock.now() + timedelta(days=2)
    with suppress(Killed), connection.execute_wrapper(die_before_writing):
        move_subscribers(now=later, limit=100)
    subscribed.refresh_from_db()
    assert (subscribed.price_version_id, len(books.sent(SCHEDULES))) == (None, 2)

    assert move_subscribers(now=later, limit=100) == 1

    subscribed.refresh_from_db()
    assert subscribed.price_version_id == version.pk
    assert len(books.sent(SCHEDULES)) == 2
    assert charged(books, 32) == [2000, 2500]


@pytest.mark.parametrize("at", [SCHEDULES, f"{SCHEDULES}/", "POST /v1/prices"])
def test_a_move_that_broke_off_goes_on_under_the_same_key(books, subscribed, new_list, at):
    version = new_list(moves_at=clock.now() + timedelta(days=1))
    later = clock.now() + timedelta(days=2)
    books.api.faults.ask(at, "timeout_after", times=3)
    assert move_subscribers(now=later, limit=100) == 0

    assert move_subscribers(now=later, limit=100) == 1

    keys = {headers["idempotency-key"] for headers in books.sent(SCHEDULES)}
    move = uuid5(subscribed.key, f"price-version:{version.pk}")
    (schedule,) = books.world.every("subscription_schedule")
    assert keys == {f"schedule-{move}", f"phases-{move}-{schedule['id']}"}
    assert charged(books, 32) == [2000, 2500]


class TestSeveralOfIt:
    @pytest.fixture
    def three(self, books, place_now, tier):
        """A customer renews three of the tier."""
        type(tier).objects.update(max_quantity=5)
        books.begin(place_now(quantity=3))
        books.deliver()
        return Subscription.objects.get()

    def test_move_to_a_new_list_at_its_price_for_all_of_them(self, books, three, new_list):
        new_list(moves_at=clock.now() + timedelta(days=1))

        move_subscribers(now=clock.now() + timedelta(days=2), limit=100)

        assert charged(books, 32) == [6000, 7500]

    def test_change_the_plan_of_all_of_them(self, three, make_tier, tier, customer):
        vip = make_tier(
            product=tier.product, level="vip", base_price_minor=5000, max_quantity=5
        )

        preview = preview_plan(
            subscription_id=three.pk, customer_id=customer.pk, tier_id=vip.pk, now=clock.now()
        )

        assert preview.renewal_price.minor == 15000
