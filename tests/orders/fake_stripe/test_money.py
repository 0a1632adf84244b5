"""Money in the fake: what Stripe would do with it, told in events."""

from datetime import timedelta

import pytest
import stripe

from orders.fake_stripe import portal, refunds, sessions
from orders.fake_stripe.cards import Behavior
from orders.fake_stripe.clock import add_periods
from orders.fake_stripe.currencies import SUPPORTED, check_precision, money
from orders.fake_stripe.refusals import StripeRefusal
from tests.orders.fake_stripe.harness import START, CardShop

LINE = {
    "quantity": 2,
    "price_data": {"currency": "usd", "unit_amount": 999, "product_data": {"name": "Tea"}},
}


@pytest.fixture
def shop():
    return CardShop()


@pytest.fixture
def v1(shop):
    return shop.gateway.client.v1


def kinds(shop):
    return [event["type"] for event in shop.world.every("event")]


def refused(call, *args):
    with pytest.raises(stripe.StripeError) as caught:
        call(*args)
    return str(caught.value)


class TestPaying:
    def test_a_card_tells_this_in_this_order(self, shop):
        shop.paid()

        assert kinds(shop) == [
            "customer.created",
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        ]

    def test_a_declined_card_keeps_the_session_quiet(self, shop):
        shop.pay(shop.gateway.open(shop.payable()), Behavior.DECLINED)

        assert kinds(shop)[-2:] == ["charge.failed", "payment_intent.payment_failed"]

    def test_nothing_to_pay_completes_without_an_intent(self, shop, v1):
        coupon = v1.coupons.create({"percent_off": 100, "duration": "once"})
        made = v1.checkout.sessions.create(
            {
                "mode": "payment",
                "success_url": "https://shop.example/",
                "line_items": [LINE],
                "discounts": [{"coupon": coupon.id}],
            }
        )
        sessions.pay(shop.world, made.id, Behavior.SUCCEEDS)

        paid = v1.checkout.sessions.retrieve(made.id)
        assert (paid.payment_status, paid.payment_intent) == ("no_payment_required", None)

    @pytest.mark.parametrize(
        ("coupon", "total"),
        [
            ({"percent_off": 12.5}, 1748),
            ({"amount_off": 500, "currency": "usd"}, 1498),
            ({"percent_off": 33.33, "duration": "once"}, 1332),
        ],
    )
    def test_coupons_are_rounded_half_up(self, v1, coupon, total):
        made = v1.coupons.create(coupon)

        session = v1.checkout.sessions.create(
            {
                "mode": "payment",
                "success_url": "https://shop.example/",
                "line_items": [LINE],
                "discounts": [{"coupon": made.id}],
            }
        )

        assert session.amount_total == total
        assert session.total_details.amount_discount == 1998 - total

    @pytest.mark.parametrize(
        ("params", "words"),
        [
            ({}, "either"),
            ({"percent_off": 5, "amount_off": 5}, "either"),
            ({"amount_off": 5}, "currency"),
            ({"percent_off": 5, "duration": "repeating"}, "duration_in_months"),
        ],
    )
    def test_coupons_that_make_no_sense_are_refused(self, v1, params, words):
        assert words in refused(v1.coupons.create, params)

    def test_prices_can_be_made_before(self, v1):
        product = v1.products.create({"name": "Tea"})
        price = v1.prices.create({"currency": "eur", "unit_amount": 500, "product": product.id})

        session = v1.checkout.sessions.create(
            {
                "mode": "payment",
                "success_url": "https://shop.example/",
                "line_items": [{"price": price.id, "quantity": 3}],
            }
        )

        assert (session.amount_total, session.currency) == (1500, "eur")
        items = v1.checkout.sessions.line_items.list(session.id)
        assert [item.description for item in items.data] == ["Tea"]

    @pytest.mark.parametrize(
        "params",
        [
            {"currency": "eur", "product_data": {"name": "Tea"}},
            {"currency": "eur", "unit_amount": 5},
            {"currency": "eur", "unit_amount": -5, "product_data": {"name": "Tea"}},
        ],
    )
    def test_prices_that_are_incomplete_are_refused(self, shop, v1, params):
        refused(v1.prices.create, params)

        assert shop.world.every("price") == []

    def test_a_bank_that_was_not_asked_cannot_answer(self, shop):
        link = shop.gateway.open(shop.payable())
        shop.pay(link, Behavior.DECLINED)

        with pytest.raises(StripeRefusal, match="does not wait"):
            sessions.authenticate_session(shop.world, link.external_id, passed=True)

    def test_only_what_is_on_its_way_can_arrive(self, shop):
        payment = shop.paid()

        with pytest.raises(StripeRefusal, match="being processed"):
            sessions.settle(shop.world, payment.refs.external_id, succeeded=True)

    def test_an_intent_can_be_canceled_until_it_is_paid(self, shop, v1):
        link = shop.gateway.open(shop.payable())
        shop.pay(link, Behavior.DECLINED)
        (intent,) = shop.world.every("payment_intent")
        paid = shop.paid().refs.intent_id

        assert v1.payment_intents.cancel(intent["id"]).status == "canceled"
        assert "status of succeeded" in refused(v1.payment_intents.cancel, paid)

    def test_a_customer_can_be_changed(self, shop, v1):
        made = v1.customers.create({"name": "Ann", "metadata": {"a": "1"}})

        changed = v1.customers.update(made.id, {"name": "Bob", "metadata": {"b": "2"}})

        assert (changed.name, changed.metadata.to_dict()) == ("Bob", {"a": "1", "b": "2"})


