"""Opening a Stripe checkout, and asking how its payment stands."""

import socket
import time
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from orders.fake_stripe import sessions
from orders.fake_stripe.cards import Behavior
from orders.gateways import stripe_client
from orders.gateways.protocol import GatewayError, PaymentStatus, Refs
from orders.gateways.stripe import StripeGateway
from shopbot.kernel.money import Money
from tests.orders.fake_stripe.harness import CardShop

KEY = UUID("11111111-2222-3333-4444-555555555555")


@pytest.fixture
def shop():
    return CardShop()


def session_of(shop, payment):
    return shop.world.objects[payment.refs.external_id]


def test_asks_for_the_amount_and_says_whose_payment_it_is(shop):
    order = shop.payable(payment_key=KEY)

    link = shop.gateway.open(order)

    session = shop.world.objects[link.external_id]
    assert (session["amount_total"], session["currency"]) == (17280, "usd")
    assert session["client_reference_id"] == str(KEY)
    assert session["metadata"] == {
        "shopbot_payment": str(KEY),
        "shopbot_order": "17",
        "number": "2027-000017",
    }
    assert session["locale"] == "de"
    assert session["adaptive_pricing"] == {"enabled": False}
    assert link.url == session["url"]


def test_the_money_itself_carries_our_names_so_that_refunds_can_be_mapped(shop):
    payment = shop.paid(payment_key=KEY)

    names = {"shopbot_payment": str(KEY), "shopbot_order": "17"}
    assert shop.world.objects[payment.refs.intent_id]["metadata"] == names
    assert shop.world.objects[payment.refs.charge_id]["metadata"] == names


def test_every_writing_request_has_a_key_derived_from_our_rows(shop):
    payment = shop.paid(payment_key=KEY)
    shop.gateway.refund(shop.refund_of(payment, 100, key=KEY))

    keys = [headers.get("idempotency-key") for headers in shop.sent("POST /v1/")]
    assert keys == ["customer-5", f"session-{KEY}", f"refund-{KEY}"]


def test_pins_the_api_version_and_repeats_a_failed_request_twice(shop):
    shop.api.faults.ask("POST /v1/checkout/sessions", "500", times=2)

    shop.opened()

    sent = shop.sent("POST /v1/checkout/sessions")
    assert len(sent) == 3
    assert {headers["stripe-version"] for headers in sent} == {"2026-10-28.endive"}
    assert len({headers["idempotency-key"] for headers in sent}) == 1


