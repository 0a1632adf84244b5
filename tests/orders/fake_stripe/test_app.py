"""The fake on a port: API, hosted pages, controls, and the post."""

import json
import re
from datetime import timedelta
from itertools import chain, repeat

import pytest
import requests

from orders.fake_stripe.api import Api
from orders.fake_stripe.app import Endpoint, build_app, shop_endpoint
from orders.fake_stripe.clock import DAY
from orders.fake_stripe.world import World
from orders.gateways.protocol import PaymentStatus, SubscriptionStatus
from orders.gateways.stripe import StripeGateway
from orders.gateways.stripe_events import EVENTS
from shopbot.kernel import clock
from shopbot.kernel.money import Money
from tests.orders.fake_stripe.harness import SECRET, CardShop
from tests.orders.fake_stripe.served import Listener, Served


@pytest.fixture
def served():
    with Served() as served:
        yield served


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def gateway(served):
    return gateway_of(served)


def gateway_of(served):
    return StripeGateway(
        api_key="sk_test_x", webhook_secrets=[SECRET], api_url=f"{served.url}/stripe-api"
    )


def an_order(**changed):
    expires_at = clock.now() + timedelta(minutes=45)
    kept = {"return_url": "http://127.0.0.1:9/back?session={CHECKOUT_SESSION_ID}"}
    return CardShop().payable(**{"expires_at": expires_at, **kept, **changed})


def submit(url, **form):
    return requests.post(url, data=form, allow_redirects=False, timeout=5)


def reference(order, link):
    return CardShop().reference(order, link)


class TestTheHostedPage:
    def test_says_what_is_paid_and_that_no_money_moves(self, gateway):
        order = an_order(title="Tea & <b>biscuits</b>", language="en")

        page = requests.get(gateway.open(order).url, timeout=5)

        assert page.status_code == 200
        assert "Test page" in page.text
        assert "no real card, no money moves" in page.text
        assert "$172.80" in page.text
        assert "Tea &amp; &lt;b&gt;biscuits&lt;/b&gt;" in page.text
        assert order.cancel_url.replace("&", "&amp;") in page.text

    def test_every_card_of_the_page_can_be_chosen(self, gateway):
        page = requests.get(gateway.open(an_order()).url, timeout=5).text

        assert re.findall(r'name="card" value="(\w+)"', page) == [
            "succeeds",
            "authentication",
            "delayed",
            "declined",
            "insufficient_funds",
            "fails_later",
        ]

    def test_a_good_card_pays_and_leads_to_the_shop(self, gateway):
        order = an_order()
        link = gateway.open(order)

        answer = submit(link.url, card="succeeds", email="ann@example.com")

        assert answer.status_code == 303
        assert answer.headers["Location"] == (
            f"http://127.0.0.1:9/back?session={link.external_id}"
        )
        assert gateway.fetch(reference(order, link)).paid == Money(17280, "USD")

    def test_a_declined_card_stays_on_the_page(self, gateway):
        order = an_order(language="en")
        link = gateway.open(order)

        answer = submit(link.url, card="declined")

        assert answer.status_code == 402
        assert "Your card was declined" in answer.text
        assert gateway.fetch(reference(order, link)).status is PaymentStatus.OPEN

    @pytest.mark.parametrize(
        ("passed", "status", "state"),
        [("yes", 303, PaymentStatus.PAID), ("no", 402, PaymentStatus.OPEN)],
    )
    def test_the_bank_may_have_to_be_asked(self, served, gateway, passed, status, state):
        order = an_order()
        link = gateway.open(order)

        bank = served.url + submit(link.url, card="authentication").headers["Location"]
        asked = requests.get(bank, timeout=5)
        answer = submit(bank, passed=passed)

        assert "3-D Secure" in asked.text
        assert answer.status_code == status
        assert gateway.fetch(reference(order, link)).status is state

    def test_a_page_that_is_over_says_so(self, gateway):
        link = gateway.open(an_order(language="en"))
        submit(link.url, card="succeeds")

        seen, again = requests.get(link.url, timeout=5), submit(link.url, card="succeeds")
        bank = requests.get(f"{link.url}/bank", timeout=5)

        assert {seen.status_code, again.status_code, bank.status_code} == {410}
        assert "Already paid" in seen.text

    @pytest.mark.parametrize("path", ["cs_test_none", "invoice/in_none", "portal/bps_none"])
    def test_unknown_pages_are_not_found(self, served, path):
        answer = requests.get(f"{served.url}/stripe-pay/{path}", timeout=5)

        assert answer.status_code == 404

    def test_a_card_that_is_none_is_refused(self, gateway):
        link = gateway.open(an_order())

        assert submit(link.url, card="platinum").status_code == 400

    def test_has_its_style(self, served):
        answer = requests.get(f"{served.url}/stripe-pay/style.css", timeout=5)

        assert answer.headers["Content-Type"].startswith("text/css")

    def test_a_receipt_can_be_looked_at(self, served, gateway):
        order = an_order()
        link = gateway.open(order)
        submit(link.url, card="succeeds")
        intent = gateway.fetch(reference(order, link)).refs.intent_id

        page = requests.get(f"{served.url}/stripe-pay/receipt/{intent}", timeout=5)

        assert "$172.80" in page.text


