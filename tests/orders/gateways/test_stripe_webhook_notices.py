"""Reading what Stripe's webhook delivers."""

import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import stripe

from orders.fake_stripe import refunds
from orders.fake_stripe.deliveries import Mood
from orders.gateways.protocol import BadSignature, GatewayError
from orders.gateways.stripe_events import EVENTS
from shopbot.kernel.money import Money
from tests.orders.fake_stripe.harness import ENDPOINT, SECRET, CardShop


@pytest.fixture
def shop():
    return CardShop()


def signed(body: str, secret: str = SECRET, *, age: int = 0) -> dict[str, str]:
    header = stripe.WebhookSignature.generate_signature_header(
        body, secret, int(time.time()) - age
    )
    return {"Stripe-Signature": header}


def event(kind: str = "checkout.session.expired", **changed) -> str:
    body = {
        "id": "evt_1",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1_800_000_000,
        "livemode": False,
        "type": kind,
        "data": {"object": {"id": "cs_1", "object": "checkout.session", "metadata": {}}},
    }
    return json.dumps({**body, **changed})


@pytest.mark.parametrize("age", [0, 60, 298, -3600])
def test_believes_a_signature_of_the_last_five_minutes(shop, age):
    body = event()

    notice = shop.gateway.read(body.encode(), signed(body, age=age))

    assert notice is not None
    assert (notice.event_id, notice.kind) == ("evt_1", "checkout.session.expired")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Stripe-Signature": ""},
        {"Stripe-Signature": "t=1,v1="},
        {"Stripe-Signature": "t=abc,v1=00"},
        {"Stripe-Signature": "garbage"},
        {"Stripe-Signature": "t=1800000000,v1=ключ"},
        {"Stripe-Signature": "t=99999999999999999999999,v1=00"},
        signed(event(), "whsec_of_somebody_else"),
        signed(event(), age=302),
        signed(event(id="evt_2")),
    ],
)
def test_refuses_what_nobody_with_the_secret_signed_lately(shop, headers):
    with pytest.raises(BadSignature):
        shop.gateway.read(event().encode(), headers)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", b"[]", b"{"])
def test_refuses_bodies_that_are_no_event(shop, body):
    text = body.decode(errors="replace")

    with pytest.raises(BadSignature):
        shop.gateway.read(body, signed(text))


def test_without_a_secret_nothing_is_believed():
    body = event()

    with pytest.raises(BadSignature):
        CardShop(secrets=()).gateway.read(body.encode(), signed(body, ""))


@pytest.mark.parametrize("secret", ["whsec_old", "whsec_new"])
def test_either_of_two_secrets_opens_while_they_are_being_changed(secret):
    shop = CardShop(secrets=("whsec_new", "whsec_old"))
    body = event()

    assert shop.gateway.read(body.encode(), signed(body, secret)) is not None


def test_names_of_headers_may_come_in_any_case(shop):
    body = event()
    header = signed(body)["Stripe-Signature"]

    assert shop.gateway.read(body.encode(), {"STRIPE-SIGNATURE": header}) is not None


def test_an_event_of_the_live_mode_says_nothing_to_a_test_key(shop):
    body = event(livemode=True)

    assert shop.gateway.read(body.encode(), signed(body)) is None


def test_an_unknown_kind_concerns_no_payment(shop):
    body = event("tax.settings.updated")

    assert shop.gateway.read(body.encode(), signed(body)) is None


def test_an_event_of_another_version_is_read_and_complained_about(shop, caplog):
    body = event(api_version="2020-08-27")
    caplog.set_level("WARNING", logger="orders.gateways.stripe_webhook")

    assert shop.gateway.read(body.encode(), signed(body)) is not None
    assert "run stripe_setup" in caplog.text


def test_names_the_payment_its_money_and_its_moment(shop):
    payment = shop.paid()

    completed = next(n for n in shop.notices() if n.kind == "checkout.session.completed")

    assert completed.provider == "stripe"
    assert completed.is_ours is True
    assert completed.amount == Money(17280, "USD")
    assert completed.occurred_at == shop.now()
    assert completed.refs == replace(payment.refs, charge_id="", order_id=17)


def test_keeps_ids_and_states_and_nothing_personal(shop):
    payment = shop.paid()

    completed = next(n for n in shop.notices() if n.kind == "checkout.session.completed")

    assert completed.body == {
        "object": "checkout.session",
        "id": payment.refs.external_id,
        "status": "complete",
        "payment_status": "paid",
    }


def test_refunds_and_disputes_name_the_intent_that_they_are_about(shop):
    payment = shop.paid()
    shop.notices()
    shop.gateway.refund(shop.refund_of(payment, 100))
    opened = refunds.open_dispute(shop.world, payment.refs.charge_id)
    refunds.move_dispute(shop.world, opened["id"], "won")
    refunds.warn_of_fraud(shop.world, payment.refs.charge_id)

    notices = shop.notices()

    assert {notice.kind for notice in notices} == {
        "charge.refunded",
        "refund.created",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
        "radar.early_fraud_warning.created",
    }
    assert {notice.refs.intent_id for notice in notices} == {payment.refs.intent_id}
    assert {notice.refs.charge_id for notice in notices} == {payment.refs.charge_id}


def test_everything_of_a_subscription_names_it_and_the_payment_that_began_it(shop):
    payment, subscription = shop.subscribed()

    notices = [n for n in shop.notices() if n.refs.subscription_id]

    assert {n.kind for n in notices} == {
        "checkout.session.completed",
        "customer.subscription.created",
        "invoice.paid",
    }
    assert {n.refs.payment_key for n in notices} == {str(payment.payment_key)}
    assert {n.refs.subscription_id for n in notices} == {subscription.external_id}


def test_another_program_on_the_same_account_is_not_ours(shop):
    client = shop.gateway.client
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://other.example/",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "ugx",
                        "unit_amount": 100_000,
                        "product_data": {"name": "Something else"},
                    },
                }
            ],
        }
    )
    client.v1.checkout.sessions.expire(session.id)

    (notice,) = shop.notices()

    assert notice.is_ours is False
    assert notice.amount is None