class TestGivingBack:
    def test_charge_or_intent_but_not_both(self, shop, v1):
        payment = shop.paid()
        both = {"charge": payment.refs.charge_id, "payment_intent": payment.refs.intent_id}

        assert "One of the following" in refused(v1.refunds.create, both)
        assert "One of the following" in refused(v1.refunds.create, {})

    def test_only_paid_money_goes_back(self, shop, v1):
        shop.pay(shop.gateway.open(shop.payable()), Behavior.DECLINED)
        (intent,) = shop.world.every("payment_intent")
        (charge,) = shop.world.every("charge")

        by_intent = refused(v1.refunds.create, {"payment_intent": intent["id"]})
        by_charge = refused(v1.refunds.create, {"charge": charge["id"]})

        assert "does not have a successful charge" in by_intent
        assert "not refundable" in by_charge

    def test_nothing_is_no_refund(self, shop, v1):
        payment = shop.paid()

        words = refused(v1.refunds.create, {"charge": payment.refs.charge_id, "amount": 0})

        assert "Invalid positive integer" in words

    def test_a_refund_fails_once(self, shop):
        payment = shop.paid()
        made = refunds.create_refund(shop.world, {"charge": payment.refs.charge_id})

        refunds.fail_refund(shop.world, made["id"])
        refunds.fail_refund(shop.world, made["id"])

        charge = shop.world.objects[payment.refs.charge_id]
        assert (charge["amount_refunded"], charge["refunded"]) == (0, False)
        assert kinds(shop).count("refund.failed") == 1

    def test_evidence_moves_a_dispute_to_the_bank(self, shop, v1):
        payment = shop.paid()
        opened = refunds.open_dispute(shop.world, payment.refs.charge_id)

        noted = v1.disputes.update(opened["id"], {"metadata": {"case": "7"}})
        sent = v1.disputes.update(
            opened["id"], {"evidence": {"product_description": "Tea"}, "submit": True}
        )

        assert (noted.status, sent.status) == ("needs_response", "under_review")
        assert sent.evidence.product_description == "Tea"

    def test_a_dispute_can_be_accepted(self, shop, v1):
        payment = shop.paid()
        opened = refunds.open_dispute(shop.world, payment.refs.charge_id)

        assert v1.disputes.close(opened["id"]).status == "lost"


