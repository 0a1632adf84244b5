"""Bought for somebody else: the buyer gets a code, and nothing of what it gives."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entitlements.errors import UnknownGift
from entitlements.models import GiftCode, Grant
from entitlements.selectors import has_entitlement
from entitlements.services import redeem_gift
from orders.access import access_of
from orders.errors import CannotRenew, NotAGift
from orders.gifts import Purpose
from orders.models import Order
from orders.quoting import Wish, buyer_facts, offer_for
from orders.services.paying import open_subscription
from orders.services.refunding import refund
from orders.ways import payment_ways
from shopbot.kernel.models import Event
from tests.catalog.factories import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def friend(make_customer):
    return make_customer()


@pytest.fixture
def given(place, pay):
    """Return the code of a paid gift of three months."""

    def make():
        order = pay(place(months=3, purpose=Purpose.GIFT))
        return GiftCode.objects.get(source=order.lines.get().source)

    return make


@pytest.fixture
def refunds(now):
    def act():
        order = Order.objects.get()
        refund(
            order_id=order.pk,
            amount=order.paid,
            reason="changed my mind",
            access="revoke",
            actor="staff:1",
            now=now,
        )

    return act


def test_a_paid_gift_is_a_code_and_grants_the_buyer_nothing(given, customer, tier, now):
    gift = given()

    assert (gift.giver_id, gift.tier_id, gift.months) == (customer.pk, tier.pk, 3)
    assert not Grant.objects.exists()
    assert Event.objects.get(kind="gift.created").customer_id == customer.pk


def test_who_redeems_it_has_what_was_bought(given, friend, customer, now):
    gift = given()

    redeem_gift(code=gift.code, customer_id=friend.pk, now=now)

    assert has_entitlement(friend.pk, "signals", now + timedelta(days=85))
    assert not has_entitlement(customer.pk, "signals", now)


def test_a_refund_withdraws_a_gift_that_nobody_has_redeemed(given, refunds, friend, now):
    gift = given()

    refunds()

    with pytest.raises(UnknownGift):
        redeem_gift(code=gift.code, customer_id=friend.pk, now=now)
    assert not Grant.objects.exists()


def test_a_refund_ends_what_a_redeemed_gift_gave(given, refunds, friend, now):
    redeem_gift(code=given().code, customer_id=friend.pk, now=now)

    refunds()

    assert not has_entitlement(friend.pk, "signals", now)


def test_what_a_redeemed_gift_gives_counts_as_its_orders_access(given, friend, now):
    gift = given()
    redeem_gift(code=gift.code, customer_id=friend.pk, now=now)

    (access,) = access_of(Order.objects.get().lines.all(), at=now)

    assert access.source == gift.grant_source


def test_time_the_giver_owns_makes_a_gift_no_cheaper(
    place, pay, make_tier, tier, customer, now
):
    pay(place())
    vip = make_tier(product=tier.product, level="vip", base_price_minor=5000)
    facts = buyer_facts(customer_id=customer.pk)

    own = offer_for(facts=facts, wish=Wish(tier_id=vip.pk, months=1), now=now)
    wish = Wish(tier_id=vip.pk, months=1, purpose=Purpose.GIFT)
    for_a_friend = offer_for(facts=facts, wish=wish, now=now)

    assert (own.quote.total_minor < 5000, for_a_friend.quote.total_minor) == (True, 5000)
    assert for_a_friend.credit == ()


def test_a_gift_does_not_renew(place, now):
    order = place(purpose=Purpose.GIFT)

    assert not any(way.may_renew for way in payment_ways(order))
    with pytest.raises(CannotRenew):
        open_subscription(order_id=order.pk, gateway="demo", now=now)
    assert not order.payments.exists()


def test_several_at_once_and_what_is_more_than_access_cannot_be_given(place, make_tier):
    several = make_tier(max_quantity=5)
    sent = make_tier(goods_type="physical")
    empty = make_product().tiers.get()

    for tier, quantity in ((several, 2), (sent, 1), (empty, 1)):
        with pytest.raises(NotAGift):
            place(tier=tier, quantity=quantity, purpose=Purpose.GIFT)
    assert not Order.objects.exists()
