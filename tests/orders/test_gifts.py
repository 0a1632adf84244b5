"""Bought for somebody else: the buyer gets a code, and nothing of what it gives."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entitlements.errors import UnknownGift
from entitlements.explain import explain
from entitlements.models import EntitlementType, GiftCode, Grant, TierGrant
from entitlements.selectors import has_entitlement, holdings
from entitlements.services import (
    NewGrant,
    accept_seat,
    cancel_gift,
    grant_all,
    invite_to_seat,
    redeem_gift,
    revoke_grant,
)
from orders.access import access_of, end_access
from orders.errors import CannotRenew, NotAGift
from orders.gifts import Purpose
from orders.models import Order
from orders.quoting import Wish, buyer_facts, offer_for
from orders.services.demo_paying import say_demo
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


@pytest.fixture
def dispute(now):
    def say(state):
        payment = Order.objects.get().payments.get()
        say_demo("demo.dispute", payment=payment, now=now, external_id="dp_1", state=state)

    return say


@pytest.mark.parametrize(("outcome", "is_held"), [("won", True), ("lost", False)])
def test_a_dispute_suspends_what_its_gift_gave_and_nothing_else_of_who_holds_it(
    given, friend, dispute, outcome, is_held, now
):
    redeem_gift(code=given().code, customer_id=friend.pk, now=now)
    other = EntitlementType.objects.create(code="club", name="Club")
    bought = NewGrant(type_id=other.pk, level="premium", source="order-line:9", months=1)
    grant_all(customer_id=friend.pk, grants=[bought], now=now, actor="test")

    dispute("open")

    assert not has_entitlement(friend.pk, "signals", now)
    assert explain(friend.pk, "signals", now).verdict == "blocked"
    assert {each.code: each.is_active for each in holdings(friend.pk, now)} == {
        "club": True,
        "signals": False,
    }
    assert explain(friend.pk, "club", now).verdict == "granted"
    assert has_entitlement(friend.pk, "club", now)

    dispute(outcome)

    assert has_entitlement(friend.pk, "signals", now) == is_held


def test_a_dispute_won_on_appeal_gives_the_gift_back_to_who_held_it(
    given, friend, customer, dispute, now
):
    gift = given()
    redeem_gift(code=gift.code, customer_id=friend.pk, now=now)
    dispute("lost")
    assert not has_entitlement(friend.pk, "signals", now)

    dispute("won")

    assert has_entitlement(friend.pk, "signals", now + timedelta(days=85))
    assert not has_entitlement(customer.pk, "signals", now)
    end_access(order=Order.objects.get(), reason="refund", actor="staff:1", now=now)
    assert not has_entitlement(friend.pk, "signals", now)


def test_a_dispute_won_on_appeal_lets_an_unopened_gift_be_opened(given, friend, dispute, now):
    gift = given()
    dispute("lost")
    with pytest.raises(UnknownGift):
        redeem_gift(code=gift.code, customer_id=friend.pk, now=now)

    dispute("won")
    redeem_gift(code=gift.code, customer_id=friend.pk, now=now)

    assert has_entitlement(friend.pk, "signals", now)
    assert Event.objects.filter(kind="gift.reopened").count() == 1


@pytest.mark.parametrize("staff_come", ["before the loss", "after the loss"])
def test_a_dispute_won_on_appeal_revives_no_gift_that_staff_withdrew(
    given, friend, dispute, staff_come, now
):
    gift = given()
    if staff_come == "after the loss":
        dispute("lost")
    assert cancel_gift(gift_id=gift.pk, actor="staff:1", now=now)
    dispute("lost")

    dispute("won")

    with pytest.raises(UnknownGift):
        redeem_gift(code=gift.code, customer_id=friend.pk, now=now)
    assert not Event.objects.filter(kind="gift.reopened").exists()


def test_a_dispute_won_on_appeal_gives_back_nothing_that_staff_revoked(
    given, friend, dispute, now
):
    redeem_gift(code=given().code, customer_id=friend.pk, now=now)
    revoke_grant(grant_id=Grant.objects.get().pk, reason="abuse", actor="staff:1", now=now)
    dispute("lost")

    dispute("won")

    assert not has_entitlement(friend.pk, "signals", now)
    assert Grant.objects.count() == 1


def test_who_holds_a_suspended_gift_may_give_their_own(
    given, place, pay, friend, dispute, customer, now
):
    redeem_gift(code=given().code, customer_id=friend.pk, now=now)
    dispute("open")

    order = pay(place(customer=friend, months=1, purpose=Purpose.GIFT))
    own = GiftCode.objects.get(source=order.lines.get().source)
    redeem_gift(code=own.code, customer_id=customer.pk, now=now)

    assert Grant.objects.filter(source=own.grant_source, customer=customer).exists()


def test_seats_of_a_suspended_gift_give_nothing(
    given, tier, signals, friend, make_customer, dispute, now
):
    TierGrant.objects.filter(tier=tier).update(seats=1)
    redeem_gift(code=given().code, customer_id=friend.pk, now=now)
    member = make_customer()
    link = invite_to_seat(owner_id=friend.pk, pool_id=friend.seat_pools.get().pk, now=now)
    accept_seat(code=link.code, customer_id=member.pk, now=now)

    dispute("open")

    assert not has_entitlement(member.pk, "signals", now)
    assert not explain(member.pk, "signals", now).has_access


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