class TestSubscribing:
    def test_a_canceled_one_stays_so(self, shop, v1):
        _, subscription = shop.subscribed()

        ended = v1.subscriptions.cancel(subscription.external_id)
        again = refused(v1.subscriptions.cancel, subscription.external_id)

        assert (ended.status, ended.ended_at) == ("canceled", shop.world.now())
        assert "No such subscription" in again

    def test_the_difference_of_a_plan_may_wait_for_the_next_invoice(self, shop, v1):
        _, subscription = shop.subscribed()
        dearer = v1.prices.create(
            {
                "currency": "usd",
                "unit_amount": 5000,
                "recurring": {"interval": "month"},
                "product_data": {"name": "More"},
            }
        )
        item = shop.world.objects[subscription.external_id]["items"]["data"][0]["id"]
        change = {"items": [{"id": item, "price": dearer.id}]}
        shop.pass_days(14)
        preview = v1.invoices.create_preview(
            {"subscription": subscription.external_id, "subscription_details": change}
        )
        v1.subscriptions.update(subscription.external_id, change)

        shop.pass_days(15)

        renewal = v1.invoices.list({"subscription": subscription.external_id}).data[0]
        assert preview.total == 6500
        assert (renewal.billing_reason, renewal.total) == ("subscription_cycle", 6500)

    @pytest.mark.parametrize(
        ("item", "price", "words"),
        [("si_none", "", "No such subscription item"), ("", "price_none", "No such price")],
    )
    def test_changes_of_what_is_not_there_are_refused(self, shop, v1, item, price, words):
        _, subscription = shop.subscribed()
        held = shop.world.objects[subscription.external_id]["items"]["data"][0]
        change = {"items": [{"id": item or held["id"], "price": price or held["price"]["id"]}]}

        assert words in refused(v1.subscriptions.update, subscription.external_id, change)

    def test_another_currency_is_refused(self, shop, v1):
        _, subscription = shop.subscribed()
        held = shop.world.objects[subscription.external_id]["items"]["data"][0]["id"]
        euros = v1.prices.create(
            {
                "currency": "eur",
                "unit_amount": 5000,
                "recurring": {"interval": "month"},
                "product_data": {"name": "More"},
            }
        )

        words = refused(
            v1.subscriptions.update,
            subscription.external_id,
            {"items": [{"id": held, "price": euros.id}]},
        )

        assert "only supports `eur`" in words

    def test_a_moment_outside_of_the_period_cannot_be_prorated(self, shop, v1):
        _, subscription = shop.subscribed()
        held = shop.world.objects[subscription.external_id]["items"]["data"][0]
        late = int((START + timedelta(days=60)).timestamp())

        words = refused(
            v1.subscriptions.update,
            subscription.external_id,
            {
                "items": [{"id": held["id"], "price": held["price"]["id"]}],
                "proration_date": late,
            },
        )

        assert "proration_date" in words

    def test_a_scheduled_one_is_changed_through_its_schedule_alone(self, shop, v1):
        _, subscription = shop.subscribed()
        made = v1.subscription_schedules.create({"from_subscription": subscription.external_id})

        canceling = refused(
            v1.subscriptions.update, subscription.external_id, {"cancel_at_period_end": True}
        )
        second = refused(
            v1.subscription_schedules.create, {"from_subscription": subscription.external_id}
        )
        v1.subscription_schedules.release(made.id)

        assert "managed by the subscription schedule" in canceling
        assert "already attached" in second
        assert "released" in refused(v1.subscription_schedules.release, made.id)
        assert "released" in refused(v1.subscription_schedules.update, made.id, {})

    def test_phases_must_join(self, shop, v1):
        _, subscription = shop.subscribed()
        made = v1.subscription_schedules.create({"from_subscription": subscription.external_id})
        price = _price_of(shop, subscription)

        words = refused(
            v1.subscription_schedules.update,
            made.id,
            {
                "phases": [
                    {"items": [{"price": price}], "start_date": 1, "end_date": 2},
                    {"items": [{"price": price}], "start_date": 3, "end_date": 4},
                ]
            },
        )

        assert "must be the end of the one before" in words

    def test_invoices_are_paid_and_voided_once(self, shop, v1):
        payment, subscription = shop.subscribed()
        paid = shop.world.every("invoice")[0]["id"]
        portal.change_card(shop.world, payment.refs.customer_id, Behavior.DECLINED)
        shop.pass_days(29)
        unpaid = shop.world.every("invoice")[1]["id"]

        declined = refused(v1.invoices.pay, unpaid)
        voided = v1.invoices.void_invoice(unpaid)

        assert "declined" in declined
        assert voided.status == "void"
        assert "already paid" in refused(v1.invoices.pay, paid)
        assert "cannot be paid" in refused(v1.invoices.pay, unpaid)
        assert "only void open" in refused(v1.invoices.void_invoice, paid)


class TestUnits:
    @pytest.mark.parametrize(
        ("amount", "currency", "text"),
        [
            (17280, "usd", "$172.80"),
            (-500, "eur", "-€5.00"),
            (1234567, "jpy", "¥1,234,567"),
            (5120, "kwd", "5.120 KWD"),
            (500, "isk", "5.00 ISK"),
        ],
    )
    def test_amounts_are_written_as_stripe_writes_them(self, amount, currency, text):
        assert money(amount, currency) == text

    def test_every_currency_takes_a_round_amount(self):
        for currency in SUPPORTED:
            check_precision(1000, currency, param="amount")

    @pytest.mark.parametrize(
        ("interval", "count", "days"),
        [("day", 3, 3), ("week", 2, 14), ("month", 1, 28), ("month", 2, 59), ("year", 1, 365)],
    )
    def test_periods_are_counted_on_the_calendar(self, interval, count, days):
        begin = int(START.timestamp())

        assert add_periods(begin, interval, count) == begin + days * 86_400


def _price_of(shop, subscription):
    held = shop.world.objects[subscription.external_id]["items"]["data"][0]
    return held["price"]["id"]
