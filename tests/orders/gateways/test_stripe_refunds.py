"""Money that goes back through Stripe, by our will or by the bank's."""

from dataclasses import replace
from uuid import UUID

import pytest

from orders.fake_stripe import refunds
from orders.fake_stripe.cards import Behavior
from orders.gateways.protocol import (
    DisputeStatus,
    GatewayError,
    PaymentStatus,
    RefundStatus,
)
from orders.gateways.stripe_reading import dispute_state
from shopbot.kernel.money import Money
from tests.orders.fake_stripe.harness import CardShop

KEY = UUID("11111111-2222-3333-4444-555555555555")


@pytest.fixture
def shop():
    return CardShop()


def made_refunds(shop):
    return shop.world.every("refund")


def test_gives_part_of_the_money_back_and_names_our_refund(shop):
    payment = shop.paid()

    refund = shop.gateway.refund(shop.refund_of(payment, 5000, key=KEY))

    assert refund.status is RefundStatus.SUCCEEDED
    assert (refund.amount, refund.key) == (Money(5000, "USD"), str(KEY))
    assert made_refunds(shop)[0]["metadata"]["reason"] == "changed their mind"
    assert made_refunds(shop)[0]["reason"] == "requested_by_customer"


def test_a_reason_of_stripes_own_is_said_in_its_word(shop):
    payment = shop.paid()

    shop.gateway.refund(replace(shop.refund_of(payment, 5000), reason="duplicate"))

    assert made_refunds(shop)[0]["reason"] == "duplicate"


def test_the_payment_lists_every_refund_oldest_first_and_stays_paid(shop):
    payment = shop.paid()
    first = shop.gateway.refund(shop.refund_of(payment, 5000))
    second = shop.gateway.refund(shop.refund_of(payment, 12280))

    state = shop.gateway.fetch(payment)

    assert state.refunds == (first, second)
    assert (state.status, state.paid) == (PaymentStatus.PAID, Money(17280, "USD"))


def test_a_repeat_with_the_same_key_gives_nothing_more_back(shop):
    payment = shop.paid()
    request = shop.refund_of(payment, 5000)

    assert shop.gateway.refund(request) == shop.gateway.refund(request)
    assert len(made_refunds(shop)) == 1


def test_a_repeat_after_stripe_forgot_the_key_gives_nothing_more_back(shop):
    payment = shop.paid()
    request = shop.refund_of(payment, 5000)
    first = shop.gateway.refund(request)
    shop.world.replays.clear()

    assert shop.gateway.refund(request) == first
    assert len(made_refunds(shop)) == 1


def test_control_without_looking_first_a_forgotten_key_refunds_twice(shop):
    payment = shop.paid()
    params = {"payment_intent": payment.refs.intent_id, "amount": 5000}
    shop.gateway.client.v1.refunds.create(params, {"idempotency_key": "refund-x"})
    shop.world.replays.clear()

    shop.gateway.client.v1.refunds.create(params, {"idempotency_key": "refund-x"})

    assert len(made_refunds(shop)) == 2


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "500", "409"])
def test_a_refund_whose_answer_was_lost_is_made_once(shop, fault):
    payment = shop.paid()
    shop.api.faults.ask("POST /v1/refunds", fault)

    shop.gateway.refund(shop.refund_of(payment, 5000))

    assert [refund["amount"] for refund in made_refunds(shop)] == [5000]


def test_a_refund_that_failed_for_now_succeeds_later_with_the_same_key(shop):
    payment = shop.paid()
    request = shop.refund_of(payment, 5000)
    shop.api.faults.ask("POST /v1/refunds", "timeout_after", times=3)
    with pytest.raises(GatewayError) as caught:
        shop.gateway.refund(request)

    refund = shop.gateway.refund(request)

    assert caught.value.permanent is False
    assert refund.amount == Money(5000, "USD")
    assert len(made_refunds(shop)) == 1


def test_more_than_is_left_is_refused_for_good_and_nothing_moves(shop):
    payment = shop.paid()
    shop.gateway.refund(shop.refund_of(payment, 5000))

    with pytest.raises(GatewayError, match=r"\(\$122.81\) is greater than unref") as caught:
        shop.gateway.refund(shop.refund_of(payment, 12281))

    assert caught.value.permanent is True
    assert [refund["amount"] for refund in made_refunds(shop)] == [5000]


def test_a_second_full_refund_is_refused_for_good(shop):
    payment = shop.paid()
    shop.gateway.refund(shop.refund_of(payment, 17280))

    with pytest.raises(GatewayError, match="already been refunded") as caught:
        shop.gateway.refund(shop.refund_of(payment, 17280))

    assert caught.value.permanent is True
    assert len(made_refunds(shop)) == 1


