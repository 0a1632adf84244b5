"""A gift is opened while its payment is disputed: beside the naive way, which loses."""

from __future__ import annotations

from threading import Barrier

import pytest

from entitlements.models import Block, GiftCode, Grant
from entitlements.selectors import has_entitlement
from entitlements.services import NewGrant, block, grant_all, redeem_gift
from orders.gifts import Purpose
from orders.models import Dispute
from orders.services.demo_paying import say_demo

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_dispute_against_opening_its_gift_leaves_no_access(
    place, pay, make_customer, race, now
):
    order = pay(place(months=3, purpose=Purpose.GIFT))
    gift, friend, payment = GiftCode.objects.get(), make_customer(), order.payments.get()

    race(
        lambda: redeem_gift(code=gift.code, customer_id=friend.pk, now=now),
        lambda: say_demo(
            "demo.dispute", payment=payment, now=now, external_id="dp_1", state="open"
        ),
    )

    assert Dispute.objects.get().status == "open"
    assert not has_entitlement(friend.pk, "signals", now)


def test_control_looking_for_the_other_before_writing_lets_a_disputed_gift_through(
    make_customer, tier, signals, race, now
):
    giver, friend, met = make_customer(), make_customer(), Barrier(2)

    def opens() -> None:
        is_held = Block.objects.exists()
        met.wait(timeout=10)
        if not is_held:
            new = NewGrant(type_id=signals.pk, level="premium", source="gift:1", months=1)
            grant_all(customer_id=friend.pk, grants=[new], now=now, actor="test")

    def disputes() -> None:
        is_opened = Grant.objects.exists()
        met.wait(timeout=10)
        for who in (giver, friend) if is_opened else (giver,):
            block(
                customer_id=who.pk, kind="dispute", source="dispute:1", reason="",
                actor="test", now=now,
            )  # fmt: skip

    race(opens, disputes)

    assert has_entitlement(friend.pk, "signals", now)
