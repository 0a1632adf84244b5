"""The shop's books after whatever Stripe says, in whatever order, however often.

The events that the fake signs come to the shop's own webhook, through Django.
"""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from entitlements.models import Grant
from orders.fake_stripe import refunds
from orders.fake_stripe.cards import Behavior
from orders.models import Dispute, MoneyCase, Notice, Order, Payment, Subscription
from orders.services.noticing import apply_waiting
from orders.services.paying import open_payment
from orders.services.reconciling import reconcile
from orders.services.subscribing import cancel_subscription, portal_url
from shopbot.kernel import clock

WEBHOOK = "/payments/stripe/webhook/"

pytestmark = pytest.mark.django_db


def ledger(order: Order) -> tuple[object, ...]:
    """Everything that must not depend on how the news came."""
    order.refresh_from_db()
    payments = Payment.objects.order_by("pk")
    return (
        order.status,
        order.paid_minor,
        order.refunded_minor,
        order.is_disputed,
        [(p.status, p.paid_minor, p.refunded_minor) for p in payments],
        list(Grant.objects.order_by("pk").values_list("source", "revoked_at")),
        list(Dispute.objects.values_list("status", flat=True)),
    )


class TestTheWebhook:
    def test_a_paid_session_settles_its_order_once(self, books, place_now):
        order = place_now()
        books.buy(order)

        books.deliver()

        order.refresh_from_db()
        assert order.status == Order.Status.FULFILLED
        assert Grant.objects.get().source == f"order-line:{order.lines.get().pk}"
        assert not MoneyCase.objects.exists()

    def test_the_same_delivery_again_is_200_and_changes_nothing(self, books, place_now):
        order = place_now()
        books.buy(order)
        mail = books.deliveries()
        for message in mail:
            books.post(*message)
        before, notices = ledger(order), Notice.objects.count()

        answers = [books.post(*message).status_code for message in mail]

        assert answers == [200] * len(mail)
        assert (ledger(order), Notice.objects.count()) == (before, notices)

    def test_a_forged_delivery_is_400_and_stores_nothing(self, books, place_now):
        books.buy(place_now())
        (body, _), *_rest = books.deliveries()

        answer = books.post(body, {"Stripe-Signature": "t=1,v1=00"})

        assert answer.status_code == 400
        assert not Notice.objects.exists()

    def test_only_posting_is_allowed(self, books):
        assert books.client.get(WEBHOOK).status_code == 405

    def test_a_kind_that_concerns_no_payment_is_200_and_stores_nothing(self, books):
        with books.world.lock:
            books.world.emit("payout.paid", {"id": "po_1", "object": "payout"})

        books.deliver()

        assert not Notice.objects.exists()

    def test_what_cannot_be_applied_waits_and_is_applied_by_the_sweep(self, books, place_now):
        order = place_now()
        books.buy(order)
        books.api.faults.ask("GET /v1/checkout/sessions", "500", times=100)
        books.deliver()
        waiting = Notice.objects.filter(outcome=Notice.Outcome.WAITING).count()
        books.api.faults.waiting.clear()

        apply_waiting(now=clock.now() + timedelta(minutes=1), limit=100)

        order.refresh_from_db()
        assert waiting > 0
        assert order.status == Order.Status.FULFILLED
        assert not Notice.objects.filter(outcome=Notice.Outcome.WAITING).exists()

    def test_a_thin_event_whose_object_cannot_be_had_is_503_and_stores_nothing(
        self, books, place_now
    ):
        books.world.note(books.endpoint["id"], payload="thin")
        books.buy(place_now())
        message = next(m for m in books.deliveries() if b"checkout.session.completed" in m[0])
        books.api.faults.ask("GET /v1/checkout/sessions", "500", times=3)

        refused = books.post(*message).status_code
        stored = Notice.objects.count()
        again = books.post(*message).status_code

        assert (refused, stored, again) == (503, 0, 200)
        assert Order.objects.get().status == Order.Status.FULFILLED

    def test_the_return_page_does_what_the_webhook_does(self, books, place_now):
        order = place_now()
        payment = books.buy(order)

        page = books.client.get(f"/payments/return/{payment.key}/")
        before = ledger(order)
        books.deliver()

        assert page.status_code == 200
        assert before[0] == Order.Status.FULFILLED
        assert ledger(order) == before


class TestCustomers:
    def test_stripes_customer_is_remembered_when_the_page_opens(
        self, books, place_now, customer
    ):
        for _ in range(2):
            order = place_now()
            open_payment(order_id=order.pk, gateway="stripe", now=clock.now())
            books.world.replays.clear()

        (known,) = books.world.every("customer")
        customer.refresh_from_db()
        assert customer.stripe_customer_id == known["id"]

    def test_one_that_stripe_forgot_is_replaced_for_good(self, books, place_now, customer):
        customer.stripe_customer_id = "cus_of_another_account"
        customer.save(update_fields=["stripe_customer_id"])

        for _ in range(2):
            order = place_now()
            open_payment(order_id=order.pk, gateway="stripe", now=clock.now())
            books.world.replays.clear()

        (known,) = books.world.every("customer")
        customer.refresh_from_db()
        assert customer.stripe_customer_id == known["id"]


