"""What providers deliver, and where customers land after paying."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError
from django.test import Client

from orders.gateways.demo import from_settings
from orders.models import Notice, Order
from orders.receipts.ticket import check_url, ticket_of
from orders.references import payment_reference
from orders.services.refunding import refund
from shopbot.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(settings) -> Client:
    settings.ALLOWED_HOSTS = ["*"]
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def message(place, open_demo, now):
    """A signed delivery of the demo provider about a waiting order."""

    def make(order: Order):
        payment = open_demo(order)
        return from_settings().message(
            "demo.payment", payment=payment_reference(payment.pk), at=now, status="paid"
        )

    return make


def _away(*args: object, **kwargs: object) -> None:
    raise OperationalError("the database is away")


def deliver(client: Client, body: bytes, headers: dict[str, str], provider: str = "demo"):
    return client.post(
        f"/payments/{provider}/webhook/", body, content_type="application/json", headers=headers
    )


class TestWebhook:
    def test_stores_and_applies_and_answers_200_also_to_a_repeat(self, client, place, message):
        order = place()
        body, headers = message(order)

        answers = [deliver(client, body, headers).status_code for _ in range(2)]

        order.refresh_from_db()
        assert (answers, order.status) == ([200, 200], "fulfilled")
        assert Notice.objects.count() == 1

    @pytest.mark.parametrize("signature", ["", "forged", "ünï", "x" * 5000])
    def test_refuses_what_the_provider_did_not_sign_and_stores_nothing(
        self, client, place, message, signature
    ):
        order = place()
        body, _ = message(order)

        answer = deliver(client, body, {"x-demo-signature": signature})

        order.refresh_from_db()
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")
        assert (order.status, Notice.objects.count()) == ("pending", 0)

    def test_refuses_a_signed_body_that_was_changed(self, client, place, message):
        body, headers = message(place())
        changed = json.loads(body) | {"amount_minor": 1}

        answer = deliver(client, json.dumps(changed).encode(), headers)

        assert (answer.status_code, Notice.objects.count()) == (400, 0)

    def test_refuses_bodies_that_are_too_large(self, client):
        answer = deliver(client, b"x" * (512 * 1024 + 1), {})

        assert answer.status_code == 413

    @pytest.mark.parametrize("provider", ["stripe", "nosuch"])
    def test_knows_no_provider_that_is_switched_off(self, client, provider):
        assert deliver(client, b"{}", {}, provider).status_code == 404

    def test_stars_have_no_webhook_here_so_that_nobody_can_pay_by_saying_so(
        self, client, place
    ):
        order = place(currency="XTR")
        forged = {
            "kind": "stars.paid",
            "payment": {
                "telegram_id": order.customer.telegram_id,
                "payload": f"o1.{order.pk}.x",
                "charge_id": "forged",
                "amount_minor": order.total_minor,
                "at": order.placed_at.isoformat(),
            },
        }

        answer = deliver(client, json.dumps(forged).encode(), {}, "stars")

        order.refresh_from_db()
        assert answer.status_code == 404
        assert (order.status, Notice.objects.count()) == ("pending", 0)

    def test_says_try_again_when_a_message_cannot_be_stored(
        self, client, place, message, monkeypatch
    ):
        body, headers = message(place())
        monkeypatch.setattr(Notice.objects, "get_or_create", _away)

        answer = deliver(client, body, headers)

        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert Notice.objects.count() == 0

    def test_takes_posts_only(self, client):
        assert client.get("/payments/demo/webhook/").status_code == 405


class TestReturnPage:
    def test_says_that_it_is_paid_and_leads_back_to_the_chat(self, client, buy, settings):
        order = buy()

        page = client.get(f"/payments/return/{order.payments.get().key}/").content.decode()

        assert order.number in page
        assert f"user={order.customer.telegram_id}" in page

    def test_proves_nothing_by_itself(self, client, place, open_demo):
        order = place()
        payment = open_demo(order)

        answer = client.get(f"/payments/return/{payment.key}/")

        order.refresh_from_db()
        assert (answer.status_code, order.status) == (200, "pending")

    def test_speaks_the_customers_language(self, client, place, open_demo, make_customer):
        payment = open_demo(place(customer=make_customer(language="ru")))

        page = client.get(f"/payments/return/{payment.key}/").content.decode()

        assert '<html lang="ru">' in page

    def test_is_not_there_for_a_guessed_key(self, client, db):
        key = "00000000-0000-4000-8000-000000000000"

        assert client.get(f"/payments/return/{key}/").status_code == 404


class TestDemoPage:
    def test_is_labeled_and_pays_with_one_button(self, client, place, open_demo):
        order = place(now=clock.now())
        payment = open_demo(order, at=clock.now())
        page = client.get(f"/payments/demo/{payment.key}/")
        token = page.context["csrf_token"]
        assert "no money moves" in page.content.decode()

        answer = client.post(
            f"/payments/demo/{payment.key}/", headers={"X-CSRFToken": str(token)}
        )

        order.refresh_from_db()
        assert (answer.status_code, order.status) == (302, "fulfilled")

    def test_is_not_there_outside_of_a_local_trial(self, client, place, open_demo, settings):
        payment = open_demo(place())
        settings.DEMO_GATEWAY_ENABLED = False

        assert client.get(f"/payments/demo/{payment.key}/").status_code == 404


class TestReceiptPage:
    def test_says_that_a_receipt_is_genuine(self, client, buy):
        receipt = buy().receipt
        address = check_url(receipt)

        page = client.get(address[address.index("/payments") :])

        assert (page.status_code, receipt.number in page.content.decode()) == (200, True)

    def test_shows_what_was_refunded_since(self, client, buy, now):
        order = buy()
        refund(
            order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
            actor="staff:7", now=now,
        )  # fmt: skip

        page = client.get(f"/payments/receipt/{ticket_of(order.receipt)}/").content.decode()

        assert "$20.00" in page
        assert "Refunded" in page

    @pytest.mark.parametrize("spoil", [lambda t: t[:-1] + "x", lambda t: t.split(".")[0]])
    def test_knows_no_receipt_that_we_did_not_write(self, client, buy, spoil):
        ticket = spoil(ticket_of(buy().receipt))

        assert client.get(f"/payments/receipt/{ticket}/").status_code == 404