class TestRenewals:
    @pytest.fixture
    def begun(self, gateway):
        order = CardShop().renewing(
            expires_at=clock.now() + timedelta(minutes=45), language="en"
        )
        link = gateway.subscribe(order)
        page = requests.get(link.url, timeout=5).text
        submit(link.url, card="succeeds")
        refs = gateway.fetch(reference(order, link)).refs
        subscription = (
            CardShop()
            .subscribed()[1]
            .__class__(
                key=order.payment_key,
                external_id=refs.subscription_id,
                provider_customer_id=refs.customer_id,
                telegram_id=1,
                first_payment=refs,
            )
        )
        return subscription, page

    def test_the_page_says_what_renews(self, begun):
        assert "Then $20.00 every month" in begun[1]

    def test_a_failed_renewal_can_be_paid_on_its_page(self, served, gateway, begun):
        subscription = begun[0]
        served.control(f"customers/{subscription.provider_customer_id}", card="declined")
        served.control("clock", advance_days=32)
        failed = gateway.fetch_subscription(subscription)
        shown = requests.get(failed.action_url, timeout=5).text
        refused = submit(failed.action_url, card="insufficient_funds").text

        submit(failed.action_url, card="succeeds")

        assert failed.status is SubscriptionStatus.PAST_DUE
        assert "Amount due" in shown
        assert "insufficient funds" in refused
        recovered = gateway.fetch_subscription(subscription)
        assert recovered.status is SubscriptionStatus.ACTIVE
        assert "This invoice is paid" in requests.get(failed.action_url, timeout=5).text
        assert "This invoice is paid" in submit(failed.action_url, card="succeeds").text

    def test_the_portal_cancels_and_resumes(self, gateway, begun):
        subscription = begun[0]
        url = gateway.portal_url(subscription, return_url="https://shop.example/")
        shown = requests.get(url, timeout=5).text

        submit(url, toggle=subscription.external_id)
        cancelled = gateway.fetch_subscription(subscription).will_renew
        submit(url, toggle=subscription.external_id)

        assert "Cancel subscription" in shown
        assert cancelled is False
        assert gateway.fetch_subscription(subscription).will_renew is True

    def test_the_portal_changes_the_card(self, served, gateway, begun):
        subscription = begun[0]
        url = gateway.portal_url(subscription, return_url="https://shop.example/")

        submit(url, card="declined", save="1")
        served.control("clock", advance_days=32)

        state = gateway.fetch_subscription(subscription)
        assert state.status is SubscriptionStatus.PAST_DUE

    def test_a_checkout_opens_though_the_shops_clock_stayed_behind(self, served, gateway):
        served.control("clock", advance_days=400)

        order = an_order()

        assert gateway.fetch(reference(order, gateway.open(order))).status is PaymentStatus.OPEN


class TestThePost:
    @pytest.fixture
    def served(self, listener):
        with Served(endpoint=Endpoint(listener.url, SECRET)) as served:
            yield served

    def test_signed_events_arrive(self, gateway, listener):
        submit(gateway.open(an_order()).url, card="succeeds")

        read = [gateway.read(body, headers) for body, headers in listener.wait_for(5)]

        kinds = [notice.kind for notice in read if notice is not None]
        assert {"checkout.session.completed", "payment_intent.succeeded"} <= set(kinds)

    def test_twice_is_possible(self, served, gateway, listener):
        served.control("delivery", mood="twice")
        submit(gateway.open(an_order()).url, card="succeeds")

        heard = [json.loads(body)["id"] for body, _ in listener.wait_for(10)]

        assert all(heard.count(event_id) == 2 for event_id in heard)

    def test_held_events_wait_until_they_are_let_go(self, served, gateway, listener):
        served.control("delivery", mood="held")
        submit(gateway.open(an_order()).url, card="succeeds")
        waiting = requests.get(f"{served.url}/stripe-control/state", timeout=5).json()

        served.control("delivery", mood="normal")

        assert len(waiting["deliveries"]) >= 5
        assert len(listener.wait_for(5)) >= 5

    def test_an_event_can_be_sent_again(self, served, gateway, listener):
        gateway.open(an_order())
        (body, _), *_rest = listener.wait_for(1)

        served.control(f"events/{json.loads(body)['id']}")

        assert json.loads(listener.wait_for(2)[1][0])["id"] == json.loads(body)["id"]

    def test_the_endpoint_is_kept_once_over_restarts(self, listener, tmp_path):
        file = tmp_path / "state" / "stripe.json"
        endpoint = Endpoint(listener.url, SECRET)
        with Served(endpoint=endpoint, state_file=file) as first:
            link = gateway_of(first).open(an_order())
            listener.wait_for(1)

        with Served(endpoint=endpoint, state_file=file) as second:
            held = second.api.world

            assert link.external_id in held.objects
            assert len(held.every("webhook_endpoint")) == 1
            assert gateway_of(second).fetch(reference(an_order(), link)).status is (
                PaymentStatus.OPEN
            )


