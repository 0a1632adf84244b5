"""What Stripe lists as having happened, for what no webhook told."""

from datetime import timedelta

import pytest

from orders.fake_stripe import refunds
from orders.fake_stripe.clock import DAY
from orders.fake_stripe.deliveries import Mood
from orders.gateways.stripe_events import EVENTS
from tests.orders.fake_stripe.harness import START, CardShop


@pytest.fixture
def shop():
    return CardShop()


def everything(shop, *, since=START):
    found, cursor = [], ""
    for _ in range(50):
        page = shop.gateway.list_changes(since=since, cursor=cursor)
        found += page.notices
        cursor = page.cursor
        if not page.has_more:
            return found
    raise AssertionError("the pages never end")


def test_events_have_the_names_that_their_deliveries_had(shop):
    payment = shop.paid()
    shop.gateway.refund(shop.refund_of(payment, 100))
    delivered = {notice.event_id: notice for notice in shop.notices()}

    listed = {n.event_id: n for n in everything(shop) if n.event_id.startswith("evt_")}

    assert listed == delivered
    assert {notice.kind for notice in listed.values()} <= EVENTS.keys()


def test_finds_what_was_never_delivered(shop):
    shop.postman.mood = Mood.LOST
    payment = shop.paid()
    shop.gateway.refund(shop.refund_of(payment, 100))
    refunds.open_dispute(shop.world, payment.refs.charge_id)
    assert shop.deliveries() == []

    kinds = {notice.kind for notice in everything(shop)}

    assert {"checkout.session.completed", "refund.created", "charge.dispute.created"} <= kinds


def test_the_objects_themselves_are_listed_for_when_events_are_forgotten(shop):
    payment = shop.paid()
    shop.gateway.refund(shop.refund_of(payment, 100))
    refunds.open_dispute(shop.world, payment.refs.charge_id)
    shop.subscribed()
    for event in shop.world.every("event"):
        del shop.world.objects[event["id"]]

    found = everything(shop)

    kinds = [notice.kind for notice in found]
    assert sorted(kinds) == [
        "checkout.session.seen",
        "checkout.session.seen",
        "dispute.seen",
        "invoice.seen",
        "refund.seen",
    ]
    assert all(notice.refs.intent_id or notice.refs.external_id for notice in found)


def test_a_state_seen_once_has_the_same_name_and_a_new_state_another(shop):
    payment = shop.opened()
    first = [n.event_id for n in everything(shop)]
    again = [n.event_id for n in everything(shop)]
    shop.gateway.cancel(payment)

    later = [n.event_id for n in everything(shop) if n.kind == "checkout.session.seen"]

    assert first == again
    assert later != first


def test_pages_are_followed_to_the_end(shop):
    for at in range(103):
        shop.gateway.open(shop.payable(order_id=at))

    opened = [n for n in everything(shop) if n.kind == "checkout.session.seen"]

    assert sorted(notice.refs.order_id for notice in opened) == list(range(103))


def test_nothing_older_than_asked_for_is_listed(shop):
    shop.paid()
    shop.pass_days(1)

    assert everything(shop, since=START + timedelta(seconds=DAY)) == []


def test_within_a_page_the_oldest_comes_first(shop):
    shop.paid()
    shop.pass_days(0.01)
    shop.paid()

    page = shop.gateway.list_changes(since=START, cursor="")

    moments = [notice.occurred_at for notice in page.notices]
    assert moments == sorted(moments)