def test_an_event_delivered_twice_has_one_name(shop):
    shop.postman.mood = Mood.TWICE
    shop.paid()

    names = [n.event_id for n in shop.notices() if n.kind == "checkout.session.completed"]

    assert len(names) == 2
    assert len(set(names)) == 1


class TestThinEvents:
    @pytest.fixture
    def shop(self):
        shop = CardShop()
        shop.world.note(shop.endpoint["id"], payload="thin")
        return shop

    def test_say_what_the_full_ones_say_under_the_same_name(self, shop):
        shop.postman.add_endpoint(f"{ENDPOINT}?full", SECRET)
        payment = shop.paid()
        shop.gateway.refund(shop.refund_of(payment, 100))
        opened = refunds.open_dispute(shop.world, payment.refs.charge_id)
        refunds.move_dispute(shop.world, opened["id"], "lost")
        shop.subscribed()

        thin, full = {}, {}
        for body, headers in shop.deliveries():
            notice = shop.gateway.read(body, headers)
            if notice is not None:
                (thin if b"v2.core.event" in body else full)[notice.event_id] = notice

        assert thin.keys() == full.keys()
        assert {n.kind for n in thin.values()} == {n.kind for n in full.values()}
        for event_id, notice in thin.items():
            assert notice.occurred_at == full[event_id].occurred_at
            assert notice.is_ours == full[event_id].is_ours
            assert notice.refs.payment_key == full[event_id].refs.payment_key
            assert notice.refs.external_id == full[event_id].refs.external_id

    def test_say_which_event_asked_for_the_object(self, shop):
        shop.opened()
        shop.pass_days(1)
        ((body, headers),) = [d for d in shop.deliveries() if b"expired" in d[0]]

        shop.gateway.read(body, headers)

        asked = shop.sent("GET /v1/checkout/sessions/cs_")[-1]
        assert asked["stripe-request-trigger"] == f"event={json.loads(body)['id']}"

    def test_wait_while_stripe_cannot_be_asked(self, shop):
        shop.opened()
        shop.pass_days(1)
        ((body, headers),) = [d for d in shop.deliveries() if b"expired" in d[0]]
        shop.api.faults.ask("GET /v1/checkout", "500", times=3)

        with pytest.raises(GatewayError) as caught:
            shop.gateway.read(body, headers)

        assert caught.value.permanent is False

    def test_of_kinds_that_concern_no_payment_ask_nothing(self, shop):
        before = len(shop.api.requests)
        body = json.dumps({"object": "v2.core.event", "type": "v1.payout.paid", "id": "e"})

        assert shop.gateway.read(body.encode(), signed(body)) is None
        assert len(shop.api.requests) == before

    def test_about_nothing_that_pays_are_passed_over(self, shop):
        body = json.dumps(
            {"object": "v2.core.event", "type": "v1.invoice.paid", "id": "e", "livemode": False}
        )

        assert shop.gateway.read(body.encode(), signed(body)) is None


def test_every_kind_that_we_listen_to_is_one_that_stripe_sends(shop):
    endpoint = shop.gateway.client.v1.webhook_endpoints.create(
        {"url": "https://shop.example/", "enabled_events": sorted(EVENTS)}
    )

    assert endpoint.enabled_events == sorted(EVENTS)


def test_a_signature_outlives_the_clock_that_runs_behind(shop):
    body = event()
    headers = signed(body, age=-int(timedelta(hours=2).total_seconds()))

    assert shop.gateway.read(body.encode(), headers) is not None