class TestAnyOrderOfTheNews:
    @pytest.mark.parametrize("seed", range(5))
    def test_shuffled_doubled_and_partly_lost_it_ends_the_same(self, books, place_now, seed):
        order = place_now()
        payment = books.buy(order)
        (charge,) = books.world.every("charge")
        refund = refunds.create_refund(books.world, {"charge": charge["id"], "amount": 500})
        refunds.fail_refund(books.world, refund["id"])
        refunds.create_refund(books.world, {"charge": charge["id"], "amount": 300})
        dispute = refunds.open_dispute(books.world, charge["id"], amount=1000)
        refunds.move_dispute(books.world, dispute["id"], "won")
        mail = books.deliveries()
        chance = random.Random(seed)  # noqa: S311
        chosen = [message for message in mail if chance.random() < 0.5] * 2
        chance.shuffle(chosen)

        for message in chosen:
            assert books.post(*message).status_code == 200
        reconcile(now=clock.now(), since=clock.now() - timedelta(days=1))

        payment.refresh_from_db()
        assert ledger(order)[1:4] == (2000, 300, False)
        assert (payment.paid_minor, payment.refunded_minor) == (2000, 300)
        assert Grant.objects.count() == 1
        assert list(Dispute.objects.values_list("status", flat=True)) == ["won"]
        assert sorted(payment.refunds.values_list("amount_minor", "status")) == [
            (300, "succeeded"),
            (500, "failed"),
        ]

    def test_with_every_delivery_lost_reconciliation_finds_all(self, books, place_now):
        order = place_now()
        books.buy(order)
        books.deliveries()

        reconcile(now=clock.now() + timedelta(minutes=5))

        order.refresh_from_db()
        assert order.status == Order.Status.FULFILLED
        assert Grant.objects.count() == 1

    def test_a_dispute_told_before_the_payment_is_not_lost(self, books, place_now):
        order = place_now()
        books.buy(order)
        (charge,) = books.world.every("charge")
        refunds.open_dispute(books.world, charge["id"])
        mail = books.deliveries()
        disputes = [message for message in mail if b"charge.dispute" in message[0]]

        for message in disputes + [m for m in mail if m not in disputes]:
            books.post(*message)

        order.refresh_from_db()
        assert order.is_disputed is True
        assert Dispute.objects.get().status == "open"


class TestTheCardsCountry:
    @pytest.fixture
    def paid_from(self, books, place_now):
        def make(country: str, region: str) -> Payment:
            order = place_now()
            Order.objects.filter(pk=order.pk).update(region=region)
            books.buy(order)
            (charge,) = books.world.every("charge")
            charge["payment_method_details"]["card"]["country"] = country
            books.deliver()
            return Payment.objects.get(order=order)

        return make

    @pytest.mark.parametrize(
        ("country", "region", "is_foreign"),
        [
            ("US", "US", False),
            ("DE", "US", True),
            ("AT", "EU", False),
            ("BR", "US", False),
            ("", "US", False),
        ],
        ids=["same", "another", "same_money", "of_no_region", "untold"],
    )
    def test_is_kept_and_compared_with_the_orders_region(
        self, paid_from, country, region, is_foreign
    ):
        payment = paid_from(country, region)

        assert (payment.card_country, payment.is_card_foreign) == (country, is_foreign)
        assert payment.order.status == Order.Status.FULFILLED

    def test_finds_the_orders_of_cards_from_elsewhere(self, paid_from, admin_client):
        payment = paid_from("DE", "US")
        elsewhere = {"payments__is_card_foreign__exact": 1}

        found = admin_client.get("/admin/orders/order/", elsewhere)

        assert list(found.context["cl"].queryset) == [payment.order]


class TestRenewals:
    def test_months_of_a_subscription(self, books, place_now):
        order = place_now()
        first = books.begin(order)
        books.deliver()
        subscription = Subscription.objects.get()
        begun = (subscription.status, subscription.will_renew)

        books.pass_days(32)
        books.deliver()
        renewed = Grant.objects.count()

        books.change_card(Behavior.DECLINED)
        books.pass_days(31)
        books.deliver()
        subscription.refresh_from_db()
        failed = (subscription.status, bool(subscription.action_url), Grant.objects.count())

        books.change_card(Behavior.SUCCEEDS)
        books.pass_days(4)
        books.deliver()
        subscription.refresh_from_db()

        assert begun == ("active", True)
        assert renewed == 2
        assert failed == ("past_due", True, 2)
        assert (subscription.status, subscription.action_url) == ("active", "")
        assert Grant.objects.count() == 3
        assert Order.objects.filter(status=Order.Status.FULFILLED).count() == 3
        assert Payment.objects.exclude(pk=first.pk).filter(paid_minor=2000).count() == 2
        assert not MoneyCase.objects.exists()

    def test_cancelled_in_the_chat_it_charges_no_more(self, books, place_now, customer):
        books.begin(place_now())
        books.deliver()
        subscription = Subscription.objects.get()

        cancel_subscription(
            subscription_id=subscription.pk,
            customer_id=customer.pk,
            actor=f"customer:{customer.pk}",
            now=clock.now(),
        )
        books.pass_days(40)
        books.deliver()

        subscription.refresh_from_db()
        assert (subscription.status, subscription.will_renew) == ("ended", False)
        assert Payment.objects.count() == 1

    def test_the_customer_reaches_the_page_for_cards_and_invoices(
        self, books, place_now, customer
    ):
        books.begin(place_now())
        books.deliver()
        subscription = Subscription.objects.get()

        url = portal_url(subscription_id=subscription.pk, customer_id=customer.pk)

        customer.refresh_from_db()
        assert subscription.provider_customer_id == customer.stripe_customer_id
        assert url.startswith(books.world.pay_url)

    def test_a_renewal_told_twice_and_backwards_is_one_order(self, books, place_now):
        books.begin(place_now())
        books.deliver()
        books.pass_days(32)
        mail = books.deliveries()

        for message in [*reversed(mail), *mail]:
            books.post(*message)

        assert Order.objects.count() == 2
        assert Grant.objects.count() == 2