def test_a_stripe_that_says_nothing_is_given_up_and_may_be_asked_again(shop, monkeypatch):
    monkeypatch.setattr(stripe_client, "TIMEOUT", (0.2, 0.2))
    monkeypatch.setattr(stripe_client, "RETRIES", 0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        gateway = StripeGateway(api_key="sk_test_shop", webhook_secrets=("x",), api_url=url)
        began = time.monotonic()

        with pytest.raises(GatewayError) as refused:
            gateway.open(shop.payable())

    assert not refused.value.permanent
    assert time.monotonic() - began < 5


def test_opening_twice_opens_one_session(shop):
    order = shop.payable()

    first, second = shop.gateway.open(order), shop.gateway.open(order)

    assert first == second
    assert len(shop.world.every("checkout.session")) == 1


def test_opening_again_later_finds_the_session_though_its_expiry_would_differ(shop):
    order = shop.payable()
    first = shop.gateway.open(order)
    shop.pass_days(10 / 1440)

    second = shop.gateway.open(replace(order, provider_customer_id=first.refs.customer_id))

    assert second.external_id == first.external_id
    assert len(shop.world.every("checkout.session")) == 1


def test_an_answer_that_was_lost_opens_no_second_session(shop):
    shop.api.faults.ask("POST /v1/checkout/sessions", "timeout_after")

    shop.opened()

    assert len(shop.world.every("checkout.session")) == 1


def test_a_customer_is_created_once_and_used_again(shop):
    first = shop.paid()
    shop.paid(provider_customer_id=first.refs.customer_id)
    shop.paid()

    customers = shop.world.every("customer")
    assert [customer["id"] for customer in customers] == [first.refs.customer_id]
    assert customers[0]["metadata"] == {"shopbot_customer": "5", "telegram_id": "4242"}


def test_a_customer_whom_stripe_does_not_know_any_more_is_created_anew(shop):
    order = shop.payable(provider_customer_id="cus_of_another_account")

    link = shop.gateway.open(order)
    again = shop.gateway.open(order)

    assert again == link
    assert [c["id"] for c in shop.world.every("customer")] == [link.refs.customer_id]


@pytest.mark.parametrize(
    ("wanted_minutes", "given_minutes"), [(5, 31), (30, 31), (45, 45), (60 * 48, 1439)]
)
def test_the_page_closes_with_the_order_within_the_bounds_of_stripe(
    shop, wanted_minutes, given_minutes
):
    order = shop.payable(expires_at=shop.now() + timedelta(minutes=wanted_minutes))

    link = shop.gateway.open(order)

    assert link.expires_at == shop.now() + timedelta(minutes=given_minutes)


def test_an_unpaid_session_is_open_and_brings_no_money(shop):
    state = shop.gateway.fetch(shop.opened())

    assert state.status is PaymentStatus.OPEN
    assert (state.paid, state.paid_at, state.charge_id) == (None, None, "")


def test_a_paid_session_brings_amount_moment_charge_and_fee(shop):
    payment = shop.paid()

    state = shop.gateway.fetch(payment)

    assert state.status is PaymentStatus.PAID
    assert state.paid == Money(17280, "USD")
    assert state.paid_at == shop.now()
    assert state.charge_id == state.refs.charge_id
    assert state.charge_id.startswith("ch_")
    assert state.fee == Money(531, "USD")
    assert (state.refunds, state.disputes, state.subscription) == ((), (), None)


def test_a_payment_is_found_by_its_key_when_the_answer_to_opening_was_never_read(shop):
    order = shop.payable()
    link = shop.gateway.open(order)
    shop.pay(link)

    state = shop.gateway.fetch(shop.reference(order, None))

    assert state.status is PaymentStatus.PAID
    assert state.refs.external_id == link.external_id


def test_a_payment_is_found_by_the_intent_that_a_dispute_names(shop):
    payment = shop.paid()
    only_intent = replace(payment, refs=Refs(intent_id=payment.refs.intent_id))

    assert shop.gateway.fetch(only_intent) == shop.gateway.fetch(payment)


@pytest.mark.parametrize(
    ("status", "meant"),
    [
        ("succeeded", PaymentStatus.PAID),
        ("processing", PaymentStatus.PROCESSING),
        ("canceled", PaymentStatus.CANCELLED),
        ("some_word_of_2030", PaymentStatus.OPEN),
    ],
)
def test_an_intent_without_session_speaks_for_itself(shop, status, meant):
    payment = shop.paid()
    del shop.world.objects[payment.refs.external_id]
    shop.world.objects[payment.refs.intent_id]["status"] = status
    only_intent = replace(payment, refs=Refs(intent_id=payment.refs.intent_id))

    state = shop.gateway.fetch(only_intent)

    assert state.status is meant
    assert state.refs.payment_key == str(payment.payment_key)
    assert state.paid == (Money(17280, "USD") if meant is PaymentStatus.PAID else None)


def test_a_session_opened_for_other_money_under_our_key_is_not_opened_again(shop):
    order = shop.payable()
    shop.gateway.open(order)
    expired = shop.world.every("checkout.session")[0]
    del shop.world.objects[expired["id"]]

    with pytest.raises(GatewayError, match="same parameters") as caught:
        shop.gateway.open(replace(order, amount=Money(100, "USD")))

    assert caught.value.permanent is True
    assert shop.world.every("checkout.session") == []


def test_a_fee_in_a_currency_that_the_shop_does_not_know_is_left_out(shop):
    payment = shop.paid()
    (booked,) = shop.world.every("balance_transaction")
    booked["currency"] = "ugx"

    assert shop.gateway.fetch(payment).fee is None


def test_cancelling_what_never_existed_says_that_it_is_open(shop):
    payment = shop.reference(shop.payable(), None)

    assert shop.gateway.cancel(payment).status is PaymentStatus.OPEN


def test_a_session_that_stripe_does_not_know_cannot_be_cancelled(shop):
    payment = shop.opened()
    del shop.world.objects[payment.refs.external_id]

    with pytest.raises(GatewayError, match="No such checkout.session") as caught:
        shop.gateway.cancel(payment)

    assert caught.value.permanent is True


def test_a_payment_that_stripe_never_heard_of_expires_with_its_order(shop):
    payment = shop.reference(shop.payable(), None)

    before = shop.gateway.fetch(payment)
    shop.pass_days(1)
    after = shop.gateway.fetch(payment)

    assert (before.status, after.status) == (PaymentStatus.OPEN, PaymentStatus.EXPIRED)


@pytest.mark.parametrize("card", [Behavior.DECLINED, Behavior.INSUFFICIENT_FUNDS])
def test_a_declined_card_leaves_the_page_open_and_says_why(shop, card):
    order = shop.payable()
    link = shop.gateway.open(order)
    shop.pay(link, card)

    state = shop.gateway.fetch(shop.reference(order, link))

    assert state.status is PaymentStatus.OPEN
    assert state.paid is None
    assert state.failure.startswith("Your card")


def test_a_second_card_on_the_same_page_pays(shop):
    order = shop.payable()
    link = shop.gateway.open(order)
    shop.pay(link, Behavior.DECLINED)
    shop.pay(link, Behavior.SUCCEEDS)

    state = shop.gateway.fetch(shop.reference(order, link))

    assert state.status is PaymentStatus.PAID
    assert state.failure == ""
    assert len(shop.world.every("payment_intent")) == 1


@pytest.mark.parametrize(
    ("passed", "status"), [(True, PaymentStatus.PAID), (False, PaymentStatus.OPEN)]
)
def test_the_banks_page_decides(shop, passed, status):
    order = shop.payable()
    link = shop.gateway.open(order)
    shop.pay(link, Behavior.AUTHENTICATION)
    sessions.authenticate_session(shop.world, link.external_id, passed=passed)

    assert shop.gateway.fetch(shop.reference(order, link)).status is status


@pytest.mark.parametrize(
    ("succeeded", "status", "paid"),
    [
        (True, PaymentStatus.PAID, Money(17280, "USD")),
        (False, PaymentStatus.FAILED, None),
    ],
)
def test_a_delayed_payment_is_processing_until_the_bank_answers(shop, succeeded, status, paid):
    payment = shop.paid(Behavior.DELAYED)
    assert shop.gateway.fetch(payment).status is PaymentStatus.PROCESSING

    sessions.settle(shop.world, payment.refs.external_id, succeeded=succeeded)

    state = shop.gateway.fetch(payment)
    assert (state.status, state.paid) == (status, paid)


def test_cancelling_closes_the_page_for_good(shop):
    payment = shop.opened()

    state = shop.gateway.cancel(payment)

    assert state.status is PaymentStatus.EXPIRED
    assert session_of(shop, payment)["url"] is None


def test_cancelling_twice_says_the_same(shop):
    payment = shop.opened()

    assert shop.gateway.cancel(payment) == shop.gateway.cancel(payment)


def test_cancelling_after_the_customer_paid_says_paid(shop):
    payment = shop.paid()

    state = shop.gateway.cancel(payment)

    assert (state.status, state.paid) == (PaymentStatus.PAID, Money(17280, "USD"))


def test_a_page_left_alone_expires_with_its_time(shop):
    payment = shop.opened()
    shop.pass_days(1)

    assert shop.gateway.fetch(payment).status is PaymentStatus.EXPIRED


@pytest.mark.parametrize("fault", ["500", "409", "timeout_before"])
def test_trouble_that_passes_is_no_permanent_error(shop, fault):
    shop.api.faults.ask("POST /v1/checkout/sessions", fault, times=3)

    with pytest.raises(GatewayError) as caught:
        shop.opened()

    assert caught.value.permanent is False
    assert shop.world.every("checkout.session") == []


def test_too_many_requests_pass_too_and_are_not_repeated_at_once(shop):
    shop.api.faults.ask("POST /v1/checkout/sessions", "429")

    with pytest.raises(GatewayError) as caught:
        shop.opened()

    assert caught.value.permanent is False
    assert len(shop.sent("POST /v1/checkout/sessions")) == 1


def test_an_amount_that_stripe_refuses_is_a_permanent_error_and_opens_nothing(shop):
    with pytest.raises(GatewayError, match=r"at least \$0.50") as caught:
        shop.opened(amount=Money(10, "USD"))

    assert caught.value.permanent is True
    assert shop.world.every("checkout.session") == []


def test_stars_are_not_for_stripe(shop):
    with pytest.raises(GatewayError) as caught:
        shop.opened(amount=Money(100, "XTR"))

    assert caught.value.permanent is True
    assert shop.world.every("checkout.session") == []


def test_tells_a_test_key_from_a_live_one(shop):
    assert shop.gateway.is_test is True
    assert type(shop.gateway)(api_key="sk_live_x", webhook_secrets=()).is_test is False
    assert type(shop.gateway)(api_key="rk_live_x", webhook_secrets=()).is_test is False
