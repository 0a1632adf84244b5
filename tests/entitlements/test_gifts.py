"""A gift is paid for by one customer and held by another."""

from datetime import timedelta

import pytest

from entitlements.errors import GiftIsHeld, GiftIsOver, GiftIsOwn, GiftIsUsed, UnknownGift
from entitlements.models import GiftCode, Grant
from entitlements.selectors import has_entitlement
from entitlements.services import (
    block,
    cancel_gift,
    create_gift,
    lift_source_blocks,
    redeem_gift,
    revoke_source,
)
from shopbot.kernel.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def giver(make_customer):
    return make_customer()


@pytest.fixture
def make_gift(make_tier, signals, giver, now):
    tier = make_tier((signals, "premium"))

    def make(**fields) -> GiftCode:
        fields = {
            "tier_id": tier.pk,
            "months": 3,
            "source": "order-line:1",
            "giver_id": giver.pk,
        } | fields
        return create_gift(**fields, actor="stripe", now=now)

    return make


def test_the_code_fits_a_deep_link(make_gift):
    gift = make_gift()

    assert len(gift.code) == 22
    assert gift.code.replace("-", "").replace("_", "").isalnum()


def test_who_opens_the_link_holds_it_from_that_moment(make_gift, customer, giver, now):
    gift = make_gift()
    later = now + timedelta(days=40)

    [row] = redeem_gift(code=gift.code, customer_id=customer.pk, now=later)

    assert (row.source, row.starts_at, row.months) == (f"gift:{gift.pk}", later, 3)
    assert not has_entitlement(giver.pk, "signals", later)
    kinds = Event.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["gift.created", "gift.redeemed", "grant.granted"]


def test_one_payment_makes_one_gift(make_gift):
    assert make_gift().pk == make_gift(months=12).pk

    assert GiftCode.objects.get().months == 3


def test_the_same_customer_may_open_the_link_again(make_gift, customer, now):
    gift = make_gift()
    first = redeem_gift(code=gift.code, customer_id=customer.pk, now=now)

    again = redeem_gift(code=gift.code, customer_id=customer.pk, now=now)

    assert [row.pk for row in again] == [row.pk for row in first]
    assert Grant.objects.count() == 1


def test_a_second_customer_is_refused(make_gift, customer, stranger, now):
    gift = make_gift()
    redeem_gift(code=gift.code, customer_id=customer.pk, now=now)

    with pytest.raises(GiftIsUsed):
        redeem_gift(code=gift.code, customer_id=stranger.pk, now=now)

    assert Grant.objects.get().customer == customer


def test_the_giver_is_refused(make_gift, giver, now):
    gift = make_gift()

    with pytest.raises(GiftIsOwn):
        redeem_gift(code=gift.code, customer_id=giver.pk, now=now)

    assert not Grant.objects.exists()


def test_a_late_or_unknown_code_is_refused(make_gift, customer, now):
    gift = make_gift(expires_at=now + timedelta(days=1))

    with pytest.raises(GiftIsOver):
        redeem_gift(code=gift.code, customer_id=customer.pk, now=now + timedelta(days=1))
    with pytest.raises(UnknownGift):
        redeem_gift(code="nothing", customer_id=customer.pk, now=now)

    gift.refresh_from_db()
    assert gift.redeemed_by is None


def test_a_gift_waits_while_whoever_paid_for_it_is_blocked(make_gift, customer, giver, now):
    gift = make_gift()
    block(
        customer_id=giver.pk, kind="dispute", source="dispute:1", reason="", actor="stripe",
        now=now,
    )  # fmt: skip

    with pytest.raises(GiftIsHeld):
        redeem_gift(code=gift.code, customer_id=customer.pk, now=now)
    assert not Grant.objects.exists()

    lift_source_blocks(source="dispute:1", reason="won", actor="stripe", now=now)
    redeem_gift(code=gift.code, customer_id=customer.pk, now=now)
    assert has_entitlement(customer.pk, "signals", now)


def test_a_refund_withdraws_a_gift_that_nobody_opened(make_gift, customer, now):
    gift = make_gift()

    revoke_source(source="order-line:1", reason="refund", actor="staff:1", now=now)

    with pytest.raises(UnknownGift):
        redeem_gift(code=gift.code, customer_id=customer.pk, now=now)
    assert not Grant.objects.exists()


def test_a_refund_revokes_a_gift_that_was_opened(make_gift, customer, now):
    gift = make_gift()
    redeem_gift(code=gift.code, customer_id=customer.pk, now=now)

    ended = revoke_source(source="order-line:1", reason="refund", actor="staff:1", now=now)

    assert ended == 1
    assert not has_entitlement(customer.pk, "signals", now)
    gift.refresh_from_db()
    assert (gift.redeemed_by, gift.cancelled_at) == (customer, None)


def test_staff_withdraw_an_unopened_gift_once(make_gift, customer, now):
    gift = make_gift()

    assert cancel_gift(gift_id=gift.pk, actor="staff:1", now=now) is True
    assert cancel_gift(gift_id=gift.pk, actor="staff:1", now=now) is False

    with pytest.raises(UnknownGift):
        redeem_gift(code=gift.code, customer_id=customer.pk, now=now)