def test_what_is_not_taken_is_sent_again_later():
    answers = chain([500], repeat(200))
    listener = Listener(lambda: next(answers))
    try:
        with Served(endpoint=Endpoint(listener.url, SECRET)) as served:
            gateway_of(served).open(an_order())
            listener.wait_for(1)
            served.control("clock", advance_seconds=90)

            first, second = listener.wait_for(2)[:2]

        assert first[0] == second[0]
    finally:
        listener.close()


class TestControls:
    def test_faults_reach_the_sdk_over_http(self, served, gateway):
        served.control("faults", operation="POST /v1/checkout", kind="timeout_after")

        gateway.open(an_order())

        assert len(served.api.world.every("checkout.session")) == 1

    def test_money_can_be_moved_as_the_bank_would(self, served, gateway):
        order = an_order()
        link = gateway.open(order)
        served.control(f"sessions/{link.external_id}/pay")
        charge = gateway.fetch(reference(order, link)).charge_id

        refund = served.control("refunds", charge=charge, amount=100)
        served.control(f"refunds/{refund['id']}/fail")
        dispute = served.control("disputes", charge=charge, amount=500)
        served.control(f"disputes/{dispute['id']}", status="lost")
        served.control("early_fraud_warnings", charge=charge)

        state = gateway.fetch(reference(order, link))
        assert [each.status for each in state.refunds] == ["failed"]
        assert [(each.status, each.amount.minor) for each in state.disputes] == [("lost", 500)]

    def test_a_delayed_payment_can_be_let_fail(self, served, gateway):
        order = an_order()
        link = gateway.open(order)
        served.control(f"sessions/{link.external_id}/pay", card="delayed")

        served.control(f"sessions/{link.external_id}", succeeded=False)

        assert gateway.fetch(reference(order, link)).status is PaymentStatus.FAILED

    def test_what_cannot_be_done_is_said(self, served):
        answer = requests.post(
            f"{served.url}/stripe-control/disputes", json={"charge": "ch_none"}, timeout=5
        )

        assert answer.status_code == 404
        assert "No such charge" in answer.text

    def test_the_page_of_controls_shows_what_there_is(self, served, gateway):
        order = an_order()
        link = gateway.open(order)
        served.control(f"sessions/{link.external_id}/pay")
        charge = gateway.fetch(reference(order, link)).charge_id

        page = requests.get(f"{served.url}/stripe-control/", timeout=5).text
        led = requests.post(
            f"{served.url}/stripe-control/disputes",
            data={"charge": charge},
            headers={"Accept": "text/html"},
            allow_redirects=False,
            timeout=5,
        )

        assert charge in page
        assert (led.status_code, led.headers["Location"]) == (303, "/stripe-control/?said=Done")
        assert "needs response" in requests.get(f"{served.url}/stripe-control", timeout=5).text


def test_the_shops_own_endpoint_is_its_webhook(settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000/"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_new, whsec_old"

    assert shop_endpoint() == Endpoint(
        "http://127.0.0.1:8000/payments/stripe/webhook/", "whsec_new", tuple(sorted(EVENTS))
    )


@pytest.mark.parametrize("before", [[], ["*"], ["charge.refunded"]])
def test_the_shops_endpoint_is_as_stripe_setup_would_have_it(settings, before):
    settings.STRIPE_WEBHOOK_SECRET = "whsec_new"
    api, endpoint = Api(World()), shop_endpoint()
    for kind in before:
        made = api.postman.add_endpoint(endpoint.url, "whsec_old")
        api.world.objects[made["id"]]["enabled_events"] = [kind]

    build_app(base_url="http://127.0.0.1:8001", endpoint=endpoint, api=api)

    (held,) = api.world.every("webhook_endpoint")
    assert held["enabled_events"] == sorted(EVENTS)
    assert api.world.note(held["id"])["secret"] == "whsec_new"


def test_a_clock_moves_only_ahead(served):
    with pytest.raises(ValueError, match="forward"):
        served.api.world.clock.advance(-DAY)