def test_nothing_can_go_back_from_a_payment_that_brought_nothing(shop):
    with pytest.raises(GatewayError, match="nothing was paid"):
        shop.gateway.refund(shop.refund_of(shop.opened(), 100))

    assert made_refunds(shop) == []


def test_the_intent_is_looked_up_when_we_do_not_know_it_yet(shop):
    payment = shop.paid()
    bare = replace(payment, refs=replace(payment.refs, intent_id="", charge_id=""))

    shop.gateway.refund(shop.refund_of(bare, 5000))

    assert len(made_refunds(shop)) == 1


def test_a_refund_that_takes_days_is_pending_and_then_done(shop):
    payment = shop.paid(Behavior.DELAYED)
    shop.pass_days(4)
    payment = replace(payment, refs=shop.gateway.fetch(payment).refs)

    pending = shop.gateway.refund(shop.refund_of(payment, 5000))
    shop.pass_days(2)

    assert pending.status is RefundStatus.PENDING
    assert shop.gateway.fetch(payment).refunds[0].status is RefundStatus.SUCCEEDED


def test_a_refund_that_the_bank_sent_back_is_failed_with_its_reason(shop):
    payment = shop.paid()
    made = shop.gateway.refund(shop.refund_of(payment, 5000))
    refunds.fail_refund(shop.world, made.external_id, "lost_or_stolen_card")

    (refund,) = shop.gateway.fetch(payment).refunds

    assert (refund.status, refund.failure) == (RefundStatus.FAILED, "lost_or_stolen_card")


def test_a_refund_made_in_the_dashboard_is_seen_without_a_key_of_ours(shop):
    payment = shop.paid()
    refunds.create_refund(shop.world, {"charge": payment.refs.charge_id, "amount": 700})

    (refund,) = shop.gateway.fetch(payment).refunds

    assert (refund.amount, refund.key) == (Money(700, "USD"), "")


@pytest.mark.parametrize(
    ("moves", "status"),
    [
        ([], DisputeStatus.OPEN),
        (["under_review"], DisputeStatus.OPEN),
        (["under_review", "won"], DisputeStatus.WON),
        (["under_review", "lost"], DisputeStatus.LOST),
        (["appeal_needs_response"], DisputeStatus.OPEN),
        (["some_word_of_2030"], DisputeStatus.OPEN),
        (["prevented"], DisputeStatus.LOST),
    ],
)
def test_a_dispute_is_followed_to_its_end(shop, moves, status):
    payment = shop.paid()
    opened = refunds.open_dispute(shop.world, payment.refs.charge_id, amount=8000)
    for word in moves:
        refunds.move_dispute(shop.world, opened["id"], word)

    (dispute,) = shop.gateway.fetch(payment).disputes

    assert dispute.status is status
    assert (dispute.amount, dispute.reason) == (Money(8000, "USD"), "fraudulent")
    assert dispute.evidence_due_at is not None


@pytest.mark.parametrize(
    ("moves", "status"),
    [
        ([], DisputeStatus.WARNING),
        (["warning_under_review"], DisputeStatus.WARNING),
        (["warning_closed"], DisputeStatus.WON),
        (["needs_response"], DisputeStatus.OPEN),
        (["prevented"], DisputeStatus.WON),
    ],
)
def test_an_inquiry_moves_no_money_until_it_becomes_a_dispute(shop, moves, status):
    payment = shop.paid()
    opened = refunds.open_dispute(shop.world, payment.refs.charge_id, is_inquiry=True)
    for word in moves:
        refunds.move_dispute(shop.world, opened["id"], word)

    (dispute,) = shop.gateway.fetch(payment).disputes

    assert dispute.status is status


def test_a_disputed_charge_cannot_be_refunded(shop):
    payment = shop.paid()
    refunds.open_dispute(shop.world, payment.refs.charge_id)

    with pytest.raises(GatewayError, match="charged back") as caught:
        shop.gateway.refund(shop.refund_of(payment, 100))

    assert caught.value.permanent is True
    assert made_refunds(shop) == []


def test_reading_a_dispute_needs_no_deadline(shop):
    payment = shop.paid()
    opened = refunds.open_dispute(shop.world, payment.refs.charge_id)
    opened["evidence_details"]["due_by"] = None

    listed = shop.gateway.client.v1.disputes.list({"charge": payment.refs.charge_id})

    assert dispute_state(listed.data[0]).evidence_due_at is None
